import type { FinancialRecord } from './normalize.ts'

/** What an invoice takes, and by which of its references. */
export interface Taken {
  found: FinancialRecord[]
  matched_by: 'provider_reference' | 'invoice_id' | 'nothing'
}

/**
 * Confirmations until an invoice takes them, each once: those under its provider reference that
 * name no other invoice; where there are none, those that name the invoice. What one invoice took
 * is off the shelf, so all invoices together look at each record a few times, whatever it says.
 */
export function openShelf(
  confirmations: readonly FinancialRecord[],
): (invoice: FinancialRecord) => Taken {
  const place = new Map(confirmations.map((record, at) => [record, at]))
  const byReference = new Map<string, FinancialRecord[]>()
  const byBoth = new Map<string, FinancialRecord[]>()
  const byInvoice = new Map<string, FinancialRecord[]>()
  for (const record of confirmations) {
    const { provider_reference, invoice_id } = record
    if (provider_reference !== undefined) {
      put(byReference, provider_reference, record)
      put(byBoth, bothOf(provider_reference, invoice_id), record)
    }
    if (invoice_id !== undefined) put(byInvoice, invoice_id, record)
  }
  const take = (groups: Map<string, FinancialRecord[]>, key: string) => {
    const group = (groups.get(key) ?? []).filter((record) => place.has(record))
    groups.delete(key)
    return group
  }
  const order = (record: FinancialRecord) => place.get(record) ?? 0
  const referenced = ({ provider_reference, invoice_id }: FinancialRecord) => {
    if (provider_reference === undefined) return []
    if (invoice_id === undefined) return take(byReference, provider_reference)
    return [
      ...take(byBoth, bothOf(provider_reference, invoice_id)),
      ...take(byBoth, bothOf(provider_reference, undefined)),
    ].sort((a, b) => order(a) - order(b))
  }
  return (invoice) => {
    const first = referenced(invoice)
    const found =
      first.length > 0 ? first : take(byInvoice, invoice.invoice_id ?? invoice.record_id)
    for (const record of found) place.delete(record)
    if (first.length > 0) return { found, matched_by: 'provider_reference' }
    return { found, matched_by: found.length > 0 ? 'invoice_id' : 'nothing' }
  }
}

function bothOf(provider_reference: string, invoice_id: string | undefined): string {
  return JSON.stringify([provider_reference, invoice_id ?? null])
}

function put(groups: Map<string, FinancialRecord[]>, key: string, record: FinancialRecord): void {
  const group = groups.get(key)
  if (group) group.push(record)
  else groups.set(key, [record])
}
