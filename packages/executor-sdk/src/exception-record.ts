import type { ExecutionCommand, Json } from '@prooftrail/contracts'
import { ticketId } from '@prooftrail/trail'

/** A finding of a tool's own kind: not a ticket of the run, but a line in its result. */
export interface RecordDraft {
  exception_type: string
  status: 'open' | 'waiting_on_agent' | 'waiting_on_operator' | 'resolved' | 'closed'
  summary: string
  /** Evidence classes or record ids that the finding is about. */
  missing_items?: string[]
  next_action: string
  /** Members of the tool's own. */
  details?: { [member: string]: Json }
}

/**
 * Findings as `<tool>_exception_record` objects, shaped alike for every tool. Ids are derived from
 * the work order, the type, and the place among those of one type.
 */
export function exceptionRecords(
  command: ExecutionCommand,
  drafts: readonly RecordDraft[],
): { [member: string]: Json }[] {
  const counts = new Map<string, number>()
  return drafts.map(({ details, missing_items, ...draft }) => {
    const n = counts.get(draft.exception_type) ?? 0
    counts.set(draft.exception_type, n + 1)
    return {
      object_type: `${command.requested_tool}_exception_record`,
      exception_id: ticketId(command.work_order_id, draft.exception_type, n),
      requested_tool: command.requested_tool,
      ...draft,
      ...(missing_items ? { missing_items } : {}),
      safe_to_replay: true,
      ...details,
    }
  })
}
