/** One agent: its newest runs, its account, its keys, and how much it may have. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Totals } from '../accounts/totals.tsx'
import { type Agent, accountQuery, agentQuery } from '../data/agents.ts'
import { useKeyset } from '../data/keyset.ts'
import type { RunRow, RunsAnswer } from '../data/rows.ts'
import { columnsOf } from '../runs/columns.tsx'
import { KeysList } from '../ui/keys-list.tsx'
import { KeysetTable } from '../ui/keyset-table.tsx'
import { OnePage } from '../ui/one-page.tsx'
import { Empty, Section, Terms } from '../ui/parts.tsx'
import { Time } from '../ui/time.tsx'

const route = getRouteApi('/agents/$id')
const RUN_COLUMNS = columnsOf(['state', 'tool', 'verdict', 'callback', 'changed'])
/** The newest are shown; the whole list is a click away. */
const SHOWN = 10
const newest = ({ runs }: RunsAnswer): readonly RunRow[] => runs.slice(0, SHOWN)

export function AgentPage() {
  const { id } = route.useParams()
  return (
    <OnePage
      of={useQuery(agentQuery(id))}
      what="the agent"
      list={['/agents', 'Agents']}
      title={id}
      about={({ registered_at }) =>
        registered_at !== undefined && (
          <p className="soft">
            registered <Time at={registered_at} />
          </p>
        )
      }
      commands={[
        ['this agent', `prooftrail agents show ${id}`],
        [
          'by curl',
          `curl -H "Authorization: Bearer $TOKEN" ${location.origin}/v1/agents/${encodeURIComponent(id)}`,
        ],
        ['its runs', `prooftrail runs --agent ${id}`],
      ]}
    >
      {(agent) => (
        <>
          <OfAccount agent={agent} />
          <Runs id={id} />
          <div className="columns even">
            <Section title="Keys">
              <KeysList keys={agent.keys} />
            </Section>
            <Limits agent={agent} />
          </div>
        </>
      )}
    </OnePage>
  )
}

function OfAccount({ agent: { account, agent_id } }: { agent: Agent }) {
  const { data } = useQuery(accountQuery(account))
  return (
    <Section
      title="Account"
      aside={
        <Link to="/accounts/$account" params={{ account }}>
          {account}
        </Link>
      }
    >
      {data === null ? (
        <Empty title="Nothing was moved on it yet.">
          <p>
            <code>prooftrail credits fund {account} CREDITS</code> funds it.
          </p>
        </Empty>
      ) : (
        data && <Totals totals={data} account={account} agent={agent_id} />
      )}
    </Section>
  )
}

function Runs({ id }: { id: string }) {
  const list = useKeyset<RunsAnswer, RunRow>(
    ['runs', 'of agent', id],
    () => `/v1/runs?agent=${encodeURIComponent(id)}&limit=${SHOWN}`,
    newest,
    5_000,
  )
  return (
    <Section
      title="Newest runs"
      aside={
        <span className="row">
          <Link to="/runs" search={{ agent: id }}>
            All
          </Link>
          <Link to="/runs" search={{ agent: id, waits_for: 'operator' }}>
            For an operator
          </Link>
          <Link to="/parked" search={{ agent: id }}>
            Parked messages
          </Link>
        </span>
      }
    >
      <KeysetTable
        list={{ ...list, more: undefined }}
        what="runs"
        columns={RUN_COLUMNS}
        keyOf={({ work_order_id }) => work_order_id}
        linkOf={({ work_order_id }) => ({ to: '/runs/$id', params: { id: work_order_id } })}
        empty={<Empty title="It has sent no order yet." />}
      />
    </Section>
  )
}

function Limits({ agent: { limits, tools, agent_id } }: { agent: Agent }) {
  const { orders_per_minute, bytes_per_minute, waiting_orders, waiting_bytes } = limits
  const { now, most } = limits.orders_without_credits
  const n = (value: number) => value.toLocaleString('en')
  const mb = (bytes: number) => `${n(bytes / 1_000_000)} MB`
  return (
    <Section title="Limits">
      <Terms
        of={{
          Tools: tools?.join(', ') ?? 'all that are in service',
          'Orders without credits': (
            <>
              <Link to="/runs" search={{ agent: agent_id, state: 'credit_pending' }}>
                {n(now)}
              </Link>{' '}
              of {n(most)}
            </>
          ),
          'In a minute': `${n(orders_per_minute)} orders, ${mb(bytes_per_minute)}`,
          'Waiting for their turn': `${n(waiting_orders)} orders, ${mb(waiting_bytes)}`,
        }}
      />
      <p className="soft">
        What is beyond is told when to come again (<code>PT-1064</code>, <code>PT-1066</code>).
      </p>
    </Section>
  )
}
