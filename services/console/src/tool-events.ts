import { deriveId } from '@prooftrail/trail'
import { digestOf } from '@prooftrail/trail/encoding'
import type { RunState } from './state.ts'

export type ToolEventType =
  | 'execution_started'
  | 'progress_recorded'
  | 'exception_opened'
  | 'result_ready'
  | 'settlement_receipt_linked'
  | 'usage_receipt_issued'
  | 'callback_delivered'
  | 'attestation_issued'
  | 'replay_requested'

/** A tool execution result event. */
export interface ToolEvent {
  /** `sha256:<hex>` over [work_order_id, event_type, n], n from 0 per type. */
  event_id: string
  binding_id: string
  work_order_id: string
  task_token: string
  tool: string
  event_type: ToolEventType
  occurred_at: string
  state_after_event?: string
  result_contract_url?: string
  receipt_url?: string
  callback_status?: string
}

type Told = Pick<ToolEvent, 'event_type' | 'occurred_at'> & Partial<ToolEvent>

/**
 * The run as the events of its tool's execution, by time; events of one time stand in the order of
 * the flow. Of progress the newest of each attempt is told. A refused order was no execution.
 * @param base public base address, without a slash at its end
 */
export function toolEvents(run: RunState, base: string): ToolEvent[] {
  const { work_order_id, task_token = '', requested_tool = '', facts } = run
  if (facts.rejected_at !== undefined) return []
  const binding_id = run.binding_id ?? deriveId('eb', work_order_id, 0)
  const task = `${base}/v1/tasks/${encodeURIComponent(task_token)}`
  const told = [...tell(run, task)].sort((a, b) => compare(a.occurred_at, b.occurred_at))
  const counts = new Map<string, number>()
  return told.map(({ event_type, occurred_at, ...rest }) => {
    const n = counts.get(event_type) ?? 0
    counts.set(event_type, n + 1)
    return {
      event_id: digestOf([work_order_id, event_type, n]),
      binding_id,
      work_order_id,
      task_token,
      tool: requested_tool,
      event_type,
      occurred_at,
      ...rest,
    }
  })
}

function* tell(run: RunState, task: string): Generator<Told> {
  const contract = run.result_contract
  const result_contract_url = `${task}/result-contract`
  for (const { attempt, bound_at } of run.bound) {
    const progress = run.progress.find((one) => one.attempt === attempt)
    // An attempt that was silent until its result began at its command, as far as anyone knows.
    const startedAt = progress?.first.at ?? (run.result_attempt === attempt ? bound_at : undefined)
    if (startedAt === undefined) continue
    yield started(startedAt)
    if (progress && progress.latest.state !== 'started') {
      const occurred_at = progress.latest.at
      yield { event_type: 'progress_recorded', occurred_at, state_after_event: 'operating' }
    }
  }
  if (contract) {
    yield {
      event_type: 'result_ready',
      occurred_at: contract.issued_at,
      state_after_event: 'result_ready',
      result_contract_url,
    }
  }
  for (const { ticket } of run.exceptions) {
    const occurred_at = ticket.created_at
    yield { event_type: 'exception_opened', occurred_at, state_after_event: 'exception_open' }
  }
  if (run.usage_receipt) {
    const occurred_at = run.usage_receipt.issued_at
    if (run.settlement_receipt) {
      yield {
        event_type: 'settlement_receipt_linked',
        occurred_at,
        state_after_event: 'settlement_receipt_issued',
        receipt_url: `${task}/settlement-receipt`,
      }
    }
    yield {
      event_type: 'usage_receipt_issued',
      occurred_at,
      state_after_event: 'usage_receipt_issued',
      receipt_url: `${task}/usage-receipt`,
    }
  }
  const deliveredAt = run.facts.callback_delivered_at
  if (deliveredAt !== undefined) {
    yield {
      event_type: 'callback_delivered',
      occurred_at: deliveredAt,
      state_after_event: 'callback_delivered',
      callback_status: 'delivered',
    }
  }
  for (const { issued_at } of run.sealed) {
    yield {
      event_type: 'attestation_issued',
      occurred_at: issued_at,
      state_after_event: 'attested',
      result_contract_url,
    }
  }
}

function started(occurred_at: string): Told {
  return { event_type: 'execution_started', occurred_at, state_after_event: 'operating' }
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
