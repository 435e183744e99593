import type { CallbackDelivery, ExceptionTicket } from '@prooftrail/contracts'
import { Link, ticketId } from '@prooftrail/trail'
import type { CallbackEvent, Context, Delivery, State } from './state.ts'

/** What callback signs: deliveries and tickets, as links of the trail. */

export type DeliveryFacts = Pick<CallbackDelivery, 'callback_status' | 'attempt'> &
  Partial<Pick<CallbackDelivery, 'http_status' | 'next_attempt_at'>>

/** What became of a callback so far, with all its attempts. */
export function attempted(
  delivery: Delivery,
  facts: DeliveryFacts,
  at: string,
  { key }: Context,
): CallbackEvent {
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
  if (delivery.is_request)
    return { type: 'request.attempted', data: { object, after: delivery.after } }
  const data = Link.sign('callback_delivery', object, delivery.after, key)
  return { type: 'callback.attempted', data }
}

/** The ticket of a parked callback; it follows the usage receipt that could not be reported. */
export function ticket(
  state: State,
  delivery: Delivery,
  at: string,
  context: Context,
): CallbackEvent {
  const { key, gaps_ms } = context
  const { payload } = delivery
  if (payload === undefined) throw new Error('a callback that is under way has its payload')
  const last = delivery.attempts.at(-1)
  const why = last?.error_code === undefined ? '' : ` (${last.error_code})`
  const made = delivery.attempts.filter(({ attempt }) => attempt > (delivery.given_up_at ?? 0))
  const tried = `${made.length} of ${gaps_ms.length + 1} attempts`
  const what = delivery.is_request ? 'A word beside the result' : 'The callback'
  const object: ExceptionTicket = {
    object_type: 'agent_exception_ticket',
    exception_id: ticketId(delivery.work_order_id, 'callback_failure', state.tickets),
    work_order_id: delivery.work_order_id,
    agent_task_run_id: delivery.agent_task_run_id,
    ...(state.task_token === undefined ? {} : { task_token: state.task_token }),
    requested_tool: payload.requested_tool,
    exception_type: 'callback_failure',
    severity: 'medium',
    status: 'open',
    summary: `${what} was not delivered in ${tried}${why}. Result and receipts stand.`,
    safe_to_replay: true,
    next_action: 'retry_callback',
    created_at: at,
    issued_at: at,
  }
  const receipts = delivery.after.filter(({ name }) => name === 'usage_receipt')
  const after = receipts.length > 0 ? receipts : delivery.after
  return { type: 'exception.opened', data: Link.sign('exception_ticket', object, after, key) }
}
