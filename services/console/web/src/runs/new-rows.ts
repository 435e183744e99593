import { useQueryClient } from '@tanstack/react-query'
import { useMemo, useSyncExternalStore } from 'react'
import { changedRows, subscribeChanges } from '../data/changes.ts'
import type { RunRow, RunsAnswer } from '../data/rows.ts'
import { FILTERS, type FilterName, type RunsSearch } from './search.ts'

/**
 * Rows as they were read, brought up to date in their place; those that are new or would move are
 * counted, and come when somebody asks for them.
 */
export function useNewRows(
  pages: readonly RunsAnswer[] | undefined,
  search: RunsSearch,
): { rows: readonly RunRow[]; newer: number; takeNewer: () => void } {
  const client = useQueryClient()
  const changed = useSyncExternalStore(subscribeChanges, changedRows)
  return useMemo(() => {
    const listed = new Map<string, RunRow>()
    for (const row of (pages ?? []).flatMap(({ runs }) => runs)) {
      if (!listed.has(row.work_order_id)) listed.set(row.work_order_id, row)
    }
    const readAt = pages?.[0]?.generated_at ?? ''
    let newer = 0
    for (const row of changed.values()) {
      const known = listed.get(row.work_order_id)
      if (known) {
        if (row.changes > known.changes) listed.set(row.work_order_id, row)
      } else if (search.find === undefined && row.changed_at > readAt && fits(row, search)) {
        newer += 1
      }
    }
    const takeNewer = () => void client.resetQueries({ queryKey: ['runs'] })
    return { rows: [...listed.values()], newer, takeNewer }
  }, [pages, changed, search, client])
}

const MEMBERS: Readonly<
  Record<Exclude<FilterName, 'ticket'>, (row: RunRow) => string | undefined>
> = {
  state: (row) => row.lifecycle_state,
  waits_for: (row) => row.waits_for,
  tool: (row) => row.requested_tool,
  agent: (row) => row.agent_id,
  callback: (row) => row.callback_status,
  result: (row) => row.result_status,
  verdict: (row) => row.verdict,
  runtime: (row) => row.runtime_state,
  receipt: (row) => (row.credits_debited === undefined ? undefined : 'issued'),
}

/** Whether a row belongs into a list; of its tickets it says only whether one is open. */
function fits(row: RunRow, search: RunsSearch): boolean {
  return FILTERS.every((name) => {
    const wanted = search[name]
    if (wanted === undefined) return true
    return name === 'ticket' ? row.open_exceptions > 0 : MEMBERS[name](row) === wanted
  })
}
