import type { ListedAct, QueryOf } from '@prooftrail/contracts/doors'
import { makeCursor, type Refused, readCursor, refuse } from '@prooftrail/runtime'
import { scan } from '../scan.ts'
import { ANY, facet, SELECTED_BY } from './listed.ts'
import type { ActStore } from './store.ts'

/** A page of the trail of acts, newest first. */
export async function listActs(
  store: Pick<ActStore, 'page'>,
  query: QueryOf<'GET /v1/acts'>,
): Promise<{ acts: ListedAct[]; next_cursor?: string } | Refused> {
  const { since, until, limit = 50, cursor } = query
  const wanted = SELECTED_BY.flatMap((name) => {
    const value = query[name]
    return value === undefined ? [] : [facet(name, value)]
  })
  const from = timeOf(since)
  const to = timeOf(until)
  if (from === null || to === null) return refuse('PT-9033', 'since and until are times')
  const list = { acts: wanted, from, to }
  const position = cursor === undefined ? undefined : readCursor(list, cursor)
  if (typeof position === 'object') return position
  const [first = ANY, ...others] = wanted
  const { rows, next } = await scan({
    // a key begins with its time: what follows one of that time sorts behind it
    ...{ others, limit, position: position ?? (to === undefined ? undefined : `${to}~`) },
    read: (before, atOnce) => store.page({ facet: first, before, since: from }, atOnce),
  })
  return { acts: rows, ...(next === undefined ? {} : { next_cursor: makeCursor(list, next) }) }
}

/** The time in the form of keys; null where it is none. */
function timeOf(text: string | undefined): string | null | undefined {
  if (text === undefined) return undefined
  const at = new Date(text)
  return Number.isNaN(at.getTime()) ? null : at.toISOString()
}
