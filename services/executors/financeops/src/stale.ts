import type { RecordDraft } from '@prooftrail/executor-sdk'
import type { FinancialRecord } from './normalize.ts'

const DAY = 86_400_000

/** Records older than the scope allows, against the command's time; none where it says nothing. */
export function findStale(
  records: readonly FinancialRecord[],
  days: number | undefined,
  now: string,
): RecordDraft[] {
  if (days === undefined) return []
  const oldest = Date.parse(now) - days * DAY
  return records
    .filter(({ issued_at }) => issued_at !== undefined && Date.parse(issued_at) < oldest)
    .map(({ record_id, record_type, issued_at }) => ({
      exception_type: 'stale_record',
      status: 'waiting_on_agent',
      summary: `${record_type} ${record_id} is of ${issued_at}, older than ${days} days`,
      missing_items: [record_id],
      next_action: 'replace_record',
    }))
}
