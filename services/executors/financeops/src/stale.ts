import { isOlderThan, type RecordDraft } from '@prooftrail/executor-sdk'
import type { FinancialRecord } from './records.ts'

/** Records older than the scope allows, against the command's time; none where it says nothing. */
export function findStale(
  records: readonly FinancialRecord[],
  days: number | undefined,
  now: string,
): RecordDraft[] {
  if (days === undefined) return []
  const at = Date.parse(now)
  return records.flatMap(({ record_id, record_type, issued_at, isLine }): RecordDraft[] => {
    if (issued_at === undefined || isLine || !isOlderThan(issued_at, days, at)) return []
    return [
      {
        exception_type: 'stale_record',
        status: 'waiting_on_agent',
        summary: `${record_type} ${record_id} is of ${issued_at.text}, older than ${days} days`,
        missing_items: [record_id],
        next_action: 'replace_record',
      },
    ]
  })
}
