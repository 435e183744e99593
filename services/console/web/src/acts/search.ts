/** Which acts are listed: all of it stands in the address. */
export const FILTERS = ['by', 'on', 'action', 'answer', 'run', 'batch', 'since', 'until'] as const
export type FilterName = (typeof FILTERS)[number]
export type ActsSearch = { [F in FilterName]?: string }

export function readSearch(search: Record<string, unknown>): ActsSearch {
  const read: ActsSearch = {}
  for (const name of FILTERS) {
    const value = search[name]
    if (typeof value === 'string' && value !== '') read[name] = value
    // a year alone is a number in an address
    else if (typeof value === 'number') read[name] = String(value)
  }
  return read
}

/** The address of the list's data. @param cursor of the page after the first */
export function listPath(search: ActsSearch, cursor?: string): string {
  const query = new URLSearchParams({ limit: '100' })
  for (const name of FILTERS) {
    const value = search[name]
    if (value !== undefined) query.set(name, isTime(name) ? timeOf(value) : value)
  }
  if (cursor !== undefined) query.set('cursor', cursor)
  return `/v1/acts?${query}`
}

/** What the command line takes for the same list. */
export function flagsOf(search: ActsSearch): string {
  return FILTERS.flatMap((name) => {
    const value = search[name]
    return value === undefined ? [] : [` --${name} ${isTime(name) ? timeOf(value) : value}`]
  }).join('')
}

export function isTime(name: FilterName): boolean {
  return name === 'since' || name === 'until'
}

/** A moment of the reader's zone, as a field of the browser has it (`2026-11-30T18:43`), in UTC. */
function timeOf(value: string): string {
  const at = new Date(value)
  return Number.isNaN(at.getTime()) ? value : at.toISOString()
}
