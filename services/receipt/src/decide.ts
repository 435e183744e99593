import type { RecoveryAccepted } from '@prooftrail/contracts'
import { type Message, Refusal, RetryLater, WAIT_SECONDS } from '@prooftrail/runtime'
import { settlementId } from '@prooftrail/trail'
import { timePlus } from '@prooftrail/trail/format'
import type { Answer, Entry } from './credits.ts'
import { orderExpired, type Release } from './expiry.ts'
import { faultOf, isExpired, isResultOf, resultStatus } from './movements.ts'
import {
  creditHoldTicketId,
  holdOf,
  issueUsageReceipt,
  openCreditHold,
  priceOf,
} from './receipts.ts'
import { askOf, beginsReplay, holdNumber, isReleased } from './replay.ts'
import { otherTerms, SETTLEMENT } from './settlements.ts'
import type { Context, ReceiptEvent, ReceiptInput, State, Wait } from './state.ts'

/**
 * Judges money: holds, settlement receipts, usage receipts.
 * D1 The accounts' list says what moved; decide only tells it, so that deciding again tells the same.
 * D2 Nothing is asked of an account for an input that is refused.
 * D3 What was debited makes its receipt: a hold ends only where no result was charged before.
 */

/** How long a charged result may take to be delivered again before it is looked for again. */
const RESULT_AGAIN_MS = 60_000

/** Holds the order's price, or opens a ticket and waits for credits. @throws Refusal PT-4003 */
export function onWorkOrderAccepted(
  state: State,
  { data: { accepted }, at }: Message<'work-order.accepted'>,
  context: Context,
): readonly ReceiptEvent[] {
  if (state.status !== 'absent') return []
  return holdOrWait({ accepted }, at, context)
}

/**
 * Holds what a replay may still cost, or waits for it; ends what an act releases.
 * @throws as `onWorkOrderAccepted`; PT-4007
 */
export function onRecoveryAccepted(
  state: State,
  { data, at, waited = 0 }: Message<'recovery.accepted'>,
  context: Context,
): readonly ReceiptEvent[] {
  const isReleaseDue = data.released_hold !== undefined
  if (isReleaseDue && isReleased(state, data)) return release(state, data, at, context)
  const asked = data.replay?.hold_number ?? data.released_hold
  if (asked === undefined || hasEnded(state)) return []
  if (beginsReplay(state, data)) return holdOrWait(askOf(state, data), at, context)
  if (holdNumber(state) >= asked) return []
  // the result before it, or the order, is on its way
  const detail = `${data.work_order_id} is ${state.status}, not charged`
  throw waited < WAIT_SECONDS ? new RetryLater('PT-4007', detail) : new Refusal('PT-4007', detail)
}

/** Whether nothing is held and nothing waits, whatever is asked. */
function hasEnded({ status }: State): boolean {
  return status === 'released' || status === 'expired'
}

/** Ends a hold, or a wait for one, by an act: nothing is debited. */
function release(
  state: State,
  { work_order_id, released_hold = 0, act, sequence }: RecoveryAccepted,
  at: string,
  context: Context,
): readonly ReceiptEvent[] {
  if (state.status === 'held') {
    const answer = granted(context.answers.get(`${work_order_id}/settle`))
    if (answer.entry.amount > 0) return [extended(at)]
    return [
      { type: 'hold.released', data: { at } },
      ...freed(answer, state.hold.account, work_order_id),
    ]
  }
  if (state.status !== 'pending') {
    throw new Error(`${work_order_id} is ${state.status}: hold ${released_hold} ended before`)
  }
  const { wait } = state
  const { entry } = granted(context.answers.get(`${work_order_id}/leave`))
  // Held by a process that ended before it saved: the hold is told, and ends at once by its time.
  if (entry.kind === 'hold') {
    return [...held(wait, entry, context), resolved(wait, 'resolved', at), endsAt(at)]
  }
  const { account } = wait.accepted.pins
  return [
    resolved(wait, 'closed', at, `credits released by ${act.object.requested_by}`),
    ...expired(wait, at, context, { act, sequence }),
    ...(entry.waiting > 0 ? [woken(account, work_order_id)] : []),
  ]
}

type Ask = Pick<Wait, 'accepted' | 'again'>

