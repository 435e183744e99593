import { commandOf, type RecoveryAction } from '@prooftrail/contracts'
import type { RunRow } from '@prooftrail/contracts/doors'

/** The command that helps with a row of a list: what a person would do next. */

/** Of a run. */
export function wayOnOfRun(run: RunRow): string {
  const { work_order_id: id, callback_status, result_status, runtime_state } = run
  if (callback_status === 'parked') return commandOf('retry_callback', id)
  switch (run.waits_for) {
    case 'credits':
      return 'prooftrail accounts --waiting'
    case 'service':
    case 'receiver':
      return `prooftrail watch ${id}`
    case 'operator':
      return `prooftrail report ${id}`
    case 'nobody':
      break
  }
  if (result_status === 'partial' || result_status === 'failed') return `prooftrail report ${id}`
  if (runtime_state === 'ready_for_operator_review') return commandOf('close', id)
  return `prooftrail trail ${id}`
}

/** The act that answers a ticket of its type; others are looked at and closed. */
const ANSWERS: Readonly<Record<string, RecoveryAction>> = {
  evidence_gap: 'add_evidence',
  callback_failure: 'retry_callback',
  tool_execution_pause: 'advance_queue',
}

/** Of a ticket. */
export function wayOnOfTicket(ticket: {
  work_order_id: string
  exception_id: string
  exception_type: string
}): string {
  const { work_order_id, exception_id, exception_type } = ticket
  if (exception_type === 'credit_hold') return 'prooftrail accounts --waiting'
  const act = ANSWERS[exception_type]
  if (act !== undefined) return commandOf(act, work_order_id)
  return commandOf('close_exception', work_order_id).replace('ID', exception_id)
}

/** Of an account. */
export function wayOnOfAccount({
  account,
  waiting_orders,
}: {
  account: string
  waiting_orders: number
}): string {
  return waiting_orders > 0
    ? `prooftrail credits fund ${account} CREDITS`
    : `prooftrail credits show ${account}`
}
