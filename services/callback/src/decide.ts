import type { CallbackAttempt, RecoveryAccepted } from '@prooftrail/contracts'
import { type Input, type Message, Refusal, RetryLater, WAIT_SECONDS } from '@prooftrail/runtime'
import { buildBody } from './body.ts'
import { attempted, type DeliveryFacts, ticket } from './callback-links.ts'
import type { CallbackCode } from './codes.ts'
import { created, evolve, wakesAt } from './evolve.ts'
import { buildExpiryNotice, buildRequest } from './request-body.ts'
import { nextAttemptAt } from './schedule.ts'
import type {
  AttemptFinished,
  AttemptPostponed,
  CallbackEvent,
  CallbackInput,
  CallbackPrepared,
  Context,
  Delivery,
  State,
} from './state.ts'

/**
 * What becomes of a callback.
 * D1 A callback has one id and one body, whatever is tried how often.
 * D2 An attempt is started by one process only, and counts from then on.
 * D3 A started attempt without outcome is unknown, never failed, and the next one follows.
 * D4 2xx delivers; 410 and the tenth attempt park with a ticket; nothing is dropped.
 * D5 What was given up is tried again when an act says so: ten attempts more, on the same bytes.
 * D6 What became of each attempt is said once, signed, with all attempts so far.
 */

/** Fixes the callback's bytes and starts its first attempt. @throws Refusal PT-5013: other bytes */
export function onUsageReceiptIssued(
  state: State,
  { data: event, at }: Message<'usage-receipt.issued'>,
  context: Context,
): readonly CallbackEvent[] {
  const { callback_event_id, callback_url, agent_id, callback_policy } = event.callback
  const due = callback_url !== undefined && callback_policy !== 'status_polling_only'
  const known = state.deliveries.find((one) => one.callback_event_id === callback_event_id)
  const complete = known?.payload !== undefined || known?.phase.status === 'delivered'
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
      payload: {
        agent_id,
        requested_tool: contract.requested_tool,
        event_type: body.event_type,
        body: body.text,
      },
    },
  }
  const first: CallbackEvent = { type: 'callback.prepared', data: prepared }
  if (known) return [first]
  const delivery = created(prepared)
  return due
    ? [first, ...start(delivery, context)]
    : [first, attempted(delivery, { callback_status: 'ready', attempt: 0 }, at, context)]
}

/** Acts that callback does something about; of others it knows nothing. */
export function runOfAct({ work_order_id, act }: RecoveryAccepted): string | undefined {
  const { recovery_action: action } = act.object
  const isOurs = action === 'retry_callback' || action === 'request_evidence'
  return isOurs ? work_order_id : undefined
}

/**
 * Tries again what was given up, or asks the agent for evidence in a callback of its own.
 * @throws RetryLater, Refusal PT-5014: the run's usage receipt is on its way
 */
export function onRecoveryAccepted(
  state: State,
  { data, at, waited = 0 }: Message<'recovery.accepted'>,
  context: Context,
): readonly CallbackEvent[] {
  if (state.task_token === undefined) {
    const code = 'PT-5014' satisfies CallbackCode
    const detail = `${data.work_order_id} has no usage receipt yet`
    throw waited < WAIT_SECONDS ? new RetryLater(code, detail) : new Refusal(code, detail)
  }
  if (data.evidence_request) return request(state, data, { at, context })
  return state.deliveries
    .filter(({ phase }) => phase.status === 'parked')
    .flatMap((delivery) => again(delivery, at, context))
}

function again(delivery: Delivery, at: string, context: Context): readonly CallbackEvent[] {
  const { callback_event_id, payload } = delivery
  if (payload !== undefined) return start(delivery, context)
  // its bytes come with the usage receipt that is read again
  return [{ type: 'attempt.put-off', data: { callback_event_id, until: at } }]
}

function request(
  { task_token = '', deliveries }: State,
  data: RecoveryAccepted,
  { at, context }: { at: string; context: Context },
): readonly CallbackEvent[] {
  const prepared = buildRequest(data, task_token, context.addresses)
  return prepared ? tell(prepared, deliveries, { at, context }) : []
}

/** Tells the agent that a time limit ended its run, or a replay of it. */
export function onRunExpired(
  { deliveries }: State,
  { data, at }: Message<'run.expired'>,
  context: Context,
): readonly CallbackEvent[] {
  return tell(buildExpiryNotice(data, context.addresses), deliveries, { at, context })
}