function holdOrWait(ask: Ask, at: string, context: Context): ReceiptEvent[] {
  const { work_order_id, pins } = ask.accepted
  const { entry } = granted(context.answers.get(`${work_order_id}/hold`))
  if (entry.kind === 'hold') return held(ask, entry, context)
  const wait: Wait = { ...ask, short_seq: entry.seq, checked_at: at, checks: 0 }
  const ticket: ReceiptEvent = {
    type: 'exception.opened',
    data: openCreditHold(ask, entry, at, context.sign),
  }
  return [
    ticket,
    { type: 'order.queued', data: wait },
    // Credits may have come between the movement and this save: look once it is saved.
    woken(pins.account, work_order_id),
  ]
}

/** It is a waiting order's turn. @throws Refusal PT-4003 */
export function onFundsArrived(
  state: State,
  { at }: Pick<ReceiptInput, 'at'>,
  context: Context,
): readonly ReceiptEvent[] {
  return state.status === 'pending' ? decideTurn(state.wait, at, context) : []
}

function decideTurn(wait: Wait, at: string, context: Context): readonly ReceiptEvent[] {
  const { accepted } = wait
  const { work_order_id, pins } = accepted
  const type = isExpired(wait, at) ? 'leave' : 'hold'
  const answer = context.answers.get(`${work_order_id}/${type}`)
  if (answer && 'declined' in answer && answer.declined === 'short') return []
  const { entry } = granted(answer)
  if (entry.kind === 'hold') {
    return [...held(wait, entry, context), resolved(wait, 'resolved', at)]
  }
  return [
    resolved(wait, 'closed', at),
    // the result before a replay stands: dispatch says that the replay ended
    ...expired(wait, at, context),
    ...(entry.waiting > 0 ? [woken(pins.account, work_order_id)] : []),
  ]
}

/** Knows whose an account is. */
export function onAgentRegistered(
  state: State,
  { data: { agent_id, account, revision } }: Message<'agent.registered'>,
): readonly ReceiptEvent[] {
  const known = state.status === 'agent' ? state : undefined
  if (known && (revision <= known.revision || account === known.account)) return []
  return [{ type: 'account.owned', data: { agent_id, account, revision } }]
}

/** Funds an account once per reference. @throws Refusal PT-4002, PT-4003, PT-4016 */
export function onFundingReceived(
  state: State,
  { data: funding }: Message<'funding.received'>,
  context: Context,
): readonly ReceiptEvent[] {
  if (!context.isDoors(funding)) {
    throw new Refusal('PT-4016', 'not signed by a key of receipt')
  }
  const fault = faultOf(funding)
  if (fault) throw new Refusal('PT-4003', fault)
  const id = settlementId(funding.account, funding.reference, 0)
  const { entry } = granted(context.answers.get(`${id}/fund`))
  const { receipt } = entry
  if (!receipt) throw new Error(`credit entry ${entry.key} holds no settlement receipt`)
  const first = receipt.object
  const differs = otherTerms(first, funding)
  if (differs.length > 0) {
    throw new Refusal(
      'PT-4002',
      `${funding.reference} funded ${funding.account} before with other ${differs.join(', ')}`,
      { firstDigest: receipt.digest },
    )
  }
  if (state.status === 'funded') return []
  return [
    { type: 'settlement-receipt.issued', data: receipt },
    ...(entry.waiting > 0 ? [woken(funding.account, id)] : []),
  ]
}

/**
 * Ends the hold by the result and issues the usage receipt.
 * @throws RetryLater PT-4001 while the hold may appear; Refusal PT-4001, PT-4004 to PT-4006
 */
export function onResultAccepted(
  state: State,
  { data, at, waited = 0 }: Message<'result.accepted'>,
  context: Context,
): readonly ReceiptEvent[] {
  const { work_order_id, result_contract } = data
  switch (state.status) {
    case 'absent':
    case 'funded':
    case 'agent':
    case 'pending': {
      const detail = `${work_order_id} has a result and no hold`
      throw waited >= WAIT_SECONDS
        ? new Refusal('PT-4001', detail)
        : new RetryLater('PT-4001', detail)
    }
    case 'released':
    case 'expired':
      throw new Refusal('PT-4004', `${work_order_id} has no hold any more (${state.status})`)
    case 'charged': {
      const { digest } = result_contract
      if (digest === state.contract_digest) return []
      throw new Refusal('PT-4005', `${work_order_id} was charged for ${state.contract_digest}`, {
        firstDigest: state.contract_digest,
      })
    }
    case 'held': {
      if (!isResultOf(state, data)) return []
      const answer = granted(context.answers.get(`${work_order_id}/settle`))
      if (answer.entry.amount !== priceOf(resultStatus(data), state.hold)) {
        throw new Refusal('PT-4004', `the hold of ${work_order_id} ended at ${answer.entry.at}`)
      }
      const issued = issueUsageReceipt(state, result_contract, answer, at, context.sign)
      return [
        { type: 'usage-receipt.issued', data: issued },
        ...freed(answer, state.hold.account, work_order_id),
      ]
    }
  }
}

