import type { CallbackAttempt, CallbackDelivery, UsageReceiptIssued } from '@prooftrail/contracts'
import { Refusal } from '@prooftrail/runtime'
import { signLink, ticketId } from '@prooftrail/trail'
import { buildBody } from './body.ts'
import type { CallbackCode } from './codes.ts'
import { MAX_ATTEMPTS, nextAttemptAt } from './schedule.ts'
import type {
  AttemptFinished,
  AttemptPostponed,
  CallbackPrepared,
  Context,
  Delivery,
  Event,
  Input,
  State,
} from './state.ts'

/**
 * What becomes of a callback.
 * D1 A callback has one id and one body, whatever is tried how often.
 * D2 An attempt is started by one process only, and counts from then on.
 * D3 A started attempt without outcome is unknown, never failed, and the next one follows.
 * D4 2xx delivers; 410 and the tenth attempt park with a ticket; nothing is dropped.
 * D5 What became of each attempt is said once, signed, with all attempts so far.
 */

export const initial: State = { deliveries: [], tickets: 0 }

/** @throws Refusal PT-5013 */
export function decide(state: State, input: Input, context: Context): readonly Event[] {
  switch (input.type) {
    case 'usage-receipt.issued':
      return prepare(state, input.data, input.at, context)
    case 'attempt.finished':
      return finish(state, input.data, input.at, context)
    case 'attempt.postponed':
      return postpone(state, input.data)
    case 'due':
      return wakeAll(state, input.at, context)
  }
}

function prepare(
  state: State,
  event: UsageReceiptIssued,
  at: string,
  context: Context,
): readonly Event[] {
  const { callback_event_id, callback_url, agent_id, callback_policy } = event.callback
  const due = callback_url !== undefined && callback_policy !== 'status_polling_only'
  const known = state.deliveries.find((one) => one.callback_event_id === callback_event_id)
  const complete = known?.letter !== undefined || known?.phase.status === 'delivered'
  if (complete && state.task_token !== undefined) return []
  const body = buildBody(event, context.addresses, due)
  if (known && known.callback_hash !== body.hash) {
    throw new Refusal('PT-5013' satisfies CallbackCode, `${callback_event_id} has another body`, {
      firstDigest: known.callback_hash,
    })
  }
  const contract = event.result_contract.object
  const prepared: CallbackPrepared = {
    task_token: contract.task_token,
    delivery: {
      callback_event_id,
      work_order_id: event.work_order_id,
      agent_task_run_id: contract.agent_task_run_id,
      ...(callback_url === undefined ? {} : { callback_url }),
      callback_hash: body.hash,
      after: body.reports,
      letter: {
        agent_id,
        requested_tool: contract.requested_tool,
        event_type: body.event_type,
        body: body.text,
      },
    },
  }
  const first: Event = { type: 'callback.prepared', data: prepared }
  if (known) return [first]
  const delivery = created(prepared)
  return due
    ? [first, ...start(delivery, context)]
    : [first, attempted(delivery, { callback_status: 'ready', attempt: 0 }, at, context)]
}

function finish(
  state: State,
  { callback_event_id, begun_at, record, retry_after }: AttemptFinished,
  at: string,
  context: Context,
): readonly Event[] {
  const delivery = state.deliveries.find((one) => one.callback_event_id === callback_event_id)
  if (!delivery) return []
  // A receiver's late yes is still a yes: without it the callback would be sent again.
  const late = record.outcome === 'delivered' && isPending(delivery)
  if (!isUnderWay(delivery, record.attempt, begun_at) && !late) return []
  return settle(state, delivery, record, at, retry_after, context)
}

function postpone(state: State, input: AttemptPostponed): readonly Event[] {
  const { callback_event_id, attempt, begun_at, until } = input
  const delivery = state.deliveries.find((one) => one.callback_event_id === callback_event_id)
  if (!delivery || !isUnderWay(delivery, attempt, begun_at)) return []
  return [{ type: 'attempt.put-off', data: { callback_event_id, until } }]
}

/** Each delivery is decided after the events of those before it. */
function wakeAll(before: State, at: string, context: Context): readonly Event[] {
  let state = before
  return before.deliveries.flatMap((delivery) => {
    const events = wake(state, delivery, at, context)
    state = events.reduce(evolve, state)
    return events
  })
}

