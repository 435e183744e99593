/** The runs of a batch with their answers; each leads to what can be done with it. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type Batch, type BatchRun, batchRunsQuery } from '../data/batches.ts'
import { CodeTold } from '../ui/code-help.tsx'
import { Empty, Failed, Loading, State } from '../ui/parts.tsx'
import { Table, type TableColumn } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { short } from '../ui/words.ts'
import { ANSWERS } from './answers.ts'

/** What the run's own page shows, or what comes next. */
const WAY_ON: Readonly<Record<BatchRun['status'], string>> = {
  waiting: 'is asked in its turn',
  asked: 'its answer is on its way',
  accepted: 'see what became of it',
  refused: 'see what it takes now',
  unanswered: 'see whether it counted; else act on it again',
  not_asked: 'act on it in another batch',
}

const COLUMNS: readonly TableColumn<BatchRun>[] = [
  {
    id: 'run',
    label: 'Run',
    width: '11.5rem',
    cell: (row) => <code>{short(row.work_order_id)}</code>,
  },
  { id: 'answer', label: 'Answer', width: '7rem', cell: (row) => <State name={row.status} /> },
  {
    id: 'why',
    label: 'Why',
    width: 'minmax(16rem, 3fr)',
    cell: ({ code, detail }) =>
      code && (
        <span title={detail}>
          <code>{code}</code> {detail}
        </span>
      ),
  },
  {
    id: 'way',
    label: 'Way on',
    width: 'minmax(10rem, 1.2fr)',
    cell: (row) => (
      <Link to="/runs/$id" params={{ id: row.work_order_id }} preload={false}>
        {WAY_ON[row.status]}
      </Link>
    ),
  },
  { id: 'at', label: 'Answered', width: '8rem', cell: ({ at }) => at && <Time at={at} relative /> },
]

const LOOK_MS = 3_000

export function BatchRuns({
  batch,
  status,
}: {
  batch: Batch
  status: BatchRun['status'] | undefined
}) {
  const { batch_id: id, counts, settled } = batch
  const list = useInfiniteQuery({
    ...batchRunsQuery(id, status),
    refetchInterval: settled || batch.status === 'created' ? false : LOOK_MS,
  })
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list
  const rows = list.data?.pages.flatMap(({ runs }) => runs) ?? []
  return (
    <>
      <nav aria-label="Answers" className="presets">
        <Chosen
          id={id}
          is={status === undefined}
          text={`All ${batch.total.toLocaleString('en')}`}
        />
        {ANSWERS.filter(([name]) => counts[name] > 0 || name === status).map(([name, text]) => (
          <Chosen
            key={name}
            id={id}
            status={name}
            is={status === name}
            text={`${text} ${counts[name].toLocaleString('en')}`}
          />
        ))}
      </nav>
      <Codes of={rows} />
      {list.error && <Failed error={list.error} again={() => void list.refetch()} />}
      {list.isPending ? (
        <Loading what="its runs" />
      ) : rows.length === 0 ? (
        <Empty title="No run of it stands so now." />
      ) : (
        <Table<BatchRun>
          label="Runs of the batch"
          columns={COLUMNS}
          rows={rows}
          keyOf={(row) => String(row.index)}
          linkOf={(row) => ({ to: '/runs/$id', params: { id: row.work_order_id } })}
          more={
            hasNextPage
              ? { isLoading: isFetchingNextPage, load: () => void fetchNextPage() }
              : undefined
          }
        />
      )}
    </>
  )
}

/** What the codes of the rows mean, and what helps: once each. */
function Codes({ of }: { of: readonly BatchRun[] }) {
  const codes = [...new Set(of.flatMap(({ code }) => code ?? []))]
  if (codes.length === 0) return null
  return (
    <ul className="lines">
      {codes.map((code) => (
        <li key={code}>
          <CodeTold code={code} />
        </li>
      ))}
    </ul>
  )
}

function Chosen({
  id,
  status,
  is,
  text,
}: {
  id: string
  status?: BatchRun['status']
  is: boolean
  text: string
}) {
  return (
    <Link
      to="/batches/$id"
      params={{ id }}
      search={status === undefined ? {} : { status }}
      className={is ? 'chosen' : ''}
      aria-current={is ? 'true' : undefined}
      activeProps={{}}
      resetScroll={false}
    >
      {text}
    </Link>
  )
}
