import type { CallbackDelivery } from '@prooftrail/contracts'
import type { CallbackEvent, CallbackPrepared, Delivery, State } from './state.ts'

export const initial: State = { deliveries: [], tickets: 0 }

/** When this delivery wants to be looked at again, if at all. */
export function wakesAt({ phase, payload }: Delivery): string | undefined {
  if (phase.status === 'sending') return phase.lease_until
  return phase.status === 'waiting' && payload !== undefined ? phase.next_attempt_at : undefined
}

/** The earliest of all deliveries' times. */
export function due(state: State): string | undefined {
  return state.deliveries
    .map(wakesAt)
    .filter((time) => time !== undefined)
    .sort()[0]
}

/** A delivery before its first attempt. */
export function created({ delivery }: CallbackPrepared): Delivery {
  return { ...delivery, attempts: [], phase: { status: 'ready' } }
}

/** Folds an event. Published events alone restore everything but bodies and the task's handle. */
export function evolve(state: State, event: CallbackEvent): State {
  switch (event.type) {
    case 'callback.prepared': {
      const { task_token, delivery } = event.data
      const known = state.deliveries.find(
        (one) => one.callback_event_id === delivery.callback_event_id,
      )
      if (!known) {
        return { ...state, task_token, deliveries: [...state.deliveries, created(event.data)] }
      }
      const payload = known.phase.status === 'delivered' ? {} : { payload: delivery.payload }
      return { ...change(state, { ...known, ...payload }), task_token }
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
    case 'request.attempted':
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
    ...(known?.is_request ? { is_request: true } : {}),
    ...givenUp(object, known),
  }
  const payload = object.callback_status === 'delivered' ? undefined : known?.payload
  const delivery = payload === undefined ? folded : { ...folded, payload }
  return known ? change(state, delivery) : { ...state, deliveries: [...state.deliveries, delivery] }
}

/** Where attempts are counted from: what was published says it, so that it can be folded again. */
function givenUp(
  { callback_status, attempt }: CallbackDelivery,
  known: Delivery | undefined,
): Pick<Delivery, 'given_up_at'> {
  if (callback_status === 'parked') return { given_up_at: attempt }
  return known?.given_up_at === undefined ? {} : { given_up_at: known.given_up_at }
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
