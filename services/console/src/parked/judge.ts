import type { ParkedAct } from '@prooftrail/contracts/doors'
import { canBeSent, MAX_SENDS, type ParkedState, sendsOf, standingOf } from './entry.ts'
import type { Row } from './row.ts'

/** Why an act is refused. */
export interface ActFault {
  code: 'PT-7041' | 'PT-7042' | 'PT-7043' | 'PT-7044' | 'PT-7045'
  detail: string
}

/** Why an act on this entry is refused; undefined where it may be decided. Pure. */
export function actFault(entry: ParkedState, act: ParkedAct): ActFault | undefined {
  const { parked_id, acts } = entry
  const last = acts.at(-1)
  const when = `${last?.at} by ${last?.by}`
  switch (standingOf(entry)) {
    case 'discarded':
      return { code: 'PT-7043', detail: `${parked_id} was discarded ${when}: ${last?.reason}` }
    case 'sent':
      return {
        code: 'PT-7042',
        detail: `${parked_id} was sent again ${when}, and has not been parked since`,
      }
    case 'open':
    case 'noted':
  }
  if (act === 'discard') return undefined
  if (!canBeSent(entry)) {
    const what = entry.last?.topic ?? 'it'
    return { code: 'PT-7045', detail: `${what} is no topic whose messages are sent again` }
  }
  if (sendsOf(entry) >= MAX_SENDS) {
    return { code: 'PT-7045', detail: `${parked_id} was sent again ${MAX_SENDS} times` }
  }
  return undefined
}

/**
 * Why it may not be sent before others of its queue are: the service would only park it behind them.
 * @param open the open entries of its queue
 */
export function orderFault(
  entry: Pick<Row, 'parked_id'> & Order,
  open: readonly Row[],
): ActFault | undefined {
  const before = open.filter((one) => one.parked_id !== entry.parked_id && comesBefore(one, entry))
  const [first] = before.sort((one, other) => (comesBefore(one, other) ? -1 : 1))
  if (first === undefined) return undefined
  const more = before.length > 1 ? `, and ${before.length - 1} more,` : ''
  return {
    code: 'PT-7044',
    detail: `${first.parked_id}${more} came before it: send or discard first`,
  }
}

/** What entries of one queue are ordered by: as they were parked. */
export type Order = Pick<Row, 'since' | 'place' | 'topic' | 'partition' | 'offset'>

/** Whether one was parked before the other; of those parked together, by their places. */
export function comesBefore(one: Order, other: Order): boolean {
  if (one.since !== other.since) return one.since < other.since
  if (one.place !== other.place) return one.place < other.place
  if (one.topic !== other.topic) return one.topic < other.topic
  if (one.partition !== other.partition) return one.partition < other.partition
  return Number(one.offset) < Number(other.offset)
}
