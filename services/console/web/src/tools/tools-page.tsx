/** Every registered tool: what new orders take, and what its executors have now. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { pathWith, useKeyset } from '../data/keyset.ts'
import { executorsQuery, type ToolList, type ToolRow } from '../data/tools.ts'
import { KeysetTable } from '../ui/keyset-table.tsx'
import { Commands, Empty, State } from '../ui/parts.tsx'
import type { TableColumn } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'

const path = (cursor?: string) => pathWith('/v1/tools', { limit: 100, cursor })
const rowsOf = ({ tools }: ToolList): readonly ToolRow[] => tools

export function ToolsPage() {
  const list = useKeyset<ToolList, ToolRow>(['tools', 'list'], path, rowsOf)
  return (
    <main id="main" className="full">
      <h1>Tools</h1>
      <p className="soft">
        A tool is known by its manifests. Executors run it: they take commands, send heartbeats and
        answer with results.
      </p>
      <KeysetTable
        list={list}
        what="tools"
        columns={COLUMNS}
        keyOf={({ tool }) => tool}
        linkOf={({ tool }) => ({ to: '/tools/$tool', params: { tool } })}
        empty={
          <Empty title="No tool is registered yet.">
            <p>
              <code>npx prooftrail tools new NAME</code> makes one,{' '}
              <code>npx prooftrail tools deploy DIR</code> announces it.
            </p>
          </Empty>
        }
      />
      <Commands
        lines={[
          ['this list', 'prooftrail tools list'],
          ['this list by curl', `curl ${location.origin}/v1/tools`],
        ]}
      />
    </main>
  )
}

const COLUMNS: readonly TableColumn<ToolRow>[] = [
  { id: 'tool', label: 'Tool', width: 'minmax(9rem, 1fr)', cell: ({ tool }) => tool },
  {
    id: 'state',
    label: 'State',
    width: '8rem',
    cell: (row) => <ToolState tool={row} />,
  },
  {
    id: 'current',
    label: 'New orders take',
    width: '9rem',
    cell: ({ current, pinned }) => current && `${current}${pinned === current ? ', pinned' : ''}`,
  },
  {
    id: 'versions',
    label: 'Versions',
    width: '5rem',
    isNumber: true,
    cell: ({ versions }) => versions.length,
  },
  {
    id: 'queued',
    label: 'Commanded',
    width: '6.5rem',
    isNumber: true,
    cell: ({ tool }) => <AtTool tool={tool} state="queued" />,
  },
  {
    id: 'operating',
    label: 'At work',
    width: '5rem',
    isNumber: true,
    cell: ({ tool }) => <AtTool tool={tool} state="operating" />,
  },
  {
    id: 'heard',
    label: 'Heard last',
    width: '9rem',
    cell: ({ tool }) => <HeardLast tool={tool} />,
  },
]

export function ToolState({ tool }: { tool: Pick<ToolRow, 'retired_at' | 'current'> }) {
  if (tool.retired_at !== undefined) return <State name="retired" tone="calm" />
  return tool.current === undefined ? (
    <State name="none_in_service" tone="fair" />
  ) : (
    <State name="in_service" tone="good" />
  )
}

/** How many runs stand there; leads to them. */
export function AtTool({ tool, state }: { tool: string; state: 'queued' | 'operating' }) {
  const { data } = useQuery(executorsQuery(tool))
  return (
    <Link to="/runs" search={{ tool, state }} preload={false}>
      {data === undefined ? '…' : data[state].toLocaleString('en')}
    </Link>
  )
}

function HeardLast({ tool }: { tool: string }) {
  const { data } = useQuery(executorsQuery(tool))
  const at = data?.heard[0]?.at
  if (data === undefined) return '…'
  return at === undefined ? 'never' : <Time at={at} relative />
}
