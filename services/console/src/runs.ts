import type { RunRow, RunSort } from '@prooftrail/contracts/doors'
import { makeCursor, type Reader, type Refused, readCursor } from '@prooftrail/runtime'
import { ANY, facet, logName, rowOf } from './run-row.ts'
import { MOST_READ, scan } from './scan.ts'
import type { State } from './state.ts'

/**
 * Lists of runs: pages by key, in one of four orders, of all runs or of a selection.
 * L1 Every query is an index's own: one facet, and a range of one order.
 * L2 A selection by several facets is read by the first (scan.ts): a page may be short.
 */

/** What a list is asked. */
export interface RunsQuery {
  find?: string
  state?: string
  waits_for?: string
  tool?: string
  agent?: string
  callback?: string
  result?: string
  verdict?: string
  /** The type of a ticket that is open. */
  ticket?: string
  runtime?: string
  receipt?: string
  sort?: RunSort
  limit?: number
  cursor?: string
}

export interface RunsPage {
  runs: RunRow[]
  next_cursor?: string
}

/** From the one that selects the fewest, as a rule. */
const FACETS = [
  'agent',
  'ticket',
  'callback',
  'verdict',
  'state',
  'waits_for',
  'runtime',
  'result',
  'tool',
  'receipt',
] as const
/** Runs of one selection, and pages read for it. */
export const MOST_SELECTED = 10_000
const MOST_PAGES = 25
/** Runs that one name finds. */
const MOST_FOUND = 50

/** The members that a list is ordered by, with their direction. */
export const ORDERS: Readonly<Record<RunSort, readonly [member: string, direction: 1 | -1]>> = {
  '-changed': ['ix.changed', -1],
  changed: ['ix.changed', 1],
  '-accepted': ['ix.accepted', -1],
  accepted: ['ix.accepted', 1],
}

/** A page of a list. */
export async function listRuns(
  store: Pick<Reader<State>, 'hoisted'>,
  query: RunsQuery,
): Promise<RunsPage | Refused> {
  const { sort = '-changed', limit = 50, cursor } = query
  const wanted = FACETS.flatMap((name) => {
    const value = query[name]
    return value === undefined ? [] : [facet(name, value)]
  })
  const [first = ANY, ...others] = wanted
  const list = [wanted, sort]
  const position = cursor === undefined ? undefined : readCursor(list, cursor)
  if (typeof position === 'object') return position
  const [member, direction] = ORDERS[sort]
  const { rows, next } = await scan({
    ...{ others, limit, position },
    read: async (from, atOnce) => {
      const beyond = from === undefined ? {} : { [member]: { [BEYOND[direction]]: from } }
      const filter = { 'ix.facets': first, ...beyond }
      const found = await store.hoisted(filter, { sort: { [member]: direction }, limit: atOnce })
      return found.map(({ ix }) => ({
        row: () => rowIn(ix),
        position: String(ix[member.slice('ix.'.length)]),
        facets: [ix.facets ?? []].flat(),
      }))
    },
  })
  return { runs: rows, ...(next === undefined ? {} : { next_cursor: makeCursor(list, next) }) }
}

const BEYOND = { 1: '$gt', [-1]: '$lt' } as const

function rowIn({ row }: Awaited<ReturnType<Reader<State>['hoisted']>>[number]['ix']): RunRow {
  // only `index` of the service writes it, from a row
  return JSON.parse(String(row)) as RunRow
}

/**
 * The ids of all runs of a selection, oldest first: an order that no change of a run moves, so that
 * each stands in it once.
 * @returns `more` where there are others besides
 */
export async function selectRuns(
  store: Pick<Reader<State>, 'hoisted'>,
  selection: Omit<RunsQuery, 'find' | 'sort' | 'limit' | 'cursor'>,
): Promise<{ ids: string[]; more: boolean }> {
  const ids: string[] = []
  let cursor: string | undefined
  for (let pages = 0; pages < MOST_PAGES && ids.length < MOST_SELECTED; pages += 1) {
    const limit = Math.min(MOST_READ, MOST_SELECTED - ids.length)
    const asked = { ...selection, sort: 'accepted', limit } as const
    const page = await listRuns(store, cursor === undefined ? asked : { ...asked, cursor })
    if (!('runs' in page)) break
    ids.push(...page.runs.map(({ work_order_id }) => work_order_id))
    cursor = page.next_cursor
    if (cursor === undefined) return { ids, more: false }
  }
  return { ids, more: true }
}

/** The runs that an id, a digest, a place in the log or a handle names. */
export async function findRuns(
  store: Pick<Reader<State>, 'read' | 'find'>,
  name: string,
): Promise<RunRow[]> {
  const wanted = /^\d{1,15}$/.test(name) ? logName(name) : name
  const [own, named] = await Promise.all([
    store.read([name]),
    store.find({ 'ix.names': wanted }, { limit: MOST_FOUND }),
  ])
  const states = [
    ...[...own.values()].map(({ state }) => state),
    ...named.map(({ state }) => state),
  ]
  return states.flatMap((state) => (state.status === 'run' ? [rowOf(state)] : []))
}
