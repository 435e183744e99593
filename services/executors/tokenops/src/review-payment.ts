import {
  type EvidenceItem,
  foldWord,
  type RuleBook,
  type StatusMeaning,
} from '@prooftrail/executor-sdk'
import { compare } from './agreement.ts'
import { finalityFaults } from './finality.ts'
import { type Payment, readPayments } from './payment.ts'
import {
  RAILS,
  saysNothing,
  transactionFault,
  transactionId,
  transactionOfUrl,
} from './references.ts'
import type { RuleId } from './rules.ts'

/** What a class is held to be unresolved for, and what could not be seen. */
export interface Review {
  faults: { about: string; detail: string }[]
  unseen: { about: string; detail: string }[]
}

const SETTLEMENT = 'settlement_reference'
const REQUEST = 'payment_request_artifact'

/** Judges settlements and requests by themselves, then against each other. Pure. */
export function reviewPayment(
  settlements: readonly EvidenceItem[],
  requests: readonly EvidenceItem[],
  words: { readonly [word: string]: StatusMeaning } | undefined,
  book: RuleBook<RuleId>,
): Review {
  const review: Review = { faults: [], unseen: [] }
  const settled = settlements.map((item) => ({ item, payments: readPayments(item) }))
  const asked = requests.map((item) => ({ item, payments: readPayments(item) }))
  for (const { item, payments } of settled) {
    const [payment] = payments
    conclude(review, book, 'finality', SETTLEMENT, item, finalityFaults(item, words))
    conclude(review, book, 'reference', SETTLEMENT, item, referenceFaults(item, payment))
    conclude(
      review,
      book,
      'readable',
      SETTLEMENT,
      item,
      payments.flatMap(({ faults }) => faults),
    )
  }
  for (const { item, payments } of asked) {
    const placeholder = saysNothing(item.reference) ? ['names nothing'] : []
    conclude(review, book, 'reference', REQUEST, item, placeholder)
    conclude(
      review,
      book,
      'readable',
      REQUEST,
      item,
      payments.flatMap(({ faults }) => faults),
    )
  }
  compareAll(review, book, settled, asked)
  return review
}

type Read = { item: EvidenceItem; payments: Payment[] }

/** Each request with the settlements that answer it. */
function compareAll(
  review: Review,
  book: RuleBook<RuleId>,
  settled: readonly Read[],
  asked: readonly Read[],
): void {
  if (settled.length === 0 || asked.length === 0) return
  const answers = new Map<Read, Payment[]>()
  for (const one of settled) {
    const named = requestNamed(one.item)
    const request =
      named === undefined
        ? asked.length === 1
          ? asked[0]
          : undefined
        : asked.find(({ item }) => isRequest(item, named))
    if (request === undefined) {
      const detail =
        named === undefined
          ? `does not say which of ${asked.length} requests it answers`
          : `answers ${named}, which is not among the requests given`
      conclude(review, book, 'request', SETTLEMENT, one.item, [detail])
    } else answers.set(request, [...(answers.get(request) ?? []), ...one.payments])
  }
  for (const [request, payments] of answers) {
    for (const { rule, outcome, detail } of compare(payments, request.payments)) {
      book.apply(rule, detail, outcome)
      if (outcome === 'differs')
        review.faults.push({ about: SETTLEMENT, detail: `${rule}: ${detail}` })
      if (outcome === 'unseen') review.unseen.push({ about: SETTLEMENT, detail })
    }
  }
  for (const request of asked) {
    if (answers.has(request) || asked.length === 1) continue
    conclude(review, book, 'request', REQUEST, request.item, ['is answered by no settlement'])
  }
}

function conclude(
  review: Review,
  book: RuleBook<RuleId>,
  rule: RuleId,
  about: string,
  { reference }: EvidenceItem,
  faults: readonly string[],
): void {
  book.apply(rule, { item: reference, found: [...faults] }, faults.length > 0 ? 'differs' : 'holds')
  for (const fault of faults) review.faults.push({ about, detail: `${reference}: ${fault}` })
}

const TRANSACTIONS = ['transaction', 'transaction_hash', 'tx_hash', 'tx', 'txid', 'signature']
const RAIL = ['rail', 'rail_mode', 'provider_type', 'settlement_provider']

/** Why the reference is none of its rail; empty when it may be one. */
function referenceFaults(item: EvidenceItem, payment: Payment | undefined): string[] {
  const { reference } = item
  if (saysNothing(reference)) return ['names nothing']
  const chain = payment?.chain?.value
  const linked = transactionOfUrl(reference)
  const named = TRANSACTIONS.flatMap((member) => {
    const value = item[member]
    return typeof value === 'string' && value !== '' ? [{ member, value }] : []
  })
  const own = linked ?? (/^0x/i.test(reference) ? reference : undefined)
  const all = [...(own === undefined ? [] : [{ member: 'reference', value: own }]), ...named]
  const faults = all.flatMap(({ member, value }) => {
    const fault = transactionFault(value, chain)
    return fault === undefined ? [] : [`${member} ${value} ${fault}`]
  })
  if (faults.length > 0) return faults
  if (new Set(all.map(({ value }) => transactionId(value))).size > 1) {
    return [`${all.map(({ member, value }) => `${member} ${value}`).join(' and ')} are two`]
  }
  if (chain !== undefined && all.length === 0) {
    const fault = transactionFault(reference, chain)
    if (fault !== undefined) return [`${fault}, and no other member names one on ${chain}`]
  }
  return RAIL.flatMap((member) => railFaults(member, item[member], reference, all.length > 0))
}

function railFaults(member: string, value: unknown, reference: string, hasHash: boolean): string[] {
  if (typeof value !== 'string' || value === '') return []
  const rail = foldWord(value)
  if (!Object.hasOwn(RAILS, rail)) return [`${member} ${value} is on no list`]
  const rule = RAILS[rail]
  if (rule === undefined || hasHash || rule.form.test(reference)) return []
  return [`is not ${rule.what}, as ${member} ${value} has it`]
}

function requestNamed(item: EvidenceItem): string | undefined {
  for (const member of [
    'payment_request',
    'request',
    'request_reference',
    'request_id',
    'invoice',
  ]) {
    const value = item[member]
    if (typeof value === 'string' && value !== '') return value
  }
  return undefined
}

function isRequest(item: EvidenceItem, name: string): boolean {
  return [item.reference, item.request_id, item.id].some((one) => one === name)
}