/** A callback that reports no result. */
function tell(
  prepared: CallbackPrepared,
  deliveries: State['deliveries'],
  { at, context }: { at: string; context: Context },
): readonly CallbackEvent[] {
  const { callback_event_id, callback_url } = prepared.delivery
  if (deliveries.some((one) => one.callback_event_id === callback_event_id)) return []
  const first: CallbackEvent = { type: 'callback.prepared', data: prepared }
  const delivery = created(prepared)
  return callback_url === undefined
    ? [first, attempted(delivery, { callback_status: 'ready', attempt: 0 }, at, context)]
    : [first, ...start(delivery, context)]
}

/** Says what became of the attempt that is under way. */
export function onAttemptFinished(
  state: State,
  { data, at }: Input<'attempt.finished', AttemptFinished>,
  context: Context,
): readonly CallbackEvent[] {
  const { callback_event_id, begun_at, record, retry_after } = data
  const delivery = state.deliveries.find((one) => one.callback_event_id === callback_event_id)
  if (!delivery) return []
  // A receiver's late yes is still a yes: without it the callback would be sent again.
  const late = record.outcome === 'delivered' && isPending(delivery)
  if (!isUnderWay(delivery, record.attempt, begun_at) && !late) return []
  return settle(state, delivery, record, at, retry_after, context)
}

/** Puts off the attempt that is under way; it does not count. */
export function onAttemptPostponed(
  state: State,
  { data }: Input<'attempt.postponed', AttemptPostponed>,
): readonly CallbackEvent[] {
  const { callback_event_id, attempt, begun_at, until } = data
  const delivery = state.deliveries.find((one) => one.callback_event_id === callback_event_id)
  if (!delivery || !isUnderWay(delivery, attempt, begun_at)) return []
  return [{ type: 'attempt.put-off', data: { callback_event_id, until } }]
}

/** Each delivery whose time has come is decided after the events of those before it. */
export function onDue(
  before: State,
  { at }: Pick<CallbackInput, 'at'>,
  context: Context,
): readonly CallbackEvent[] {
  let state = before
  return before.deliveries.flatMap((delivery) => {
    const events = wake(state, delivery, at, context)
    state = events.reduce(evolve, state)
    return events
  })
}

/** The next attempt's time has come, or an attempt's lease ran out. */
function wake(
  state: State,
  delivery: Delivery,
  at: string,
  context: Context,
): readonly CallbackEvent[] {
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

function start(delivery: Delivery, { now, lease_ms }: Context): readonly CallbackEvent[] {
  const { callback_event_id, work_order_id, callback_url, callback_hash, payload } = delivery
  if (payload === undefined || callback_url === undefined) return []
  return [
    {
      type: 'attempt.started',
      data: {
        ...{ callback_event_id, work_order_id, callback_url, callback_hash, payload },
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
): readonly CallbackEvent[] {
  const { attempt, http_status } = record
  const others = before.attempts.filter((one) => one.attempt !== attempt)
  const attempts = [...others, record].sort((a, b) => a.attempt - b.attempt)
  const delivery = { ...before, attempts }
  const answer = {
    ...(http_status === undefined ? {} : { http_status }),
    ...(retry_after === undefined ? {} : { retry_after }),
  }
  if (record.outcome === 'delivered') {
    const facts: DeliveryFacts = { callback_status: 'delivered', attempt, ...statusOf(record) }
    return [attempted(delivery, facts, at, context)]
  }
  const ended = record.finished_at ?? at
  const next =
    http_status === 410
      ? undefined
      : nextAttemptAt(
          before.callback_event_id,
          attempt - (before.given_up_at ?? 0),
          ended,
          answer,
          context.gaps_ms,
        )
  if (next !== undefined) {
    const facts: DeliveryFacts = {
      callback_status: 'pending',
      attempt,
      ...statusOf(record),
      next_attempt_at: next,
    }
    return [attempted(delivery, facts, at, context)]
  }
  const facts: DeliveryFacts = { callback_status: 'parked', attempt, ...statusOf(record) }
  return [attempted(delivery, facts, at, context), ticket(state, delivery, at, context)]
}

function statusOf({ http_status }: CallbackAttempt): { http_status?: number } {
  return http_status === undefined ? {} : { http_status }
}

function isUnderWay({ phase }: Delivery, attempt: number, begun_at: string): boolean {
  return phase.status === 'sending' && phase.attempt === attempt && phase.begun_at === begun_at
}

function isPending({ phase }: Delivery): boolean {
  return phase.status === 'sending' || phase.status === 'waiting'
}
