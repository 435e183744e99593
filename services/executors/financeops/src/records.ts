import type { Time } from '@prooftrail/executor-sdk'
import { type Command, givenItems, judgeItem, type Money } from '@prooftrail/executor-sdk'
import { readRow } from './read-row.ts'

/**
 * All records of an order in one shape, and in one order whatever order they were given in.
 * N1 An amount is a decimal, exactly as written; no float is ever made of it.
 * N2 A record that cannot be read in this shape is set aside by name, never guessed at.
 */

/** One record, whatever it was called where it came from. */
export interface FinancialRecord {
  record_id: string
  record_type: RecordType
  /** Absent for records that state none. Negative: a credit note, a refund, a chargeback. */
  amount?: Money
  /** What the provider kept, in the same currency. */
  fee?: Money
  /** Currency or asset, upper case; amounts of two are never compared or added. */
  currency?: string
  counterparty?: string
  /** Who moved the money; never the counterparty. */
  provider?: string
  provider_reference?: string
  invoice_id?: string
  /** All of several invoices that one payment names. */
  invoice_ids?: string[]
  /** The invoice that a credit note belongs to. */
  applies_to?: string
  /** What the provider calls the event; the same event is one record. */
  event_id?: string
  issued_at?: Time
  credits_consumed?: Money
  /** Of a ledger entry: debits and credits are booked apart. */
  side?: 'debit' | 'credit'
  /** A payment that its own status calls refunded or disputed. */
  taken_back?: 'refunded' | 'disputed'
  isChargeback?: true
  /** It has no record id of its own: the name is its place, and tells nothing apart. */
  isUnnamed?: true
  /** It is a line of a payout. */
  isLine?: true
  /** What a payout consists of. */
  lines?: FinancialRecord[]
}

export type RecordType =
  | 'invoice'
  | 'provider_confirmation'
  | 'settlement_receipt'
  | 'usage_receipt'
  | 'ledger_entry'

/** A record that is not compared, and why. */
export interface SetAside {
  record_id: string
  record_type: RecordType
  reason: string
  /** settled: its status says so, and nobody need look; review: a person has to. */
  because: 'settled' | 'review'
  invoice_id?: string
  provider_reference?: string
}

export interface Source {
  evidence_class: string
  type: RecordType
  /** The members that may hold a record's amount; the first that is there does. */
  amounts: readonly string[]
}

export const SOURCES: readonly Source[] = [
  {
    evidence_class: 'invoice_record',
    type: 'invoice',
    amounts: ['expected_amount', 'amount_expected', 'amount'],
  },
  {
    evidence_class: 'provider_confirmation',
    type: 'provider_confirmation',
    amounts: ['received_amount', 'amount_received', 'confirmed_amount', 'amount'],
  },
  { evidence_class: 'settlement_receipt', type: 'settlement_receipt', amounts: ['amount'] },
  { evidence_class: 'usage_receipt', type: 'usage_receipt', amounts: ['amount'] },
  { evidence_class: 'ledger_entry', type: 'ledger_entry', amounts: ['amount'] },
]

export interface Normalized {
  records: FinancialRecord[]
  set_aside: SetAside[]
}

/** Records by type and record id, and what is not compared. */
export function normalize(command: Command): Normalized {
  const records: FinancialRecord[] = []
  const set_aside: SetAside[] = []
  const now = Date.parse(command.issued_at)
  for (const source of SOURCES) {
    const { type: record_type } = source
    for (const item of givenItems(command.evidence, source.evidence_class)) {
      const rows = item.records
      const judged = Array.isArray(rows)
        ? judgeItem(item, { usable_statuses: ['done', 'open'] }, command.issued_at)
        : undefined
      if (judged && judged.state !== 'present') {
        const reason = `as a whole it ${judged.detail}`
        set_aside.push({ record_id: item.reference, record_type, reason, because: 'review' })
        continue
      }
      const all: unknown[] = Array.isArray(rows) ? rows : [item]
      all.forEach((row, at) => {
        const name = all.length === 1 ? item.reference : `${item.reference}#${at + 1}`
        const read = readRow(row, name, source, now)
        if ('record' in read) records.push(read.record)
        else set_aside.push(read.set_aside)
      })
    }
  }
  return {
    records: sorted(records, (record) => JSON.stringify(showRecord(record))),
    set_aside: sorted(set_aside, ({ reason }) => reason),
  }
}

const PLACE = new Map(SOURCES.map(({ type }, at) => [type, at]))

function sorted<T extends { record_id: string; record_type: RecordType }>(
  things: readonly T[],
  rest: (thing: T) => string,
): T[] {
  const place = ({ record_type }: T) => PLACE.get(record_type) ?? 0
  return [...things].sort(
    (a, b) => place(a) - place(b) || order(a.record_id, b.record_id) || order(rest(a), rest(b)),
  )
}

function order(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

/** A record as the result shows it: amounts as decimal strings, times as they were written. */
export function showRecord(record: FinancialRecord): { [member: string]: string | string[] } {
  const { amount, fee, credits_consumed, issued_at, lines, ...others } = record
  const { isChargeback, isUnnamed: _, isLine: __, ...rest } = others
  return {
    ...rest,
    ...(amount ? { amount: amount.toFixed() } : {}),
    ...(fee ? { fee: fee.toFixed() } : {}),
    ...(credits_consumed ? { credits_consumed: credits_consumed.toFixed() } : {}),
    ...(issued_at ? { issued_at: issued_at.text } : {}),
    ...(isChargeback ? { kind: 'chargeback' } : {}),
    ...(lines ? { lines: lines.map(({ record_id }) => record_id) } : {}),
  }
}
