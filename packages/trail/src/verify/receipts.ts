/** Money: what funded, what was held, debited and released (wire format section 5). */

import { isOneOf } from '../format/one-of.ts'
import { objectAt } from '../format/rules/objects.ts'
import { USAGE_RECEIPT_POLICIES } from '../generated/vocabulary.ts'
import { isCount, isText } from '../shape.ts'
import { askAbout } from './objects.ts'
import type { Link, Result, Trail } from './trail.ts'
import type { Report } from './verdict.ts'

/** What a settlement receipt never says. */
const CONSUMPTION = ['credits_debited', 'credits_held', 'credits_consumed', 'remaining_credits']

export function checkReceipts(trail: Trail, result: Result, report: Report): void {
  checkUsage(trail, result, report)
  if (result.settlement !== undefined) checkSettlement(result.settlement, result.usage, report)
}

function checkUsage(trail: Trail, result: Result, report: Report): void {
  const { usage, contract, command, settlement } = result
  const { object } = usage
  const { tool } = trail.bundle.pilot
  const ask = askAbout(usage, report)
  ask.form(object.object_type === 'usage_receipt', 'object_type')
  ask.equal('receipt_type', `${tool}_usage_receipt`)
  ask.equal('operating_tool', tool)
  ask.equal('requested_tool', tool)
  ask.equal('result_status', contract.object.result_status)
  ask.equal('requested_capability', contract.object.requested_capability)
  const machine = objectAt(contract.object, 'machine_result')
  ask.equal('evidence_status', machine.evidence_status)
  ask.form(isText(object.agent_task_run_id), 'agent_task_run_id')
  ask.form(isText(object.task_token), 'task_token')
  if (settlement !== undefined) ask.equal('settlement_reference', settlement.object.settlement_id)
  const { credits_held: held, credits_debited: debited, credits_released: released } = object
  const { remaining_credits: remaining } = object
  if (!isCount(held) || !isCount(debited) || !isCount(released) || !isCount(remaining)) {
    ask.check(false, 'CREDITS', 'its credits are no whole numbers from 0')
    return
  }
  ask.check(held === debited + released, 'CREDITS', 'held is not debited and released together')
  const free = contract.object.result_status !== 'failed' || debited === 0
  ask.check(free, 'CREDITS', 'a failed result debits nothing')
  const account = objectAt(object, 'credit_ledger_entry')
  const { credits_funded: funded } = account
  const fits = account.remaining_credits === remaining && account.credits_debited === debited
  ask.check(fits, 'CREDITS', 'its credit_ledger_entry says other amounts')
  const covered = isCount(funded) && funded >= remaining + debited
  ask.check(covered, 'CREDITS', 'more credits than were ever funded')
  ask.form(isText(account.agent_account_id), 'credit_ledger_entry.agent_account_id')
  if (result.number > 0) return
  const hold = objectAt(command.object, 'hold')
  const sameHold = hold.credits_held === held && hold.account === account.agent_account_id
  ask.check(sameHold, 'CREDITS', 'the hold is not the one of the command')
}

function checkSettlement(settlement: Link, usage: Link, report: Report): void {
  const { object } = settlement
  const ask = askAbout(settlement, report)
  ask.form(object.object_type === 'settlement_receipt', 'object_type')
  ask.form(object.receipt_type === 'agent_settlement_receipt', 'receipt_type')
  ask.form(isText(object.settlement_provider), 'settlement_provider')
  ask.form(object.settlement_status === 'credits_funded', 'settlement_status')
  ask.form(isOneOf(USAGE_RECEIPT_POLICIES, object.usage_receipt_policy), 'usage_receipt_policy')
  for (const member of CONSUMPTION) {
    ask.check(object[member] === undefined, 'CREDITS', `a settlement receipt has no ${member}`)
  }
  const account = objectAt(usage.object, 'credit_ledger_entry')
  ask.equal('agent_account_id', account.agent_account_id)
  const { credits_funded: funded } = object
  const fits =
    isCount(funded) && isCount(account.credits_funded) && funded <= account.credits_funded
  ask.check(fits, 'CREDITS', 'the account was never funded with that much')
}
