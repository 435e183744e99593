import { CALLBACK_STATUS, type CallbackDelivery } from '@prooftrail/contracts'
import { withOpened, withResolved } from '../exceptions.ts'
import type { RunState } from '../state.ts'
import { count, earlier, type FactsOf, facts, known } from './fact.ts'

/** What became of the callback, of tickets and of the trail. */
export const CLOSING_FACTS: FactsOf<
  | 'callback.attempted'
  | 'exception.opened'
  | 'exception.resolved'
  | 'ledger.appended'
  | 'trail.attested'
> = {
  'callback.attempted': {
    learn(state, data) {
      return learnCallback(state, data.object)
    },
    line(data) {
      return { stage: 'callback', summary: tellCallback(data.object) }
    },
  },
  'exception.opened': {
    learn(state, data) {
      return withOpened(state, data.object)
    },
    line(data) {
      const { exception_type, severity, missing_items, next_action } = data.object
      const missing = missing_items?.length ? ` (${missing_items.join(', ')})` : ''
      return {
        stage: 'exception',
        summary: `${exception_type}${missing}, ${severity}${next_action ? `; next: ${next_action}` : ''}`,
      }
    },
  },
  'exception.resolved': {
    learn(state, data) {
      return withResolved(state, data)
    },
    line(data) {
      return {
        stage: 'exception',
        summary: `${data.exception_type} ${data.status}: ${data.resolution}`,
      }
    },
  },
  'ledger.appended': {
    learn(state, data) {
      const others = state.ledger.filter((one) => one.object.revision !== data.object.revision)
      const ledger = [...others, data].sort((a, b) => a.object.revision - b.object.revision)
      return { ...state, ledger }
    },
    line(data) {
      const { revision, objects } = data.object
      const which = revision === 0 ? '' : ` (revision ${revision})`
      return {
        stage: 'attestation',
        summary: `ledger entry over ${count(objects.length, 'link')}${which}`,
      }
    },
  },
  'trail.attested': {
    learn(state, data) {
      const others = state.sealed.filter((one) => one.revision !== data.revision)
      const { work_order_id: _id, task_token: _token, ...seal } = data
      const sealed = [...others, seal].sort((a, b) => a.revision - b.revision)
      const sealed_at = sealed.map(({ issued_at }) => issued_at).reduce(earlier)
      return { ...state, sealed, facts: facts(state, { sealed_at }) }
    },
    line(data) {
      const { verdict, log_index, revision } = data
      const which = revision === 0 ? '' : `, revision ${revision}`
      return {
        stage: 'attestation',
        summary: `sealed as ${verdict}${which}; leaf ${log_index} of the log`,
      }
    },
  },
}

function learnCallback(state: RunState, said: CallbackDelivery): RunState {
  const { callback_status, issued_at, attempt } = said
  const { callback_first_attempt_at, callback_delivered_at, callback_parked_at } = state.facts
  const newer = isNewer(said, state.callback) ? said : (state.callback ?? said)
  const tried = attempt > 0 && callback_status !== 'ready'
  return {
    ...state,
    callback: newer,
    facts: {
      ...state.facts,
      ...known('callback_status', newer.callback_status, CALLBACK_STATUS),
      ...(tried
        ? { callback_first_attempt_at: earlier(callback_first_attempt_at ?? issued_at, issued_at) }
        : {}),
      ...(callback_status === 'delivered'
        ? { callback_delivered_at: earlier(callback_delivered_at ?? issued_at, issued_at) }
        : {}),
      ...(callback_status === 'parked'
        ? { callback_parked_at: earlier(callback_parked_at ?? issued_at, issued_at) }
        : {}),
    },
  }
}

function isNewer(said: CallbackDelivery, than: CallbackDelivery | undefined): boolean {
  // each result has a callback of its own
  if (than && said.callback_event_id !== than.callback_event_id) {
    return said.issued_at >= than.issued_at
  }
  if (!than || said.attempt !== than.attempt) return !than || said.attempt > than.attempt
  return said.issued_at >= than.issued_at
}

function tellCallback(delivery: {
  callback_status: string
  attempt: number
  http_status?: number
  next_attempt_at?: string
}): string {
  const { callback_status, attempt, http_status, next_attempt_at } = delivery
  if (callback_status === 'ready') return 'no callback is due; the result is ready to be fetched'
  const answer = http_status === undefined ? 'no answer' : `HTTP ${http_status}`
  const again = next_attempt_at === undefined ? '' : `, again at ${next_attempt_at}`
  return `${callback_status} at attempt ${attempt} (${answer})${again}`
}
