import {
  foldWord,
  judgeTimes,
  KNOWN_WORDS,
  type Money,
  readAmount,
  readStanding,
  readTime,
  type StatusMeaning,
} from '@prooftrail/executor-sdk'
import type { FinancialRecord, SetAside, Source } from './records.ts'

type Row = { [member: string]: unknown }
type Read = { record: FinancialRecord } | { set_aside: SetAside }

/** Words for the status of a record, beside the SDK's list. */
const WORDS: { readonly [word: string]: StatusMeaning } = {
  'credits funded': 'done',
  funded: 'done',
  consumed: 'done',
  uncollectible: 'void',
}

const REFUNDED = new Set(['refunded', 'partially refunded', 'partly refunded'].map(foldWord))
const REFUNDS = new Set(['refund', 'reversal', 'payment refund'].map(foldWord))
const CHARGEBACKS = new Set(['chargeback', 'dispute', 'payment dispute'].map(foldWord))
const CREDIT_NOTES = new Set(['credit note', 'credit memo', 'credit'].map(foldWord))

/** One row as a record; or set aside, with every reason. */
export function readRow(value: unknown, name: string, source: Source, now: number): Read {
  const row: Row = isRow(value) ? value : {}
  const faults: string[] = []
  const record = shapeOf(row, name, source, faults)
  const { record_id, record_type, invoice_id, provider_reference } = record
  const aside = (because: SetAside['because'], reason: string): Read => ({
    set_aside: {
      ...{ record_id, record_type, reason, because },
      ...(invoice_id === undefined ? {} : { invoice_id }),
      ...(provider_reference === undefined ? {} : { provider_reference }),
    },
  })
  const quiet = judgeStanding(row, record, faults)
  const judged = judgeTimes(row, undefined, now)
  if (judged.state !== 'present') faults.push(`it ${judged.detail}`)
  if (faults.length > 0) return aside('review', faults.join(', '))
  if (quiet !== undefined) return aside('settled', quiet)
  const issued = row.issued_at === undefined ? undefined : readTime(row.issued_at)
  return { record: issued && 'time' in issued ? { ...record, issued_at: issued.time } : record }
}

/**
 * What the record says of its standing. A reason to set it aside without a person's eye, or a
 * fault; a payment that was taken back stays, marked, because another record may take it back.
 */
function judgeStanding(row: Row, record: FinancialRecord, faults: string[]): string | undefined {
  const standing = readStanding(row, WORDS)
  if (standing.meaning === 'unsaid' || standing.meaning === 'done') return undefined
  const isPayment = record.record_type === 'provider_confirmation'
  const isRefunded =
    standing.said.startsWith('refunded ') ||
    (typeof row.status === 'string' && REFUNDED.has(foldWord(row.status)))
  const takes = record.amount?.isNegative() === true
  if (isPayment && (isRefunded || standing.meaning === 'disputed')) {
    // a refund that is called refunded has happened, as refunds do
    if (!isRefunded) record.taken_back = 'disputed'
    else if (!takes) record.taken_back = 'refunded'
    return undefined
  }
  switch (standing.meaning) {
    case 'open':
      return record.record_type === 'invoice' ? undefined : `it is open (${standing.said})`
    case 'void':
    case 'superseded':
    case 'failed':
      return `it is ${standing.meaning} (${standing.said})`
    case 'disputed':
      if (record.record_type === 'invoice') record.taken_back = 'disputed'
      else faults.push(`it is disputed (${standing.said})`)
      return undefined
    case 'unresolved':
      faults.push(`it is unresolved (${standing.said})`)
      return undefined
    case 'unknown':
      faults.push(`its ${standing.said} is on no list (known are ${KNOWN_WORDS}; …)`)
      return undefined
  }
}

