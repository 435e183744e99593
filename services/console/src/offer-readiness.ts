import { isSettled } from './exceptions.ts'
import type { RunState } from './state.ts'

/** One condition of offer readiness, met or not, and why. */
export interface Condition {
  condition: string
  met: boolean
  reason: string
}

export interface OfferReadiness {
  ready: boolean
  conditions: Condition[]
  /** Of the conditions that are not met; one sentence when all are. */
  reasons: string[]
}

/**
 * A pilot is ready to be offered when its outcome could be shown to a customer as it stands:
 * O1 its trail is sealed, O2 the verdict is ready, O3 the evidence is sufficient,
 * O4 the callback is delivered or none is due, O5 no exception is open.
 * It is a statement about this run only, and says nothing on the operator's behalf.
 */
export function offerReadiness(run: RunState): OfferReadiness {
  const seal = run.sealed.at(-1)
  const evidence = run.result_contract?.machine_result
  const open = run.exceptions.filter((one) => !isSettled(one))
  const score = evidence ? `${evidence.evidence_status}, score ${evidence.evidence_score}` : ''
  const conditions: Condition[] = [
    {
      condition: 'sealed',
      met: seal !== undefined,
      reason: seal
        ? `sealed at ${seal.issued_at}, leaf ${seal.log_index} of the log`
        : 'the trail is not sealed yet',
    },
    {
      condition: 'verdict_ready',
      met: seal?.verdict === 'ready',
      reason: seal ? `the verdict is ${seal.verdict}` : 'there is no verdict yet',
    },
    {
      condition: 'evidence_sufficient',
      met: evidence?.evidence_status === 'sufficient',
      reason: evidence ? `the evidence is ${score}` : 'no evidence was assessed',
    },
    {
      condition: 'callback_settled',
      met: isCallbackSettled(run),
      reason: callbackReason(run),
    },
    {
      condition: 'no_open_exception',
      met: open.length === 0,
      reason:
        open.length === 0
          ? 'no exception is open'
          : `open: ${open.map(({ ticket }) => ticket.exception_type).join(', ')}`,
    },
  ]
  const unmet = conditions.filter(({ met }) => !met)
  const reasons = unmet.map(({ reason }) => reason)
  return {
    ready: unmet.length === 0,
    conditions,
    reasons: unmet.length === 0 ? ['every condition is met'] : reasons,
  }
}

function isCallbackSettled({ callback, reasons }: RunState): boolean {
  const status = callback?.callback_status
  return reasons !== undefined || status === 'delivered' || status === 'ready'
}

function callbackReason({ callback, reasons }: RunState): string {
  if (reasons) return 'the order was refused; no callback is owed'
  if (!callback) return 'the callback was not tried yet'
  if (callback.callback_status === 'ready') return 'no callback is due'
  return `the callback is ${callback.callback_status} at attempt ${callback.attempt}`
}
