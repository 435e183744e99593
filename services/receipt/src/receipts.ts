import type {
  AcceptedOrder,
  ExceptionOpened,
  ExceptionTicket,
  Hold,
  ResultContractLink,
  UsageReceiptIssued,
} from '@prooftrail/contracts'
import { deriveId, ticketId } from '@prooftrail/trail'
import { type Entry, entryId } from './credits.ts'
import type { Held, Sign } from './state.ts'

/** The hold as the credit entry says it. */
export function holdOf(entry: Entry): Hold {
  return {
    account: entry.account,
    credits_held: entry.amount,
    remaining_credits: entry.free,
    credit_entry: entryId(entry.account, entry.seq),
    held_at: entry.at,
  }
}

/** What a result costs: its whole hold, or nothing when it failed. */
export function priceOf(result_status: string, { credits_held }: Hold): number {
  return result_status === 'ready' || result_status === 'partial' ? credits_held : 0
}

/**
 * The usage receipt of a run, with all that the callback needs (wire format section 5).
 * @param entry the debit @param last the last movement of the run: its totals are the receipt's
 */
export function issueUsageReceipt(
  held: Held,
  result_contract: ResultContractLink,
  { entry, last }: { entry: Entry; last: Entry },
  issued_at: string,
  sign: Sign,
): UsageReceiptIssued {
  const contract = result_contract.object
  const { work_order_id } = contract
  const { hold, settlement, payment_request_reference } = held
  const receipt = {
    object_type: 'usage_receipt',
    receipt_id: deriveId('usage', work_order_id, 0),
    receipt_type: `${contract.requested_tool}_usage_receipt`,
    operating_tool: contract.requested_tool,
    work_order_id,
    agent_task_run_id: contract.agent_task_run_id,
    task_token: contract.task_token,
    requested_tool: contract.requested_tool,
    requested_capability: contract.requested_capability,
    credits_held: hold.credits_held,
    credits_debited: entry.amount,
    credits_released: hold.credits_held - entry.amount,
    remaining_credits: last.free,
    result_status: contract.result_status,
    evidence_status: contract.machine_result.evidence_status,
    ...(settlement ? { settlement_reference: settlement.object.settlement_id } : {}),
    ...(payment_request_reference === undefined ? {} : { payment_request_reference }),
    credit_ledger_entry: {
      ledger_entry_id: contract.proof_objects.ledger_entry ?? deriveId('le', work_order_id, 0),
      agent_account_id: hold.account,
      credit_entry: entryId(last.account, last.seq),
      credits_funded: last.funded,
      credits_debited: entry.amount,
      remaining_credits: last.free,
      currency_or_unit: 'credits',
    },
    issued_at,
  }
  const after = [result_contract.ref, ...(settlement ? [settlement.ref] : [])]
  const { agent_id, callback_url, callback_policy } = held
  return {
    work_order_id,
    usage_receipt: sign('usage_receipt', receipt, after),
    ...(settlement ? { settlement_receipt: settlement } : {}),
    result_contract,
    callback: {
      agent_id,
      ...(callback_url === undefined ? {} : { callback_url }),
      callback_policy,
      callback_event_id: contract.callback.callback_event_id,
    },
  }
}

/** The id of the ticket that an order without enough credits opens. */
export function creditHoldTicketId(work_order_id: string): string {
  return ticketId(work_order_id, 'credit_hold', 0)
}

/** The ticket of an order that waits for credits; it follows the order. */
export function openCreditHold(
  { work_order_id, task_token, order, pins }: AcceptedOrder,
  short: Entry,
  issued_at: string,
  sign: Sign,
): ExceptionOpened {
  const ticket: ExceptionTicket = {
    object_type: 'agent_exception_ticket',
    exception_id: creditHoldTicketId(work_order_id),
    work_order_id,
    agent_task_run_id: deriveId('run', work_order_id, 0),
    task_token,
    requested_tool: pins.tool,
    exception_type: 'credit_hold',
    severity: 'medium',
    status: 'open',
    summary:
      `The order needs ${pins.price} credits; account ${pins.account} has ${short.free} free ` +
      `and ${short.waiting} waiting with this one. It goes on by itself, oldest first, when credits arrive.`,
    safe_to_replay: true,
    next_action: 'fund_account',
    created_at: issued_at,
    issued_at,
  }
  return sign('exception_ticket', ticket, [order.ref])
}