function shapeOf(row: Row, name: string, source: Source, faults: string[]): FinancialRecord {
  const text = (member: string) => textOf(row[member])
  const money = (member: string | undefined) => moneyOf(row, member, faults)
  const kind = kindOf(text('kind') ?? text('type') ?? text('record_type'))
  const stated = money(
    source.amounts.find((member) => row[member] !== undefined && row[member] !== null),
  )
  const isChargeback = CHARGEBACKS.has(kind)
  const isPayment = source.type === 'provider_confirmation'
  const takes = isPayment ? isChargeback || REFUNDS.has(kind) : CREDIT_NOTES.has(kind)
  const amount = takes && stated?.isPositive() && !stated.isZero() ? stated.negated() : stated
  const currency = (text('currency') ?? text('asset'))?.normalize('NFKC').trim().toUpperCase()
  const needsMoney = source.type === 'invoice' || isPayment
  if (needsMoney && amount === undefined && faults.length === 0) faults.push('it states no amount')
  const needsCurrency = needsMoney || (amount !== undefined && source.type !== 'usage_receipt')
  if (needsCurrency && currency === undefined) faults.push('it states no currency or asset')
  const record_id = text('record_id') ?? name
  const record: FinancialRecord = { record_id, record_type: source.type }
  const side = sideOf(text('side') ?? text('direction'))
  const credits = source.type === 'usage_receipt' ? money('credits_consumed') : undefined
  const fee = money('fee')
  const lines = isPayment ? linesOf(row.lines, record_id, currency, faults) : undefined
  const ids = Array.isArray(row.invoice_ids)
    ? row.invoice_ids.flatMap((id) => textOf(id) ?? [])
    : []
  return Object.assign(
    record,
    present({
      ...{ amount, fee, currency, side, lines, credits_consumed: credits },
      counterparty: text('counterparty'),
      provider: text('provider'),
      provider_reference: text('provider_reference'),
      invoice_id: text('invoice_id') ?? (ids.length === 1 ? ids[0] : undefined),
      invoice_ids: ids.length > 1 ? [...new Set(ids)].sort() : undefined,
      applies_to: text('applies_to') ?? text('original_invoice_id') ?? text('credit_note_for'),
      event_id: text('event_id') ?? text('transaction_id'),
      isChargeback: isPayment && isChargeback ? (true as const) : undefined,
      isUnnamed: text('record_id') === undefined ? (true as const) : undefined,
    }),
  )
}

/** The lines of a payout as records of their own; each names what it pays. */
function linesOf(
  value: unknown,
  payout: string,
  currency: string | undefined,
  faults: string[],
): FinancialRecord[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined
  const lines: unknown[] = value
  return lines.map((line, at) => {
    const row: Row = isRow(line) ? line : {}
    const record_id = `${payout}#${at + 1}`
    const own: string[] = []
    const amount = moneyOf(row, row.amount === undefined ? 'received_amount' : 'amount', own)
    if (amount === undefined && own.length === 0) own.push('it states no amount')
    if (readStanding(row, WORDS).meaning !== 'unsaid') own.push('it has a status of its own')
    faults.push(...own.map((fault) => `line ${at + 1}: ${fault}`))
    return Object.assign(
      { record_id, record_type: 'provider_confirmation' as const, isLine: true as const },
      present({
        ...{ amount, fee: moneyOf(row, 'fee', faults) },
        currency: textOf(row.currency)?.toUpperCase() ?? currency,
        invoice_id: textOf(row.invoice_id),
        provider_reference: textOf(row.provider_reference),
        counterparty: textOf(row.counterparty),
      }),
    )
  })
}

function moneyOf(row: Row, member: string | undefined, faults: string[]): Money | undefined {
  const value = member === undefined ? undefined : row[member]
  if (value === undefined || value === null || value === '') return undefined
  const read = readAmount(value)
  if ('amount' in read) return read.amount
  faults.push(`${member} ${JSON.stringify(value)} is no amount: ${read.reason}`)
  return undefined
}

/** Text, or a whole number that stands for one, as exports of tables have it. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value)
  return typeof value === 'string' && /\S/.test(value) ? value : undefined
}

const kinds = new Map<string, string>()
const MAX_KINDS = 1_000

/** Records by the thousand are of a few kinds: each word is folded once. */
function kindOf(text = ''): string {
  const known = kinds.get(text)
  if (known !== undefined) return known
  if (kinds.size >= MAX_KINDS) kinds.clear()
  const folded = foldWord(text)
  kinds.set(text, folded)
  return folded
}

function sideOf(text: string | undefined): 'debit' | 'credit' | undefined {
  if (text === undefined) return undefined
  const folded = foldWord(text)
  if (folded === 'debit' || folded === 'dr') return 'debit'
  return folded === 'credit' || folded === 'cr' ? 'credit' : undefined
}

/** The members that are there. */
function present<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  for (const name in members) if (members[name] === undefined) delete members[name]
  // cleared just now: what is left has its own type without undefined
  return members as { [K in keyof T]?: Exclude<T[K], undefined> }
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null
}
