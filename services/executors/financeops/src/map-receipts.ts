import type { RecordDraft } from '@prooftrail/executor-sdk'
import { unmatched } from './compare.ts'
import type { FinancialRecord } from './normalize.ts'

/** Where a receipt or ledger entry belongs. */
export interface Mapping {
  record_id: string
  record_type: string
  /** The invoice it belongs to; absent where it names none. */
  maps_to?: string
  mapped_by: 'provider_reference' | 'invoice_id' | 'credit_usage' | 'nothing'
  credits_consumed?: number
}

/**
 * Maps receipts and ledger entries to invoices, by provider reference, then invoice id. A usage
 * receipt that names neither counts as credit usage of the account; a named reference that nothing
 * else has is a finding.
 */
export function mapReceipts(records: readonly FinancialRecord[]): {
  mappings: Mapping[]
  credits_consumed: number
  findings: RecordDraft[]
} {
  const invoices = records.filter(({ record_type }) => record_type === 'invoice')
  const byReference = new Map(invoices.map((one) => [one.provider_reference, one.record_id]))
  const byInvoice = new Map(invoices.map((one) => [one.invoice_id ?? one.record_id, one.record_id]))
  const findings: RecordDraft[] = []
  let credits_consumed = 0
  const receipts = records.filter(
    ({ record_type }) => record_type !== 'invoice' && record_type !== 'provider_confirmation',
  )
  const mappings = receipts.map((record): Mapping => {
    const {
      record_id,
      record_type,
      provider_reference,
      invoice_id,
      credits_consumed: used,
    } = record
    credits_consumed += used ?? 0
    const head = {
      record_id,
      record_type,
      ...(used === undefined ? {} : { credits_consumed: used }),
    }
    const referenced = provider_reference && byReference.get(provider_reference)
    if (referenced) return { ...head, maps_to: referenced, mapped_by: 'provider_reference' }
    const named = invoice_id && byInvoice.get(invoice_id)
    if (named) return { ...head, maps_to: named, mapped_by: 'invoice_id' }
    if (provider_reference || invoice_id) findings.push(unmatched(record))
    const isUsage = record_type === 'usage_receipt' && !provider_reference && !invoice_id
    return { ...head, mapped_by: isUsage ? 'credit_usage' : 'nothing' }
  })
  return { mappings, credits_consumed, findings }
}
