/** Rows that changed since the page was opened: a bounded buffer outside of what is drawn. */
import type { RunRow } from './rows.ts'

/** More runs than anybody reads; the oldest of them is forgotten first. */
const MAX_ROWS = 5_000

let rows: ReadonlyMap<string, RunRow> = new Map()
let pending: RunRow[] = []
let frame: number | undefined
const listeners = new Set<() => void>()

export function subscribeChanges(tell: () => void): () => void {
  listeners.add(tell)
  return () => void listeners.delete(tell)
}

/** The newest row of each run that changed. */
export function changedRows(): ReadonlyMap<string, RunRow> {
  return rows
}

/** Takes rows as they come; whoever draws is told once a frame. */
export function addChanges(more: readonly RunRow[]): void {
  pending.push(...more)
  if (frame === undefined) frame = requestAnimationFrame(flush)
}

function flush(): void {
  frame = undefined
  const next = new Map(rows)
  for (const row of pending) {
    const known = next.get(row.work_order_id)
    if (known && known.changes >= row.changes) continue
    next.delete(row.work_order_id)
    next.set(row.work_order_id, row)
  }
  pending = []
  for (const id of next.keys()) {
    if (next.size <= MAX_ROWS) break
    next.delete(id)
  }
  rows = next
  for (const tell of listeners) tell()
}

/** What was seen is too old to go on from. */
export function forgetChanges(): void {
  rows = new Map()
  pending = []
  for (const tell of listeners) tell()
}
