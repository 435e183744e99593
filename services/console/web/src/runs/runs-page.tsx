/** All runs: found, filtered, sorted, and kept as they were while somebody reads. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useEffect, useMemo } from 'react'
import { Button } from 'react-aria-components'
import { ask } from '../data/api.ts'
import { sessionQuery } from '../data/queries.ts'
import type { RunRow, RunsAnswer } from '../data/rows.ts'
import { Commands, Empty, Failed, Loading } from '../ui/parts.tsx'
import { Table } from '../ui/table.tsx'
import { useMarks } from '../ui/use-marks.ts'
import { count } from '../ui/words.ts'
import { ChoiceBar } from './choice-bar.tsx'
import { columnsOf } from './columns.tsx'
import { FilterBar } from './filter-bar.tsx'
import { useNewRows } from './new-rows.ts'
import { listPath, USUAL_COLUMNS } from './search.ts'

const route = getRouteApi('/runs')

export function RunsPage() {
  const search = route.useSearch()
  const navigate = useNavigate()
  const { find, columns = USUAL_COLUMNS, ...filters } = search
  const list = useInfiniteQuery({
    queryKey: ['runs', { find, ...filters }],
    queryFn: ({ pageParam, signal }) => ask<RunsAnswer>(listPath(search, pageParam), { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor }) => next_cursor,
    // what is read stays as it was; what is new is counted above
    staleTime: Number.POSITIVE_INFINITY,
  })
  const { rows, newer, takeNewer } = useNewRows(list.data?.pages, search)
  // a page may be short, even empty, and not be the last
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list
  const isThin = rows.length < 20
  useEffect(() => {
    if (isThin && hasNextPage && !isFetchingNextPage) void fetchNextPage()
  }, [isThin, hasNextPage, isFetchingNextPage, fetchNextPage])
  const shown = useMemo(() => columnsOf(columns), [columns])
  const { data: session } = useQuery(sessionQuery)
  const keys = useMemo(() => rows.map((row) => row.work_order_id), [rows])
  const marks = useMarks(keys)
  const mayAct = session !== undefined && session.role !== 'viewer'
  const only = find !== undefined && rows.length === 1 ? rows[0] : undefined
  useEffect(() => {
    if (only) void navigate({ to: '/runs/$id', params: { id: only.work_order_id }, replace: true })
  }, [only, navigate])

  return (
    <main id="main" className="full">
      <h1>Runs</h1>
      <FilterBar search={search} />
      {newer > 0 && (
        <p className="newer" role="status">
          <Button className="button" onPress={takeNewer}>
            {count(newer, 'new or changed run')}: {search.ticket ? 'look again' : 'show'}
          </Button>
        </p>
      )}
      {mayAct && rows.length > 0 && <ChoiceBar search={search} marks={marks} />}
      {list.error && <Failed error={list.error} again={() => void list.refetch()} />}
      {list.isPending ? (
        <Loading what="runs" />
      ) : rows.length === 0 && !hasNextPage && !list.error ? (
        <NoRuns isFiltered={find !== undefined || Object.keys(filters).length > 0} find={find} />
      ) : (
        <Table<RunRow>
          label="Runs"
          columns={shown}
          rows={rows}
          keyOf={(row) => row.work_order_id}
          linkOf={(row) => ({ to: '/runs/$id', params: { id: row.work_order_id } })}
          marks={mayAct ? marks : undefined}
          more={
            hasNextPage
              ? { isLoading: isFetchingNextPage, load: () => void fetchNextPage() }
              : undefined
          }
        />
      )}
      <Commands
        lines={[
          [
            'this list by curl',
            `curl -H "Authorization: Bearer $TOKEN" '${location.origin}${listPath(search)}'`,
          ],
          ['how many wait where', 'prooftrail queue'],
        ]}
      />
    </main>
  )
}

function NoRuns({ isFiltered, find }: { isFiltered: boolean; find: string | undefined }) {
  if (find !== undefined) {
    return (
      <Empty title={`Nothing is known of ${find}.`}>
        <p>It takes any whole id, digest (sha256:…), log index or handle of a run.</p>
      </Empty>
    )
  }
  return isFiltered ? (
    <Empty title="No run is like that.">
      <p>Take a filter away to see more.</p>
    </Empty>
  ) : (
    <Empty title="No order has come in yet.">
      <p>
        <code>npx prooftrail submit examples/tokenops-complete.json …</code> sends one; it is here a
        moment later.
      </p>
    </Empty>
  )
}