/** The next attempt's time has come, or an attempt's lease ran out. */
function wake(state: State, delivery: Delivery, at: string, context: Context): readonly Event[] {
  const { phase } = delivery
  const time = wakesAt(delivery)
  if (time === undefined || at < time) return []
  if (phase.status !== 'sending') return start(delivery, context)
  const record: CallbackAttempt = {
    attempt: phase.attempt,
    started_at: phase.begun_at,
    outcome: 'unknown',
    error_code: 'PT-5012' satisfies CallbackCode,
  }
  return settle(state, delivery, record, at, undefined, context)
}

function start(delivery: Delivery, { now, lease_ms }: Context): readonly Event[] {
  const { callback_event_id, work_order_id, callback_url, callback_hash, letter } = delivery
  if (letter === undefined || callback_url === undefined) return []
  return [
    {
      type: 'attempt.started',
      data: {
        ...{ callback_event_id, work_order_id, callback_url, callback_hash, letter },
        attempt: (delivery.attempts.at(-1)?.attempt ?? 0) + 1,
        begun_at: now,
        lease_until: new Date(Date.parse(now) + lease_ms).toISOString(),
      },
    },
  ]
}

/** Says what became of an attempt, and whether another follows. */
function settle(
  state: State,
  before: Delivery,
  record: CallbackAttempt,
  at: string,
  retry_after: string | undefined,
  context: Context,
): readonly Event[] {
  const { attempt, http_status } = record
  const others = before.attempts.filter((one) => one.attempt !== attempt)
  const attempts = [...others, record].sort((a, b) => a.attempt - b.attempt)
  const delivery = { ...before, attempts }
  const answer = {
    ...(http_status === undefined ? {} : { http_status }),
    ...(retry_after === undefined ? {} : { retry_after }),
  }
  if (record.outcome === 'delivered') {
    const facts = { callback_status: 'delivered', attempt, ...statusOf(record) }
    return [attempted(delivery, facts, at, context)]
  }
  const ended = record.finished_at ?? at
  const next =
    http_status === 410
      ? undefined
      : nextAttemptAt(before.callback_event_id, attempt, ended, answer)
  if (next !== undefined) {
    const facts = {
      callback_status: 'pending',
      attempt,
      ...statusOf(record),
      next_attempt_at: next,
    }
    return [attempted(delivery, facts, at, context)]
  }
  const facts = { callback_status: 'parked', attempt, ...statusOf(record) }
  return [attempted(delivery, facts, at, context), ticket(state, delivery, at, context)]
}

function statusOf({ http_status }: CallbackAttempt): { http_status?: number } {
  return http_status === undefined ? {} : { http_status }
}

type DeliveryFacts = Pick<CallbackDelivery, 'callback_status' | 'attempt'> &
  Partial<Pick<CallbackDelivery, 'http_status' | 'next_attempt_at'>>

function attempted(delivery: Delivery, facts: DeliveryFacts, at: string, { key }: Context): Event {
  const { callback_url } = delivery
  const object: CallbackDelivery = {
    object_type: 'callback_delivery',
    callback_event_id: delivery.callback_event_id,
    work_order_id: delivery.work_order_id,
    agent_task_run_id: delivery.agent_task_run_id,
    ...(callback_url === undefined ? {} : { callback_url }),
    callback_hash: delivery.callback_hash,
    ...facts,
    attempts: [...delivery.attempts],
    issued_at: at,
  }
  const data = signLink('callback_delivery', object, delivery.after, key)
  return { type: 'callback.attempted', data }
}

/** The ticket of a parked callback; it follows the usage receipt that could not be reported. */
function ticket(state: State, delivery: Delivery, at: string, { key }: Context): Event {
  const { letter } = delivery
  if (letter === undefined) throw new Error('a callback that is under way has its letter')
  const last = delivery.attempts.at(-1)
  const why = last?.error_code === undefined ? '' : ` (${last.error_code})`
  const tried = `${delivery.attempts.length} of ${MAX_ATTEMPTS} attempts`
  const object = {
    object_type: 'agent_exception_ticket',
    exception_id: ticketId(delivery.work_order_id, 'callback_failure', state.tickets),
    work_order_id: delivery.work_order_id,
    agent_task_run_id: delivery.agent_task_run_id,
    ...(state.task_token === undefined ? {} : { task_token: state.task_token }),
    requested_tool: letter.requested_tool,
    exception_type: 'callback_failure',
    severity: 'medium',
    status: 'open',
    summary: `The callback was not delivered in ${tried}${why}. Result and receipts stand.`,
    safe_to_replay: true,
    next_action: 'retry_callback',
    created_at: at,
    issued_at: at,
  }
  const after = delivery.after.filter(({ name }) => name === 'usage_receipt')
  return { type: 'exception.opened', data: signLink('exception_ticket', object, after, key) }
}

