/** Every batch, newest first: one act on many runs, who made it, how far it is. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type BatchRow, batchesQuery } from '../data/batches.ts'
import { Commands, Empty, Failed, Loading, State } from '../ui/parts.tsx'
import { Table, type TableColumn } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { count, sentence } from '../ui/words.ts'

const COLUMNS: readonly TableColumn<BatchRow>[] = [
  {
    id: 'act',
    label: 'Act',
    width: 'minmax(12rem, 1.2fr)',
    cell: ({ act }) => sentence(act.recovery_action),
  },
  { id: 'state', label: 'State', width: '6.5rem', cell: (row) => <State name={row.status} /> },
  { id: 'runs', label: 'Runs', width: '4.5rem', isNumber: true, cell: ({ total }) => total },
  {
    id: 'accepted',
    label: 'Accepted',
    width: '5.5rem',
    isNumber: true,
    cell: ({ counts }) => counts.accepted || '',
  },
  {
    id: 'refused',
    label: 'Refused',
    width: '5rem',
    isNumber: true,
    cell: ({ counts }) => counts.refused || '',
  },
  {
    id: 'left',
    label: 'Left',
    width: '4.5rem',
    isNumber: true,
    cell: ({ counts }) => counts.waiting + counts.asked || '',
  },
  {
    id: 'reason',
    label: 'Reason',
    width: 'minmax(10rem, 1.6fr)',
    cell: ({ act }) => <span title={act.reason}>{act.reason}</span>,
  },
  { id: 'by', label: 'Made by', width: 'minmax(6rem, .7fr)', cell: (row) => row.requested_by },
  {
    id: 'made',
    label: 'Made',
    width: '8rem',
    cell: (row) => <Time at={row.created_at} relative />,
  },
]

export function BatchesPage() {
  const list = useInfiniteQuery(batchesQuery)
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list
  const rows = list.data?.pages.flatMap(({ batches }) => batches) ?? []
  return (
    <main id="main" className="full">
      <h1>Batches</h1>
      <p className="soft">
        One act on many runs, chosen once and frozen.{' '}
        <Link to="/runs">Choose runs in the list</Link> to make one.
      </p>
      {list.error && <Failed error={list.error} again={() => void list.refetch()} />}
      {list.isPending ? (
        <Loading what="batches" />
      ) : rows.length === 0 ? (
        !list.error && (
          <Empty title="Nobody has made a batch yet.">
            <p>
              Mark runs in <Link to="/runs">the list</Link>, or choose all that match a filter, and
              act on them.
            </p>
          </Empty>
        )
      ) : (
        <>
          <Table<BatchRow>
            label="Batches"
            columns={COLUMNS}
            rows={rows}
            keyOf={(row) => row.batch_id}
            linkOf={(row) => ({ to: '/batches/$id', params: { id: row.batch_id } })}
            more={
              hasNextPage
                ? { isLoading: isFetchingNextPage, load: () => void fetchNextPage() }
                : undefined
            }
          />
          <p className="soft">
            {count(rows.filter(({ settled }) => !settled).length, 'batch', 'batches')} not settled.
          </p>
        </>
      )}
      <Commands
        lines={[
          ['this list', 'prooftrail batch list'],
          ['by curl', `curl -H "Authorization: Bearer $TOKEN" ${location.origin}/v1/batches`],
        ]}
      />
    </main>
  )
}
