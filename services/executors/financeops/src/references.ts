/**
 * How references and names are compared.
 * I1 A reference (invoice id, record id, provider reference) is looked up as it is written. Where
 *    nothing is written so, Unicode form, case and spaces are folded, and it counts if only one
 *    reference folds to the same; punctuation and leading zeros always tell two apart.
 * I2 A name (counterparty, provider) is folded the same way, and nothing else of it.
 */

/** Unicode's composed compatibility form, small, with one space for each gap. */
export function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase().trim().replace(/\s+/gu, ' ')
}

/** What is left of a reference without punctuation and leading zeros: for a hint, never for a match. */
export function looseFold(text: string): string {
  return fold(text)
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, '')
    .replace(/0+(?=\p{N})/gu, '')
}

/** Things under a name: as it is written first, then folded where that leaves one spelling. */
export interface Index<T> {
  put(name: string, thing: T): void
  /** Only as it is written. */
  at(name: string): readonly T[]
  find(name: string | undefined): { things: readonly T[]; isExact: boolean } | undefined
}

export function openIndex<T>(): Index<T> {
  const exact = new Map<string, T[]>()
  /** Spellings by their folded form; made when somebody first looks for one. */
  let spellings: Map<string, Set<string>> | undefined
  const spellingsOf = (folded: string) => {
    if (spellings === undefined) {
      spellings = new Map()
      for (const name of exact.keys()) {
        const known = spellings.get(fold(name))
        if (known) known.add(name)
        else spellings.set(fold(name), new Set([name]))
      }
    }
    return spellings.get(folded) ?? new Set<string>()
  }
  return {
    put(name, thing) {
      if (!exact.has(name)) spellings = undefined
      add(exact, name, thing)
    },
    at: (name) => exact.get(name) ?? [],
    find(name) {
      if (name === undefined) return undefined
      const own = exact.get(name)
      if (own) return { things: own, isExact: true }
      const [spelling, another] = spellingsOf(fold(name))
      const other =
        another === undefined && spelling !== undefined ? exact.get(spelling) : undefined
      return other && { things: other, isExact: false }
    },
  }
}

/** Adds to the list under a key. */
export function add<K, T>(groups: Map<K, T[]>, key: K, thing: T): void {
  const group = groups.get(key)
  if (group) group.push(thing)
  else groups.set(key, [thing])
}
