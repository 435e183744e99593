/** Every registered agent: its account, its keys that count, what it may use. */
import { Link } from '@tanstack/react-router'
import type { AgentList, AgentRow } from '../data/agents.ts'
import { pathWith, useKeyset } from '../data/keyset.ts'
import { isGood } from '../ui/keys-list.tsx'
import { KeysetTable } from '../ui/keyset-table.tsx'
import { Commands, Empty, State } from '../ui/parts.tsx'
import type { TableColumn } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'

const path = (cursor?: string) => pathWith('/v1/agents', { limit: 100, cursor })
const rowsOf = ({ agents }: AgentList): readonly AgentRow[] => agents

export function AgentsPage() {
  const list = useKeyset<AgentList, AgentRow>(['agents', 'list'], path, rowsOf)
  return (
    <main id="main" className="full">
      <h1>Agents</h1>
      <p className="soft">
        Who may send orders. An agent signs them with a key that it showed to hold, and pays from
        its account.
      </p>
      <KeysetTable
        list={list}
        what="agents"
        columns={COLUMNS}
        keyOf={({ agent_id }) => agent_id}
        linkOf={({ agent_id }) => ({ to: '/agents/$id', params: { id: agent_id } })}
        empty={
          <Empty title="No agent is registered yet.">
            <p>
              <code>npx prooftrail agents add ID --public-key FILE</code> registers one.
            </p>
          </Empty>
        }
      />
      <Commands
        lines={[
          ['this list', 'prooftrail agents list'],
          [
            'this list by curl',
            `curl -H "Authorization: Bearer $TOKEN" ${location.origin}/v1/agents`,
          ],
        ]}
      />
    </main>
  )
}

const COLUMNS: readonly TableColumn<AgentRow>[] = [
  {
    id: 'agent',
    label: 'Agent',
    width: 'minmax(12rem, 1.5fr)',
    cell: ({ agent_id }) => agent_id,
  },
  {
    id: 'account',
    label: 'Account',
    width: 'minmax(12rem, 1.5fr)',
    cell: ({ account }) => (
      <Link to="/accounts/$account" params={{ account }} preload={false}>
        {account}
      </Link>
    ),
  },
  {
    id: 'keys',
    label: 'Keys that count',
    width: '8.5rem',
    cell: ({ keys }) => {
      const good = keys.filter((key) => isGood(key)).length
      return good === 0 ? <State name="none" tone="bad" /> : `${good} of ${keys.length}`
    },
  },
  {
    id: 'tools',
    label: 'Tools',
    width: 'minmax(8rem, 1fr)',
    cell: ({ tools }) => tools?.join(', ') ?? 'all',
  },
  {
    id: 'since',
    label: 'Registered',
    width: '9rem',
    cell: ({ registered_at }) => registered_at && <Time at={registered_at} relative />,
  },
  {
    id: 'runs',
    label: 'Runs',
    width: '6rem',
    cell: ({ agent_id }) => (
      <Link to="/runs" search={{ agent: agent_id }} preload={false}>
        its runs
      </Link>
    ),
  },
]
