import { Exact, sum } from '@prooftrail/executor-sdk'
import { amountOf } from './once.ts'
import type { FinancialRecord, SetAside } from './records.ts'

/**
 * A payout with lines is its lines, while they come to its amount: as they stand, or less the fees
 * that they or the payout state. A payout whose lines come to something else is set aside.
 */
export function expandPayouts(payments: readonly FinancialRecord[]): {
  payments: FinancialRecord[]
  set_aside: SetAside[]
} {
  const expanded: FinancialRecord[] = []
  const set_aside: SetAside[] = []
  for (const payout of payments) {
    const lines = payout.lines === undefined ? [payout] : linesOf(payout, payout.lines)
    if (typeof lines !== 'string') expanded.push(...lines)
    else {
      const { record_id, record_type } = payout
      set_aside.push({ record_id, record_type, reason: lines, because: 'review' })
    }
  }
  return { payments: expanded, set_aside }
}

/** The lines as payments; or why they are none. */
function linesOf(
  payout: FinancialRecord,
  lines: readonly FinancialRecord[],
): FinancialRecord[] | string {
  const { currency = '' } = payout
  const foreign = lines.find((line) => line.currency !== currency)
  if (foreign) return `${foreign.record_id} is in ${foreign.currency}, the payout in ${currency}`
  const dated = lines.map((line) => ({
    ...line,
    ...(payout.issued_at ? { issued_at: payout.issued_at } : {}),
  }))
  const total = sum(lines.map(amountOf))
  const amount = amountOf(payout)
  if (total.eq(amount)) return dated
  const fees = sum(lines.flatMap(({ fee }) => fee ?? []))
  if (total.minus(fees).eq(amount)) {
    return dated.map((line) => ({ ...line, amount: amountOf(line).minus(line.fee ?? 0) }))
  }
  const fee = payout.fee ?? new Exact(0)
  if (fees.isZero() && total.minus(fee).eq(amount)) {
    const largest = dated.reduce((one, other) => (amountOf(other).gt(amountOf(one)) ? other : one))
    return dated.map((line) =>
      line === largest ? { ...line, fee, amount: amountOf(line).minus(fee) } : line,
    )
  }
  return `its lines come to ${total.toFixed()} ${currency}, the payout to ${amount.toFixed()}`
}
