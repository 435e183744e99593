import { createHash } from 'node:crypto'
import type { BodyOf, SavedView } from '@prooftrail/contracts/doors'

/** Views of one person, or those that are shared: kept together, so that their number is exact. */
export interface Shelf {
  /** Grows with each change; 0: there is none yet. */
  version: number
  views: readonly SavedView[]
}

/** Whose shelf: one person's, or everybody's. */
export type Scope = { of: 'all' } | { of: 'one'; name: string }

export const MOST_OWN = 100
export const MOST_SHARED = 200

/** A shelf is full. */
export const FULL = 'full'

/** The name of a shelf; a person is known by a digest, so that no name reaches into another's. */
export function shelfOf(scope: Scope): string {
  if (scope.of === 'all') return 'shared'
  return `own/${createHash('sha256').update(scope.name).digest('hex').slice(0, 32)}`
}

/** The view with its id, which follows from where it is and its name: saved again, it is the same. */
export function viewOf(
  { page, name, search }: BodyOf<'POST /v1/views'>,
  scope: Scope,
  { by, at }: { by: string; at: string },
): SavedView {
  const sum = createHash('sha256').update(JSON.stringify([shelfOf(scope), page, name]))
  const view_id = `vw_${sum.digest('hex').slice(0, 32)}`
  const shared = scope.of === 'all'
  return { view_id, page, name, search, shared, saved_by: by, saved_at: at }
}

/** The views with one more, or with another of its name; `FULL` where there is no place. */
export function withView(
  views: readonly SavedView[],
  view: SavedView,
): readonly SavedView[] | typeof FULL {
  const others = views.filter(({ view_id }) => view_id !== view.view_id)
  if (others.length >= (view.shared ? MOST_SHARED : MOST_OWN)) return FULL
  return [...others, view].sort((one, other) => (one.name < other.name ? -1 : 1))
}
