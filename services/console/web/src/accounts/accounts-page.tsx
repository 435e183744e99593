/** Every account of an agent: what is free, held and spent, and which keep orders waiting. */
import { getRouteApi, Link } from '@tanstack/react-router'
import { type AccountList, type AccountRow, MONEY_REFRESH_MS } from '../data/agents.ts'
import { pathWith, useKeyset } from '../data/keyset.ts'
import { KeysetTable } from '../ui/keyset-table.tsx'
import { Commands, Empty, State } from '../ui/parts.tsx'
import type { TableColumn } from '../ui/table.tsx'
import { count } from '../ui/words.ts'

const route = getRouteApi('/accounts')
const rowsOf = ({ accounts }: AccountList): readonly AccountRow[] => accounts

export function AccountsPage() {
  const { waiting } = route.useSearch()
  const path = (cursor?: string) => pathWith('/v1/accounts', { waiting, limit: 100, cursor })
  const list = useKeyset<AccountList, AccountRow>(
    ['accounts', 'list', waiting ?? false],
    path,
    rowsOf,
    MONEY_REFRESH_MS,
  )
  return (
    <main id="main" className="full">
      <h1>Accounts</h1>
      <p className="soft">
        Credits that were paid for: free, held by runs that are under way, or debited for what was
        used.
      </p>
      <nav aria-label="Views" className="presets">
        <View label="All" isChosen={waiting !== true} search={{}} />
        <View
          label="Orders wait for credits"
          isChosen={waiting === true}
          search={{ waiting: true }}
        />
      </nav>
      <KeysetTable
        list={list}
        what="accounts"
        columns={COLUMNS}
        keyOf={({ account }) => account}
        linkOf={({ account }) => ({ to: '/accounts/$account', params: { account } })}
        empty={
          waiting ? (
            <Empty title="No account keeps an order waiting." />
          ) : (
            <Empty title="There is no account yet: an agent brings its own when it is registered." />
          )
        }
      />
      <Commands
        lines={[
          ['this list', `prooftrail accounts${waiting ? ' --waiting' : ''}`],
          [
            'this list by curl',
            `curl -H "Authorization: Bearer $TOKEN" '${location.origin}${path()}'`,
          ],
        ]}
      />
    </main>
  )
}

function View({
  label,
  isChosen,
  search,
}: {
  label: string
  isChosen: boolean
  search: { waiting?: true }
}) {
  return (
    <Link
      to="/accounts"
      search={search}
      className={isChosen ? 'chosen' : ''}
      aria-current={isChosen ? 'true' : undefined}
      activeProps={{}}
    >
      {label}
    </Link>
  )
}

const credits = (n: number) => n.toLocaleString('en')

const COLUMNS: readonly TableColumn<AccountRow>[] = [
  { id: 'account', label: 'Account', width: 'minmax(12rem, 1.5fr)', cell: (row) => row.account },
  {
    id: 'agent',
    label: 'Agent',
    width: 'minmax(12rem, 1.5fr)',
    cell: ({ agent_id }) => (
      <Link to="/agents/$id" params={{ id: agent_id }} preload={false}>
        {agent_id}
      </Link>
    ),
  },
  {
    ...{ id: 'free', label: 'Free', width: '7rem', isNumber: true },
    cell: (row) => credits(row.remaining_credits),
  },
  {
    ...{ id: 'held', label: 'Held', width: '6rem', isNumber: true },
    cell: (row) => credits(row.credits_held),
  },
  {
    ...{ id: 'debited', label: 'Debited', width: '7rem', isNumber: true },
    cell: (row) => credits(row.credits_debited),
  },
  {
    ...{ id: 'funded', label: 'Funded', width: '7rem', isNumber: true },
    cell: (row) => credits(row.credits_funded),
  },
  {
    id: 'waiting',
    label: 'Waiting',
    width: '9rem',
    cell: ({ waiting_orders: n, agent_id }) =>
      n > 0 && (
        <Link to="/runs" search={{ agent: agent_id, state: 'credit_pending' }} preload={false}>
          <State name={count(n, 'order')} tone="fair" />
        </Link>
      ),
  },
]