/** A hold that expires, a wait that ends, or a look whether the order's turn was missed. */
export function onDue(
  state: State,
  { at }: Pick<ReceiptInput, 'at'>,
  context: Context,
): readonly ReceiptEvent[] {
  if (state.status === 'held' && at >= state.ends_at) {
    const { work_order_id, hold } = state
    const answer = granted(context.answers.get(`${work_order_id}/settle`))
    if (answer.entry.at < state.ends_at) return [extended(at)]
    return [{ type: 'hold.released', data: { at } }, ...freed(answer, hold.account, work_order_id)]
  }
  if (state.status !== 'pending') return []
  if (isExpired(state.wait, at)) return decideTurn(state.wait, at, context)
  const { accepted } = state.wait
  return [
    { type: 'order.rechecked', data: { at } },
    woken(accepted.pins.account, accepted.work_order_id),
  ]
}

/**
 * The account was debited before the hold's end, and whoever did it ended before its document was
 * saved: the result is delivered again and makes its receipt.
 */
function extended(at: string): ReceiptEvent {
  return endsAt(timePlus(at, RESULT_AGAIN_MS))
}

function endsAt(ends_at: string): ReceiptEvent {
  return { type: 'hold.extended', data: { ends_at } }
}

/** The answer of an account that moved. @throws Refusal where it cannot */
function granted(answer: Answer | undefined): { entry: Entry; last: Entry } {
  if (!answer) throw new Error('an account was not asked')
  if ('entry' in answer) return answer
  switch (answer.declined) {
    case 'overflow':
      throw new Refusal(
        'PT-4003',
        'the amount is no count of credits, or the account holds too many',
      )
    case 'uncovered':
      throw new Refusal('PT-4006', 'the account holds less than the hold that ends')
    case 'short':
      throw new Error('a hold that may wait was declined')
  }
}

function held({ accepted, again }: Ask, entry: Entry, context: Context): ReceiptEvent[] {
  const { work_order_id, pins } = accepted
  const hold = holdOf(entry)
  const replay = again ? { replay: again.terms } : {}
  if (!pins.proof_trail.includes(SETTLEMENT)) {
    return [{ type: 'credits.held', data: { accepted, hold, ...replay } }]
  }
  const settlement = context.settlements.get(work_order_id)
  if (!settlement) throw new Error(`no settlement receipt was looked up for ${work_order_id}`)
  const { link, announce } = settlement
  return [
    { type: 'credits.held', data: { accepted, hold, settlement_receipt: link, ...replay } },
    ...(announce ? [{ type: 'settlement-receipt.issued', data: link } as const] : []),
  ]
}

function expired(
  wait: Wait,
  at: string,
  { sign }: Pick<Context, 'sign'>,
  release?: Release,
): ReceiptEvent[] {
  return wait.again ? [] : [{ type: 'run.expired', data: orderExpired(wait, at, sign, release) }]
}

function resolved(
  { accepted: { work_order_id }, again }: Wait,
  status: 'resolved' | 'closed',
  resolved_at: string,
  why?: string,
): ReceiptEvent {
  const exception_id = creditHoldTicketId(work_order_id, again?.terms.hold_number ?? 0)
  const what = again ? 'replay' : 'order'
  const ending = why ?? `the ${what} expired before credits arrived`
  const resolution =
    status === 'resolved'
      ? `credits arrived and are held; the ${what} goes on`
      : `${ending}; nothing was held`
  const exception_type = 'credit_hold'
  return {
    type: 'exception.resolved',
    data: { work_order_id, exception_id, exception_type, status, resolution, resolved_at },
  }
}

/** Released credits wake the queue behind them. */
function freed(
  { entry, last }: { entry: Entry; last: Entry },
  account: string,
  cause: string,
): ReceiptEvent[] {
  return last.seq > entry.seq && last.waiting > 0 ? [woken(account, cause)] : []
}

function woken(account: string, cause: string): ReceiptEvent {
  return { type: 'queue.woken', data: { account, cause } }
}