function isUnderWay({ phase }: Delivery, attempt: number, begun_at: string): boolean {
  return phase.status === 'sending' && phase.attempt === attempt && phase.begun_at === begun_at
}

function isPending({ phase }: Delivery): boolean {
  return phase.status === 'sending' || phase.status === 'waiting'
}

/** When this delivery wants to be looked at again, if at all. */
export function wakesAt({ phase, letter }: Delivery): string | undefined {
  if (phase.status === 'sending') return phase.lease_until
  return phase.status === 'waiting' && letter !== undefined ? phase.next_attempt_at : undefined
}

/** The earliest of all deliveries' times. */
export function due(state: State): string | undefined {
  return state.deliveries
    .map(wakesAt)
    .filter((time) => time !== undefined)
    .sort()[0]
}

function created({ delivery }: CallbackPrepared): Delivery {
  return { ...delivery, attempts: [], phase: { status: 'ready' } }
}

/** Folds an event. Published events alone restore everything but bodies and the task's handle. */
export function evolve(state: State, event: Event): State {
  switch (event.type) {
    case 'callback.prepared': {
      const { task_token, delivery } = event.data
      const known = state.deliveries.find(
        (one) => one.callback_event_id === delivery.callback_event_id,
      )
      if (!known) {
        return { ...state, task_token, deliveries: [...state.deliveries, created(event.data)] }
      }
      const letter = known.phase.status === 'delivered' ? {} : { letter: delivery.letter }
      return { ...change(state, { ...known, ...letter }), task_token }
    }
    case 'attempt.started': {
      const { callback_event_id, attempt, begun_at, lease_until } = event.data
      return changePhase(state, callback_event_id, {
        ...{ status: 'sending', attempt, begun_at, lease_until },
      })
    }
    case 'attempt.put-off': {
      const { callback_event_id, until } = event.data
      return changePhase(state, callback_event_id, { status: 'waiting', next_attempt_at: until })
    }
    case 'callback.attempted':
      return foldAttempted(state, event.data.object, event.data.after)
    case 'exception.opened':
      return { ...state, tickets: state.tickets + 1 }
  }
}

function foldAttempted(state: State, object: CallbackDelivery, after: Delivery['after']): State {
  const { callback_event_id, work_order_id, agent_task_run_id, callback_hash } = object
  const known = state.deliveries.find((one) => one.callback_event_id === callback_event_id)
  const folded: Delivery = {
    ...{ callback_event_id, work_order_id, agent_task_run_id, callback_hash, after },
    ...(object.callback_url === undefined ? {} : { callback_url: object.callback_url }),
    attempts: object.attempts,
    phase: phaseOf(object),
  }
  const letter = object.callback_status === 'delivered' ? undefined : known?.letter
  const delivery = letter === undefined ? folded : { ...folded, letter }
  return known ? change(state, delivery) : { ...state, deliveries: [...state.deliveries, delivery] }
}

function phaseOf({ callback_status, next_attempt_at }: CallbackDelivery): Delivery['phase'] {
  if (next_attempt_at !== undefined) return { status: 'waiting', next_attempt_at }
  if (callback_status === 'delivered') return { status: 'delivered' }
  return callback_status === 'ready' ? { status: 'ready' } : { status: 'parked' }
}

function changePhase(state: State, callbackEventId: string, phase: Delivery['phase']): State {
  const known = state.deliveries.find((one) => one.callback_event_id === callbackEventId)
  return known ? change(state, { ...known, phase }) : state
}

function change(state: State, delivery: Delivery): State {
  const replaced = state.deliveries.map((one) =>
    one.callback_event_id === delivery.callback_event_id ? delivery : one,
  )
  return { ...state, deliveries: replaced }
}
