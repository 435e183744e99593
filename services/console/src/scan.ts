/** What a list reads at once: in its order, behind a position. */
export interface Scanned<R> {
  row(): R
  /** Where the list goes on behind it. */
  position: string
  facets: readonly unknown[]
}

/** A list that is selected by facets and goes on where its last page ended. */
export interface Scanning<R> {
  /** Reads by the facet that selects the fewest, by an index. */
  read(position: string | undefined, limit: number): Promise<readonly Scanned<R>[]>
  /** Facets that a row must have besides. */
  others: readonly string[]
  limit: number
  /** Behind which it begins. */
  position: string | undefined
}

/** Rows read at once where several facets select, and for one page. */
const READ_AT_ONCE = 500
export const MOST_READ = 2_000

/**
 * One page of a list. A selection by several facets reads those of the first and leaves out what the
 * others do not hold, at most `MOST_READ` of them; a page that ends there says where it goes on.
 */
export async function scan<R>({
  read,
  others,
  limit,
  position: from,
}: Scanning<R>): Promise<{ rows: R[]; next?: string }> {
  const atOnce = others.length === 0 ? limit : READ_AT_ONCE
  const rows: R[] = []
  let position = from
  for (let done = 0; done < MOST_READ; done += atOnce) {
    const found = await read(position, atOnce)
    for (const one of found) {
      position = one.position
      if (others.every((facet) => one.facets.includes(facet))) rows.push(one.row())
      if (rows.length === limit) return { rows, next: position }
    }
    if (found.length < atOnce) return { rows }
  }
  return { rows, ...(position === undefined ? {} : { next: position }) }
}
