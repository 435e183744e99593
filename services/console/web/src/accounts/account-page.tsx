/** One account: what it holds, and every movement, newest first. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import { Button } from 'react-aria-components'
import {
  accountPath,
  accountQuery,
  type Entry,
  type EntryList,
  MONEY_REFRESH_MS,
  settlementQuery,
} from '../data/agents.ts'
import { pathWith, useKeyset } from '../data/keyset.ts'
import { Json } from '../ui/json.tsx'
import { KeysetTable } from '../ui/keyset-table.tsx'
import { OnePage } from '../ui/one-page.tsx'
import { Commands, Empty, Failed, Loading, Section, State } from '../ui/parts.tsx'
import { Sheet } from '../ui/sheet.tsx'
import type { TableColumn } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { short } from '../ui/words.ts'
import { KINDS } from './search.ts'
import { Totals } from './totals.tsx'

const route = getRouteApi('/accounts/$account')

export function AccountPage() {
  const { account } = route.useParams()
  const { settlement } = route.useSearch()
  const navigate = useNavigate()
  const close = () =>
    void navigate({
      ...{ to: '/accounts/$account', params: { account } },
      search: ({ settlement: _, ...rest }) => rest,
      resetScroll: false,
    })
  return (
    <OnePage
      of={useQuery(accountQuery(account))}
      what="the account"
      list={['/accounts', 'Accounts']}
      title={account}
      commands={[
        ['this account', `prooftrail credits show ${account}`],
        ['funds it', `prooftrail credits fund ${account} CREDITS`],
        [
          'its movements by curl',
          `curl -H "Authorization: Bearer $TOKEN" '${location.origin}${accountPath(account)}/entries?sort=-seq'`,
        ],
      ]}
    >
      {(totals) => (
        <>
          {totals === null ? (
            <Empty title="Nothing was ever moved on this account.">
              <p>
                <code>prooftrail credits fund {account} CREDITS</code> funds it.
              </p>
            </Empty>
          ) : (
            <>
              <Totals totals={totals} account={account} />
              <Movements account={account} />
            </>
          )}
          {settlement !== undefined && <Settlement id={settlement} onClose={close} />}
        </>
      )}
    </OnePage>
  )
}

const rowsOf = ({ entries }: EntryList): readonly Entry[] => entries

function Movements({ account }: { account: string }) {
  const { kind } = route.useSearch()
  const navigate = useNavigate()
  const path = (cursor?: string) =>
    pathWith(`${accountPath(account)}/entries`, { sort: '-seq', limit: 100, cursor })
  const all = useKeyset<EntryList, Entry>(
    ['accounts', 'entries', account],
    path,
    rowsOf,
    MONEY_REFRESH_MS,
  )
  const rows = useMemo(
    () => all.rows.filter((entry) => kind === undefined || entry.kind === kind),
    [all.rows, kind],
  )
  return (
    <Section
      title="Movements"
      aside={
        <label>
          kind{' '}
          <select
            value={kind ?? ''}
            onChange={(event) => {
              const chosen = KINDS.find((one) => one === event.target.value)
              void navigate({
                ...{ to: '/accounts/$account', params: { account }, replace: true },
                search: chosen === undefined ? {} : { kind: chosen },
                resetScroll: false,
              })
            }}
          >
            <option value="">any</option>
            {KINDS.map((one) => (
              <option key={one} value={one}>
                {KIND_WORDS[one]}
              </option>
            ))}
          </select>
        </label>
      }
    >
      {kind !== undefined && all.more && (
        <p className="row">
          <span className="soft">Among the newest {n(all.rows.length)} movements.</span>
          <Button className="button" isDisabled={all.more.isLoading} onPress={all.more.load}>
            Look further back
          </Button>
        </p>
      )}
      <KeysetTable
        list={{ ...all, rows, more: kind === undefined ? all.more : undefined }}
        what="movements"
        columns={COLUMNS}
        keyOf={({ credit_entry }) => credit_entry}
        linkOf={({ work_order_id, settlement_id }) =>
          work_order_id === undefined
            ? {
                ...{ to: '/accounts/$account', params: { account } },
                search: {
                  ...(kind && { kind }),
                  ...(settlement_id && { settlement: settlement_id }),
                },
              }
            : { to: '/runs/$id', params: { id: work_order_id } }
        }
        empty={<Empty title="No movement is of this kind." />}
      />
    </Section>
  )
}

const KIND_WORDS: Readonly<Record<Entry['kind'], string>> = {
  ...{ fund: 'funded', hold: 'held', short: 'too few to hold', debit: 'debited' },
  release: 'released',
}
const TONES = { fund: 'good', hold: 'busy', short: 'fair', debit: 'calm', release: 'calm' } as const

const n = (value: number) => value.toLocaleString('en')

const COLUMNS: readonly TableColumn<Entry>[] = [
  {
    id: 'for',
    label: 'For',
    width: 'minmax(12rem, 1.5fr)',
    cell: ({ work_order_id, settlement_id }) => (
      <code>{short(work_order_id ?? settlement_id ?? '')}</code>
    ),
  },
  {
    id: 'kind',
    label: 'Kind',
    width: '9rem',
    cell: ({ kind }) => <State name={KIND_WORDS[kind]} tone={TONES[kind]} />,
  },
  {
    ...{ id: 'credits', label: 'Credits', width: '7rem', isNumber: true },
    cell: ({ credits }) => n(credits),
  },
  {
    ...{ id: 'free', label: 'Then free', width: '7rem', isNumber: true },
    cell: ({ remaining_credits }) => n(remaining_credits),
  },
  {
    ...{ id: 'held', label: 'Then held', width: '7rem', isNumber: true },
    cell: ({ credits_held }) => n(credits_held),
  },
  { ...{ id: 'seq', label: 'No.', width: '5rem', isNumber: true }, cell: ({ seq }) => n(seq) },
  { id: 'at', label: 'When', width: '9rem', cell: ({ at }) => <Time at={at} relative /> },
]

/** The signed receipt of a funding, over the page. */
function Settlement({ id, onClose }: { id: string; onClose: () => void }) {
  const { data, error } = useQuery(settlementQuery(id))
  return (
    <Sheet title="Settlement receipt" isOpen onClose={onClose}>
      {error && <Failed error={error} />}
      {data ? <Json value={data} name={id} /> : !error && <Loading what="the receipt" />}
      <Commands
        lines={[
          [
            'by curl',
            `curl -H "Authorization: Bearer $TOKEN" ${location.origin}/v1/settlements/${id}`,
          ],
        ]}
      />
    </Sheet>
  )
}
