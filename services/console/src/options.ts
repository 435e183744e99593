import { isSettled } from './exceptions.ts'
import type { RunState } from './state.ts'

/** One act by which an agent or operator can move the run on, and whether its facts speak for it. */
export interface Option {
  action: string
  applies: boolean
  reason: string
}

type Rule = (run: RunState) => [applies: boolean, reason: string]

/**
 * Retry and replay options. They are advice: dispatch judges each request, and keeps the history
 * whatever it answers.
 */
export function optionsOf(run: RunState): Option[] {
  return RULES.map(([action, rule]) => {
    const [applies, reason] = run.reasons
      ? [false, 'the order was refused: correct it and submit it under another key']
      : rule(run)
    return { action, applies, reason }
  })
}

const evidenceGap: Rule = ({ result_contract }) => {
  if (!result_contract) return [false, 'there is no result yet']
  const { evidence_status, open_items } = result_contract.machine_result
  if (evidence_status === 'sufficient') return [false, 'the evidence is sufficient']
  return [true, `open: ${open_items.map(({ about }) => about).join(', ')}`]
}

const replay: Rule = (run) => {
  if (run.pinned?.allow_replay === false) return [false, 'the order allows no replay']
  const unsafe = run.exceptions.find(
    (one) => !isSettled(one) && one.ticket.safe_to_replay === false,
  )
  if (unsafe) return [false, `${unsafe.ticket.exception_type} is not safe to replay`]
  if (run.sealed.length > 0) return [true, 'the run is sealed; a replay adds a revision']
  const isStalled = isOutOfAttempts(run)
  return isStalled
    ? [true, 'the attempts are used up without a result']
    : [false, 'the run goes on by itself']
}

const RULES: readonly (readonly [string, Rule])[] = [
  ['add_evidence', evidenceGap],
  [
    'retry_callback',
    ({ callback }) => {
      if (!callback) return [false, 'the callback was not tried yet']
      const { callback_status, next_attempt_at } = callback
      if (callback_status === 'ready') return [false, 'no callback is due']
      if (callback_status === 'delivered') return [false, 'the callback was delivered']
      const next = next_attempt_at === undefined ? '' : `, tried again at ${next_attempt_at} anyway`
      return [true, `the callback is ${callback_status}${next}`]
    },
  ],
  ['replay_from_checkpoint', replay],
  [
    'rerun_result_contract',
    (run) =>
      run.result_contract ? replay(run) : [false, 'there is no result contract to make again'],
  ],
  [
    'advance_queue',
    (run) => {
      if (run.result_contract) return [false, 'the result is there']
      if (run.bound.length === 0) return [false, 'nothing is bound yet']
      return isOutOfAttempts(run)
        ? [true, 'the attempts are used up without a result']
        : [false, 'an attempt is under way']
    },
  ],
  [
    'release_credit_allocation',
    (run) => {
      if (run.facts.held_at === undefined) return [false, 'no credits are held']
      if (run.usage_receipt) return [false, 'the usage receipt released what was not debited']
      return isOutOfAttempts(run)
        ? [true, 'credits are held and no result comes by itself']
        : [false, 'the run is under way']
    },
  ],
  ['request_evidence', evidenceGap],
  [
    'close_exception',
    ({ exceptions }) => {
      const open = exceptions.filter((one) => !isSettled(one))
      return open.length === 0
        ? [false, 'no exception is open']
        : [true, `open: ${open.map(({ ticket }) => ticket.exception_type).join(', ')}`]
    },
  ],
  [
    'close',
    ({ sealed }) =>
      sealed.at(-1)?.runtime_state === 'ready_for_operator_review'
        ? [true, 'the run waits for its operator']
        : [false, sealed.length === 0 ? 'the run is not sealed yet' : 'the run is closed'],
  ],
]

function isOutOfAttempts(run: RunState): boolean {
  return run.facts.out_of_attempts_at !== undefined && run.result_contract === undefined
}
