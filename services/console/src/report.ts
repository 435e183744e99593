import {
  type CallbackDelivery,
  type LifecycleState,
  lifecycleState,
  type NextAction,
  type OpenItem,
} from '@prooftrail/contracts'
import { isSettled } from './exceptions.ts'
import { type OfferReadiness, offerReadiness } from './offer-readiness.ts'
import { type Option, optionsOf } from './options.ts'
import { type PilotView, pilotOf } from './pilot.ts'
import type { RunState, ToolState } from './state.ts'
import { type PilotStep, type StepEvent, stepsOf } from './steps.ts'

/** What an operator reviews: the whole run on one page, from facts alone. */
export interface PilotReport {
  object_type: 'pilot_report'
  work_order_id: string
  task_token?: string
  agent_id?: string
  requested_capability?: string
  /** The newest fact's time; the report of the same facts is the same report. */
  as_of: string
  pilot: PilotView
  lifecycle_state: LifecycleState
  /** `not_sealed` until the first seal. */
  runtime_state: string
  verdict?: string
  reasons: readonly { code: string; detail: string }[]
  retry_state: RetryState
  callback_delivery: DeliveryState
  receipt_status: ReceiptStatus
  proof_envelope: ProofEnvelope
  evidence?: { evidence_status: string; evidence_score: number }
  human_summary?: string
  missing_items: readonly OpenItem[]
  next_actions: readonly NextAction[]
  exceptions: readonly ReportedException[]
  options: Option[]
  offer_readiness: OfferReadiness
  steps: PilotStep[]
  events: StepEvent[]
}

export interface RetryState {
  execution: {
    state: 'not_started' | 'under_way' | 'result_accepted' | 'out_of_attempts' | 'refused'
    attempt: number
    max_attempts?: number
  }
  callback: {
    state: 'not_tried' | 'not_due' | 'scheduled' | 'delivered' | 'stopped'
    attempt: number
    next_attempt_at?: string
  }
}

export interface DeliveryState {
  /** `not_tried` before the first attempt ended. */
  callback_status: string
  callback_url?: string
  callback_event_id?: string
  http_status?: number
  delivered_at?: string
  attempts: CallbackDelivery['attempts']
}

/** Two receipts, never merged. */
export interface ReceiptStatus {
  settlement_receipt: {
    status: 'linked' | 'expected' | 'not_in_trail'
    settlement_id?: string
    credits_funded?: number
  }
  usage_receipt: {
    status: 'issued' | 'expected' | 'not_owed'
    receipt_id?: string
    credits_held?: number
    credits_debited?: number
    credits_released?: number
    remaining_credits?: number
  }
}

export interface ProofEnvelope {
  /** Every link of proof_trail is sealed. */
  ready: boolean
  revision?: number
  log_index?: number
  links: { name: string; sealed: boolean; digest?: string }[]
  missing: string[]
}

export interface ReportedException {
  exception_id: string
  exception_type: string
  severity: string
  status: string
  settled: boolean
  summary?: string
  missing_items?: readonly string[]
  safe_to_replay?: boolean
  next_action?: string
  resolution?: string
}

/**
 * @param tool the pinned tool, for the names of its steps; the report stands without it
 * @param now RFC 3339
 */
export function reportOf(run: RunState, tool: ToolState | undefined, now: string): PilotReport {
  const { work_order_id, as_of, task_token, agent_id, requested_capability } = run
  const seal = run.sealed.at(-1)
  const found = run.result_contract?.machine_result
  const { steps, events } = stepsOf(run, tool)
  return {
    object_type: 'pilot_report',
    work_order_id,
    ...(task_token === undefined ? {} : { task_token }),
    ...(agent_id === undefined ? {} : { agent_id }),
    ...(requested_capability === undefined ? {} : { requested_capability }),
    as_of,
    pilot: pilotOf(run),
    lifecycle_state: lifecycleState(run.facts),
    runtime_state: seal?.runtime_state ?? 'not_sealed',
    ...(seal ? { verdict: seal.verdict } : {}),
    reasons: run.reasons ?? [],
    retry_state: retryState(run),
    callback_delivery: deliveryState(run),
    receipt_status: receiptStatus(run),
    proof_envelope: proofEnvelope(run),
    ...(found
      ? {
          evidence: {
            evidence_status: found.evidence_status,
            evidence_score: found.evidence_score,
          },
        }
      : {}),
    ...(run.result_contract ? { human_summary: run.result_contract.human_summary } : {}),
    missing_items: found?.open_items ?? [],
    next_actions: found?.next_actions ?? [],
    exceptions: exceptionsOf(run),
    options: optionsOf(run, now),
    offer_readiness: offerReadiness(run),
    steps,
    events,
  }
}

