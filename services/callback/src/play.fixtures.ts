import { contextAt, type Given, receiptInput } from './callback.fixtures.ts'
import { due, evolve, initial } from './evolve.ts'
import { callback } from './service.ts'
import type { AttemptStarted, CallbackEvent, CallbackInput, State } from './state.ts'

/** Callbacks played against receivers that answer as a test says. */

const AT = '2026-01-01T00:00:00.000Z'

/** RFC 3339, so many milliseconds after a time. */
export const later = (from: string, ms: number): string =>
  new Date(Date.parse(from) + ms).toISOString()

/** The types of events. */
export const types = (events: readonly CallbackEvent[]) => events.map(({ type }) => type)

/** What was published of attempts. */
export function deliveries(events: readonly CallbackEvent[]) {
  return events.flatMap((event) => (event.type === 'callback.attempted' ? [event.data.object] : []))
}

/** The attempt that was started last. */
export function startedIn(events: readonly CallbackEvent[]): AttemptStarted {
  const last = events
    .flatMap((event) => (event.type === 'attempt.started' ? [event.data] : []))
    .at(-1)
  if (!last) throw new Error('no attempt was started')
  return last
}

/** How a receiver answers an attempt; no status: not at all. */
export interface Answer {
  status?: number
  retry_after?: string
  at?: string
}

/** The outcome of the attempt that is under way. */
export function outcome(started: AttemptStarted, answer: Answer): CallbackInput {
  const { callback_event_id, work_order_id, attempt, begun_at } = started
  const at = answer.at ?? later(begun_at, 500)
  const ok = answer.status === 200
  return {
    id: `outcome:${attempt}`,
    type: 'attempt.finished',
    at,
    data: {
      ...{ callback_event_id, work_order_id, begun_at },
      record: {
        ...{ attempt, started_at: begun_at, finished_at: at },
        ...{ outcome: ok ? 'delivered' : 'failed' },
        ...(answer.status === undefined ? {} : { http_status: answer.status }),
        ...(ok ? {} : { error_code: 'PT-5007' }),
      },
      ...(answer.retry_after === undefined ? {} : { retry_after: answer.retry_after }),
    },
  }
}

/** Plays a callback: each answer ends the attempt under way, then the next one's time comes. */
export function play(answers: readonly (Answer | 'crash')[], start: Given = {}) {
  let state: State = initial
  const events: CallbackEvent[] = []
  const take = (input: CallbackInput, now: string): CallbackEvent[] => {
    const said = callback.decide(state, input, contextAt(now))
    state = said.reduce(evolve, state)
    events.push(...said)
    return [...said]
  }
  take(receiptInput(start), AT)
  for (const answer of answers) {
    if (state.deliveries[0]?.phase.status === 'waiting') {
      const time = due(state) ?? ''
      take({ id: `due:${time}`, type: 'due', at: time, data: {} }, time)
    }
    const started = startedIn(events)
    const lease = started.lease_until
    if (answer === 'crash') take({ id: `due:${lease}`, type: 'due', at: lease, data: {} }, lease)
    else take(outcome(started, answer), lease)
  }
  return { state, events, said: deliveries(events) }
}
