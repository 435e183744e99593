import type {
  ExceptionOpened,
  ExceptionTicket,
  Hold,
  ResultContractLink,
  UsageReceiptIssued,
} from '@prooftrail/contracts'
import { deriveId, ticketId } from '@prooftrail/trail'
import { type Entry, entryId } from './credits.ts'
import { amountOf } from './replay.ts'
import type { Held, Sign, Wait } from './state.ts'

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
  const { hold, settlement, payment_request_reference, again } = held
  const result_number = again?.terms.result_number ?? 0
  const receipt = {
    object_type: 'usage_receipt',
    receipt_id: deriveId('usage', work_order_id, result_number),
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
      ledger_entry_id:
        contract.proof_objects.ledger_entry ?? deriveId('le', work_order_id, result_number),
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
    ...(result_number === 0 ? {} : { result_number }),
  }
}

/** The id of the ticket that an order without enough credits opens, for its n-th hold. */
export function creditHoldTicketId(work_order_id: string, hold: number): string {
  return ticketId(work_order_id, 'credit_hold', hold)
}

/** The ticket of an order that waits for credits; it follows the order. */
export function openCreditHold(
  ask: Pick<Wait, 'accepted' | 'again'>,
  short: Entry,
  issued_at: string,
  sign: Sign,
): ExceptionOpened {
  const { work_order_id, task_token, order, pins } = ask.accepted
  const what = ask.again ? 'replay' : 'order'
  const ticket: ExceptionTicket = {
    object_type: 'agent_exception_ticket',
    exception_id: creditHoldTicketId(work_order_id, ask.again?.terms.hold_number ?? 0),
    work_order_id,
    agent_task_run_id: deriveId('run', work_order_id, 0),
    task_token,
    agent_id: order.object.agent_id,
    requested_tool: pins.tool,
    exception_type: 'credit_hold',
    severity: 'medium',
    status: 'open',
    summary:
      `The ${what} needs ${amountOf(ask)} credits; account ${pins.account} has ${short.free} free ` +
      `and ${short.waiting} waiting with this one. It goes on by itself, oldest first, when credits arrive.`,
    safe_to_replay: true,
    next_action: 'fund_account',
    created_at: issued_at,
    issued_at,
  }
  return sign('exception_ticket', ticket, [order.ref])
}
