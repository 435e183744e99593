/** Which runs are listed and which columns are shown: all of it stands in the address. */
export const FILTERS = [
  'state',
  'waits_for',
  'tool',
  'agent',
  'callback',
  'result',
  'verdict',
  'ticket',
  'runtime',
  'receipt',
] as const

export type FilterName = (typeof FILTERS)[number]

export const SORTS = ['-changed', 'changed', '-accepted', 'accepted'] as const

export type Sort = (typeof SORTS)[number]

export const COLUMNS = [
  'state',
  'waits_for',
  'capability',
  'tool',
  'agent',
  'verdict',
  'evidence',
  'callback',
  'credits',
  'exceptions',
  'revision',
  'log_index',
  'accepted',
  'changed',
] as const

export type Column = (typeof COLUMNS)[number]

/** Shown where the address names none. */
export const USUAL_COLUMNS: readonly Column[] = [
  ...([
    'state',
    'capability',
    'tool',
    'agent',
    'verdict',
    'evidence',
    'callback',
    'changed',
  ] as const),
]

export type RunsSearch = { [F in FilterName]?: string } & {
  sort?: Sort
  /** Any id, digest, log index or handle. */
  find?: string
  columns?: Column[]
}

export function readSearch(search: Record<string, unknown>): RunsSearch {
  const read: RunsSearch = {}
  for (const name of FILTERS) {
    const value = search[name]
    if (typeof value === 'string' && value !== '') read[name] = value
  }
  const sort = SORTS.find((one) => one === search.sort)
  if (sort !== undefined && sort !== '-changed') read.sort = sort
  // a log index is a number in an address
  if (search.find !== undefined && search.find !== '') read.find = String(search.find)
  if (Array.isArray(search.columns)) {
    const listed = search.columns
    const columns = COLUMNS.filter((one) => listed.includes(one))
    if (columns.length > 0) read.columns = columns
  }
  return read
}

/** The address of the list's data. @param cursor of the page after the first */
export function listPath(search: RunsSearch, cursor?: string): string {
  const query = new URLSearchParams()
  if (search.find !== undefined) {
    query.set('find', search.find)
    return `/v1/runs?${query}`
  }
  for (const name of FILTERS) {
    const value = search[name]
    if (value !== undefined) query.set(name, value)
  }
  if (search.sort !== undefined) query.set('sort', search.sort)
  if (cursor !== undefined) query.set('cursor', cursor)
  query.set('limit', '100')
  return `/v1/runs?${query}`
}

/** The address of the ids of all runs that the list would show. */
export function idsPath(search: RunsSearch): string {
  const query = new URLSearchParams()
  for (const name of FILTERS) {
    const value = search[name]
    if (value !== undefined) query.set(name, value)
  }
  return `/v1/runs/ids?${query}`
}

/** Whether two addresses show the same list in the same way. */
export function isSameView(one: RunsSearch, other: RunsSearch): boolean {
  return viewOf(one) === viewOf(other)
}

function viewOf(search: RunsSearch): string {
  const { sort = '-changed', columns = USUAL_COLUMNS } = search
  return JSON.stringify([...FILTERS.map((name) => search[name] ?? ''), sort, columns])
}
