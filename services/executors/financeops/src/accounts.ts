import type { FinancialRecord } from './records.ts'
import { type Index, looseFold, openIndex } from './references.ts'

/** How a confirmation, receipt or entry was found to belong to an invoice. */
export type Step = 'lines' | 'invoice_id' | 'record_id' | 'provider_reference' | 'set'

/** One bill as it is to be paid: the invoice, and the credit notes that are netted with it. */
export interface Account {
  key: string
  invoices: FinancialRecord[]
  /** What names it, directly or by its reference. */
  payments: FinancialRecord[]
  steps: Set<Step | 'spelling'>
  references: Set<string>
}

/** All bills, and how they are found. */
export interface Accounts {
  all: Account[]
  /** By invoice id, then by the record id of an invoice or credit note. */
  byInvoice(name: string | undefined): Found | undefined
  byReference(
    name: string | undefined,
  ): { accounts: readonly Account[]; isExact: boolean } | undefined
  /** An invoice that is spelled alike but for punctuation and leading zeros. */
  alike(name: string): string | undefined
}

export interface Found {
  account: Account
  step: 'invoice_id' | 'record_id'
  isExact: boolean
}

/**
 * Opens an account per invoice. A credit note joins the invoice that it names (`applies_to`,
 * invoice id, record id), or the only one under its provider reference; else it stands alone.
 */
export function openAccounts(invoices: readonly FinancialRecord[]): Accounts {
  const all: Account[] = []
  const byId = openIndex<Account>()
  const byRecord = openIndex<Account>()
  const byReference = openIndex<Account>()
  const loose = new Map<string, string>()
  const open = (key: string, invoice: FinancialRecord) => {
    const account: Account = {
      key,
      invoices: [],
      payments: [],
      steps: new Set(),
      references: new Set(),
    }
    all.push(account)
    byId.put(key, account)
    loose.set(looseFold(key), key)
    join(account, invoice)
  }
  const join = (account: Account, invoice: FinancialRecord) => {
    account.invoices.push(invoice)
    byRecord.put(invoice.record_id, account)
    const { provider_reference } = invoice
    if (provider_reference === undefined || account.references.has(provider_reference)) return
    account.references.add(provider_reference)
    byReference.put(provider_reference, account)
  }
  const bills = invoices.filter((invoice) => !isCredit(invoice))
  const credits = invoices.filter(isCredit)
  for (const invoice of bills) {
    const key = invoice.invoice_id ?? invoice.record_id
    const [account] = byId.at(key)
    if (account) join(account, invoice)
    else open(key, invoice)
  }
  const found = (name: string | undefined) => findOne(byId, byRecord, name)
  // every note is looked up among the bills alone, so that their order does not matter
  const targets = credits.map(({ applies_to, invoice_id, provider_reference, record_id }) => {
    const named = found(applies_to) ?? found(invoice_id) ?? found(record_id)
    const [only, another] = byReference.find(provider_reference)?.things ?? []
    return named?.account ?? (another === undefined ? only : undefined)
  })
  credits.forEach((credit, at) => {
    const key = credit.applies_to ?? credit.invoice_id ?? credit.record_id
    const [alone] = byId.at(key)
    const target = targets[at] ?? alone
    if (target) join(target, credit)
    else open(key, credit)
  })
  return {
    all,
    byInvoice: found,
    byReference: (name) => {
      const known = byReference.find(name)
      return known && { accounts: known.things, isExact: known.isExact }
    },
    alike: (name) => loose.get(looseFold(name)),
  }
}

export function isCredit({ amount }: FinancialRecord): boolean {
  return amount?.isNegative() === true && !amount.isZero()
}

function findOne(
  byId: Index<Account>,
  byRecord: Index<Account>,
  name: string | undefined,
): Found | undefined {
  if (name === undefined) return undefined
  const [named] = byId.at(name)
  if (named) return { account: named, step: 'invoice_id', isExact: true }
  const [recorded] = byRecord.at(name)
  if (recorded) return { account: recorded, step: 'record_id', isExact: true }
  const [alike] = byId.find(name)?.things ?? []
  if (alike) return { account: alike, step: 'invoice_id', isExact: false }
  const [other] = byRecord.find(name)?.things ?? []
  return other && { account: other, step: 'record_id', isExact: false }
}
