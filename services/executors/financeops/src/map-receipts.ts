import { Exact, type Money, sum } from '@prooftrail/executor-sdk'
import type { Account, Accounts } from './accounts.ts'
import type { Book, Settled } from './book.ts'
import { duplicateOf, leftOf } from './findings.ts'
import { amountOf, dropRepeats } from './once.ts'
import { namesOf } from './part.ts'
import type { FinancialRecord } from './records.ts'
import { add } from './references.ts'
import type { Scope } from './scope.ts'

/** Where a receipt or ledger entry belongs. */
export interface Mapping {
  record_id: string
  record_type: string
  /** The invoice it belongs to; absent where it names none. */
  maps_to?: string
  mapped_by: 'provider_reference' | 'invoice_id' | 'credit_usage' | 'nothing'
  credits_consumed?: string | number
}

/**
 * Maps receipts and ledger entries to invoices, by invoice id, then provider reference, and compares
 * settlement receipts and ledger entries with what the invoice came to. A usage receipt that names
 * neither counts as credit usage of the account; a named reference that nothing else has is a finding.
 */
export function mapReceipts(
  receipts: readonly FinancialRecord[],
  accounts: Accounts,
  scope: Scope,
  book: Book,
  reasonOf: (record: FinancialRecord) => string | undefined,
): { mappings: Mapping[]; credits_consumed: string | number } {
  const groups = new Map<string, { accounts: readonly Account[]; records: FinancialRecord[] }>()
  const usage: Money[] = []
  const mappings = receipts.map((record): Mapping => {
    const { record_id, record_type, provider_reference, invoice_id, credits_consumed } = record
    if (credits_consumed) usage.push(credits_consumed)
    const head = {
      ...{ record_id, record_type },
      ...(credits_consumed ? { credits_consumed: numberOf(credits_consumed) } : {}),
    }
    const named = accounts.byInvoice(invoice_id)
    const under = named
      ? [named.account]
      : (accounts.byReference(provider_reference)?.accounts ?? [])
    const [first] = under
    if (first) {
      if (record_type !== 'usage_receipt' && record.amount !== undefined) {
        const { side = '' } = record
        const key = JSON.stringify([record_type, side, named ? first.key : [provider_reference]])
        const group = groups.get(key) ?? { accounts: under, records: [] }
        group.records.push(record)
        groups.set(key, group)
      }
      const maps_to = first.invoices[0]?.record_id ?? first.key
      return { ...head, maps_to, mapped_by: named ? 'invoice_id' : 'provider_reference' }
    }
    const names = invoice_id ?? provider_reference
    if (names !== undefined) {
      const reason = reasonOf(record) ?? `nothing else is under ${names}`
      book.findings.push(leftOf({ record, reason }))
      book.rules.apply('F-22', { record: record_id }, reason)
    }
    const isUsage = record_type === 'usage_receipt' && names === undefined
    return { ...head, mapped_by: isUsage ? 'credit_usage' : 'nothing' }
  })
  for (const group of groups.values()) compareEntries(group.records, group.accounts, scope, book)
  const total = sum(usage)
  if (usage.length > 0) {
    book.rules.apply('F-24', { receipts: usage.length }, `${total.toFixed()} credits`)
  }
  return { mappings, credits_consumed: numberOf(total) }
}

/** A number while JSON carries it exactly, else its digits. */
function numberOf(amount: Money): number | string {
  return amount.precision(true) <= 15 ? amount.toNumber() : amount.toFixed()
}

/** The entries of one kind and side against what their invoices came to: F-23. */
function compareEntries(
  records: readonly FinancialRecord[],
  accounts: readonly Account[],
  scope: Scope,
  book: Book,
): void {
  const settled = accounts.flatMap((account) => book.settled.get(account) ?? [])
  if (settled.length === 0) return
  const currencies = new Map<string, Settled[]>()
  for (const one of settled) add(currencies, one.currency, one)
  const byCurrency = new Map<string, FinancialRecord[]>()
  for (const record of records) add(byCurrency, record.currency ?? '', record)
  const about = accounts.length > 1 ? `${accounts.length} invoices` : `invoice ${accounts[0]?.key}`
  for (const [currency, own] of byCurrency) {
    const known = currencies.get(currency)
    if (known) compareAmounts(own, known, about, scope, book)
    else if (scope.check_currency) {
      const asked = [...currencies].map(([other, of]) => `${totalAsked(of)} ${other}`).join(', ')
      const stated = `${sum(own.map(amountOf)).toFixed()} ${currency}`
      tell(
        own,
        `${stated}, ${about} asks for ${asked}; amounts are not compared across currencies`,
        book,
      )
    }
  }
}

function compareAmounts(
  records: readonly FinancialRecord[],
  settled: readonly Settled[],
  about: string,
  scope: Scope,
  book: Book,
): void {
  if (!scope.check_amounts) return
  const [{ currency, expected, received, gross } = settledAsNothing] = settled
  const asked = totalAsked(settled)
  const isTogether = settled.length > 1 || expected.eq(asked)
  const options = isTogether ? [asked, received, gross] : [asked]
  const most = options.reduce((one, other) => (other.abs().gt(one.abs()) ? other : one))
  const { kept, twice } = dropRepeats(most, scope.tolerance, records)
  for (const repeat of twice) {
    book.findings.push(duplicateOf(repeat))
    book.rules.apply('F-12', { record: repeat.record.record_id }, 'said again')
  }
  const total = sum(kept.map(amountOf))
  const agrees = options.some((option) => option.minus(total).abs().lte(scope.tolerance))
  if (agrees) {
    book.rules.apply('F-23', { records: namesOf(kept), amount: total.toFixed() }, 'agrees')
    return
  }
  const confirmed = isTogether ? `, ${received.toFixed()} ${currency} are confirmed` : ''
  tell(
    kept,
    `${total.toFixed()} ${currency}, ${about} asks for ${asked} ${currency}${confirmed}`,
    book,
  )
}

const zero = new Exact(0)
const settledAsNothing: Settled = {
  ...{ currency: '', asked: zero, expected: zero, received: zero, gross: zero },
}

function totalAsked(settled: readonly Settled[]): Money {
  return sum(settled.map(({ asked }) => asked))
}

function tell(records: readonly FinancialRecord[], text: string, book: Book): void {
  const [first] = records
  const names = namesOf(records)
  book.findings.push({
    exception_type: 'amount_mismatch',
    status: 'waiting_on_operator',
    summary: `${first?.record_type} ${names}: ${text}`,
    missing_items: records.slice(0, 50).map(({ record_id }) => record_id),
    next_action: 'review_entry',
  })
  book.rules.apply('F-23', { records: names }, text)
}
