/** The columns of the trail of acts, and where each line leads. */
import type { ListedAct } from '@prooftrail/contracts/doors'
import { Link } from '@tanstack/react-router'
import { State } from '../ui/parts.tsx'
import type { TableColumn, TableProps } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { sentence, short } from '../ui/words.ts'

export const COLUMNS: readonly TableColumn<ListedAct>[] = [
  { id: 'when', label: 'When', width: '12.6rem', cell: ({ at }) => <Time at={at} /> },
  { id: 'who', label: 'Who', width: 'minmax(5rem, .8fr)', cell: ({ by }) => by },
  {
    id: 'what',
    label: 'What',
    width: 'minmax(9rem, 1.1fr)',
    cell: ({ on, action }) =>
      on === 'run' ? sentence(action) : `${sentence(on)} ${ACTED[action] ?? action}`,
  },
  { id: 'on', label: 'On', width: '9.5rem', cell: (act) => <On act={act} /> },
  {
    id: 'answer',
    label: 'Answer',
    width: '6rem',
    cell: ({ answer }) => <State name={answer} />,
  },
  {
    id: 'reason',
    label: 'Reason',
    width: 'minmax(8rem, 11rem)',
    cell: ({ reason }) => <span title={reason}>{reason}</span>,
  },
  {
    id: 'why',
    label: 'Code and detail',
    width: 'minmax(9rem, 12.4rem)',
    cell: ({ code, detail }) => (
      <span title={detail}>
        {code && <code>{code}</code>} {detail}
      </span>
    ),
  },
  {
    id: 'batch',
    label: 'Batch',
    width: '8.5rem',
    cell: ({ on, batch_id }) =>
      on === 'run' &&
      batch_id && (
        <Link to="/batches/$id" params={{ id: batch_id }} preload={false}>
          <code>{short(batch_id)}</code>
        </Link>
      ),
  },
]

/** What is done to batches and parked messages, as past. */
const ACTED: Readonly<Record<string, string>> = {
  ...{ created: 'made', running: 'run', paused: 'paused', done: 'done', stopped: 'stopped' },
  ...{ expired: 'given up: its time is over', send: 'sent again', discard: 'discarded' },
}

function On({ act }: { act: ListedAct }) {
  const { work_order_id, batch_id, parked_id } = act
  return <code>{short(work_order_id ?? batch_id ?? parked_id ?? '')}</code>
}

/** Where a line leads: what was acted on. */
export const linkOf: TableProps<ListedAct>['linkOf'] = (act) => {
  const { on, work_order_id, batch_id, parked_id } = act
  if (on === 'batch' && batch_id) return { to: '/batches/$id', params: { id: batch_id } }
  if (work_order_id) return { to: '/runs/$id', params: { id: work_order_id } }
  return parked_id === undefined ? undefined : { to: '/parked/$id', params: { id: parked_id } }
}
