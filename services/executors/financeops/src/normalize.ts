import { type Command, givenItems, type RecordDraft } from '@prooftrail/executor-sdk'
import { Decimal } from 'decimal.js'

/**
 * All records of an order in one shape.
 * N1 An amount is a decimal, exactly as written; no float is ever made of it.
 * N2 A record that cannot be read in this shape is set aside by name, never guessed at.
 */

export type Money = InstanceType<typeof Decimal>

/** Exact for every amount that an order can hold. */
export const Exact = Decimal.clone({ precision: 100, toExpNeg: -100, toExpPos: 100 })

/** One record, whatever it was called where it came from. */
export interface FinancialRecord {
  record_id: string
  record_type: RecordType
  /** Absent for records that state none. */
  amount?: Money
  /** What the provider kept, in the same currency. */
  fee?: Money
  /** Currency or asset, upper case; amounts of two are never compared or added. */
  currency?: string
  counterparty?: string
  provider_reference?: string
  invoice_id?: string
  issued_at?: string
  credits_consumed?: number
}

export type RecordType =
  | 'invoice'
  | 'provider_confirmation'
  | 'settlement_receipt'
  | 'usage_receipt'
  | 'ledger_entry'

/** The class of evidence, and the members that may hold a record's amount. */
const SOURCES: Record<string, { type: RecordType; amounts: readonly string[] }> = {
  invoice_record: { type: 'invoice', amounts: ['expected_amount', 'amount_expected', 'amount'] },
  provider_confirmation: {
    type: 'provider_confirmation',
    amounts: ['received_amount', 'amount_received', 'confirmed_amount', 'amount'],
  },
  settlement_receipt: { type: 'settlement_receipt', amounts: ['amount'] },
  usage_receipt: { type: 'usage_receipt', amounts: ['amount'] },
  ledger_entry: { type: 'ledger_entry', amounts: ['amount'] },
}

const DECIMAL = /^-?\d{1,40}(\.\d{1,40})?$/

/** Records by type, in the order's order, and what could not be read. */
export function normalize(command: Command): {
  records: FinancialRecord[]
  findings: RecordDraft[]
} {
  const records: FinancialRecord[] = []
  const findings: RecordDraft[] = []
  for (const [evidenceClass, { type, amounts }] of Object.entries(SOURCES)) {
    for (const item of givenItems(command.evidence, evidenceClass)) {
      const rows = rowsOf(item)
      rows.forEach((row, at) => {
        const name = rows.length === 1 ? item.reference : `${item.reference}#${at + 1}`
        const { record, faults } = readRecord(row, name, type, amounts)
        if (faults.length === 0) records.push(record)
        else findings.push(unreadable(record, faults))
      })
    }
  }
  return { records, findings }
}

/** An item is a record itself, or holds many in `records`. */
function rowsOf(item: { [member: string]: unknown }): { [member: string]: unknown }[] {
  if (!Array.isArray(item.records)) return [item]
  const rows: unknown[] = item.records
  return rows.map((row) => ({
    ...(typeof row === 'object' && row !== null ? Object.fromEntries(Object.entries(row)) : {}),
  }))
}

function readRecord(
  row: { [member: string]: unknown },
  name: string,
  record_type: RecordType,
  amounts: readonly string[],
): { record: FinancialRecord; faults: string[] } {
  const faults: string[] = []
  const text = (member: string) => {
    const value = row[member]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const money = (member: string | undefined) => {
    const value = member === undefined ? undefined : row[member]
    if (value === undefined) return undefined
    if ((typeof value === 'string' || typeof value === 'number') && DECIMAL.test(String(value))) {
      return new Exact(value)
    }
    faults.push(`${member} is no decimal amount`)
    return undefined
  }
  const amount = money(amounts.find((member) => row[member] !== undefined))
  const fee = money('fee')
  const currency = (text('currency') ?? text('asset'))?.toUpperCase()
  const needsMoney = record_type === 'invoice' || record_type === 'provider_confirmation'
  if (needsMoney && amount === undefined && faults.length === 0) faults.push('it states no amount')
  if (needsMoney && currency === undefined) faults.push('it states no currency or asset')
  const counterparty = text('counterparty') ?? text('provider')
  const provider_reference = text('provider_reference')
  const invoice_id = text('invoice_id')
  const issued_at = text('issued_at')
  const credits = row.credits_consumed
  const record: FinancialRecord = {
    record_id: text('record_id') ?? name,
    record_type,
    ...(amount ? { amount } : {}),
    ...(fee ? { fee } : {}),
    ...(currency ? { currency } : {}),
    ...(counterparty ? { counterparty } : {}),
    ...(provider_reference ? { provider_reference } : {}),
    ...(invoice_id ? { invoice_id } : {}),
    ...(issued_at ? { issued_at } : {}),
    ...(typeof credits === 'number' ? { credits_consumed: credits } : {}),
  }
  return { record, faults }
}

function unreadable({ record_id, record_type }: FinancialRecord, faults: string[]): RecordDraft {
  return {
    exception_type: 'needs_operator_review',
    status: 'waiting_on_operator',
    summary: `${record_type} ${record_id} cannot be compared: ${faults.join(', ')}`,
    missing_items: [record_id],
    next_action: 'correct_record',
  }
}

/** A record as the result shows it: amounts as decimal strings. */
export function showRecord(record: FinancialRecord): { [member: string]: string | number } {
  const { amount, fee, ...rest } = record
  return {
    ...rest,
    ...(amount ? { amount: amount.toFixed() } : {}),
    ...(fee ? { fee: fee.toFixed() } : {}),
  }
}