function retryState(run: RunState): RetryState {
  const max_attempts = run.pinned?.max_attempts
  const { callback } = run
  return {
    execution: {
      state: executionState(run),
      attempt: run.bound.at(-1)?.attempt ?? 0,
      ...(max_attempts === undefined ? {} : { max_attempts }),
    },
    callback: {
      state: retryOf(run),
      attempt: callback?.attempt ?? 0,
      ...(callback?.next_attempt_at === undefined
        ? {}
        : { next_attempt_at: callback.next_attempt_at }),
    },
  }
}

function executionState(run: RunState): RetryState['execution']['state'] {
  if (run.reasons) return 'refused'
  if (run.result_contract) return 'result_accepted'
  if (run.facts.out_of_attempts_at !== undefined) return 'out_of_attempts'
  return run.bound.length > 0 ? 'under_way' : 'not_started'
}

function retryOf({ callback, reasons }: RunState): RetryState['callback']['state'] {
  if (reasons || callback?.callback_status === 'ready') return 'not_due'
  if (!callback) return 'not_tried'
  if (callback.callback_status === 'delivered') return 'delivered'
  return callback.next_attempt_at === undefined ? 'stopped' : 'scheduled'
}

function deliveryState({ callback, pinned, facts, reasons }: RunState): DeliveryState {
  const { callback_url } = pinned ?? {}
  const delivered_at = facts.callback_delivered_at
  const http_status = callback?.http_status
  return {
    callback_status: callback?.callback_status ?? (reasons ? 'not_owed' : 'not_tried'),
    ...(callback_url === undefined ? {} : { callback_url }),
    ...(callback ? { callback_event_id: callback.callback_event_id } : {}),
    ...(http_status === undefined ? {} : { http_status }),
    ...(delivered_at === undefined ? {} : { delivered_at }),
    attempts: callback?.attempts ?? [],
  }
}

function receiptStatus(run: RunState): ReceiptStatus {
  const { settlement_receipt, usage_receipt } = run
  const inTrail = pilotOf(run).proof_trail
  return {
    settlement_receipt: settlement_receipt
      ? {
          status: 'linked',
          settlement_id: settlement_receipt.settlement_id,
          credits_funded: settlement_receipt.credits_funded,
        }
      : { status: inTrail.includes('settlement_receipt') ? 'expected' : 'not_in_trail' },
    usage_receipt: usage_receipt
      ? {
          status: 'issued',
          receipt_id: usage_receipt.receipt_id,
          credits_held: usage_receipt.credits_held,
          credits_debited: usage_receipt.credits_debited,
          credits_released: usage_receipt.credits_released,
          remaining_credits: usage_receipt.remaining_credits,
        }
      : { status: run.reasons ? 'not_owed' : 'expected' },
  }
}

/** A link is sealed when a ledger entry that a seal covers holds its digest. */
function proofEnvelope(run: RunState): ProofEnvelope {
  const seal = run.sealed.at(-1)
  const digests = new Map(
    run.ledger
      .filter(({ object }) => object.revision <= (seal?.revision ?? -1))
      .flatMap(({ object }) => object.objects.map(({ name, digest }) => [name, digest] as const)),
  )
  const links = pilotOf(run).proof_trail.map((name) => {
    const digest = digests.get(name)
    const closing = name === 'ledger_entry' || name === 'attestation'
    return {
      name,
      sealed: digest !== undefined || (closing && seal !== undefined),
      ...(digest === undefined ? {} : { digest }),
    }
  })
  const missing = links.filter(({ sealed }) => !sealed).map(({ name }) => name)
  return {
    ready: links.length > 0 && missing.length === 0,
    ...(seal ? { revision: seal.revision, log_index: seal.log_index } : {}),
    links,
    missing,
  }
}

function exceptionsOf(run: RunState): ReportedException[] {
  return run.exceptions.map((one) => {
    const { exception_id, exception_type, severity, summary, missing_items } = one.ticket
    const { safe_to_replay, next_action } = one.ticket
    return {
      exception_id,
      exception_type,
      severity,
      status: one.status,
      settled: isSettled(one),
      ...(summary === undefined ? {} : { summary }),
      ...(missing_items === undefined ? {} : { missing_items }),
      ...(safe_to_replay === undefined ? {} : { safe_to_replay }),
      ...(next_action === undefined ? {} : { next_action }),
      ...(one.resolution === undefined ? {} : { resolution: one.resolution }),
    }
  })
}
