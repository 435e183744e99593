import type { IndexSpec, Reader, Service } from '@prooftrail/runtime'

type Members = ReturnType<NonNullable<Service<unknown, never, never, unknown>['index']>>

/** What a reader was asked: the members that are equal or beyond something, and the order. */
export interface Asked {
  filter: Record<string, unknown>
  sort: Record<string, 1 | -1>
}

/**
 * A service's documents in memory, found by the members that the service hoists; it keeps what it
 * was asked, so that a test can hold the queries against the declared indexes.
 */
export function memoryReader<S>(
  { index }: { index?(state: S): Members },
  states: Readonly<Record<string, S>>,
): Reader<S> & { asked: Asked[] } {
  const docs = Object.entries(states).map(([id, state]) => ({
    ...{ id, state },
    ix: Object.fromEntries(
      Object.entries(index?.(state) ?? {}).filter(([, one]) => one !== undefined),
    ),
  }))
  const asked: Asked[] = []
  const select = (filter: Record<string, unknown>, sort: Record<string, 1 | -1> = {}) => {
    asked.push({ filter, sort })
    const found = docs.filter(({ ix }) =>
      Object.entries(filter).every(([name, wanted]) =>
        holds(Reflect.get(ix, memberOf(name)), wanted),
      ),
    )
    const [[name = '', direction = 1] = []] = Object.entries(sort)
    return found.sort((a, b) => {
      const [one, other] = [a, b].map(({ ix }) => String(Reflect.get(ix, memberOf(name))))
      return direction * (String(one) < String(other) ? -1 : 1)
    })
  }
  return {
    asked,
    read: async (ids) =>
      new Map(
        docs.flatMap(({ id, state }) => (ids.includes(id) ? [[id, { state, version: 1 }]] : [])),
      ),
    find: async (filter, { sort, limit }) => select(filter, sort).slice(0, limit),
    // what is hoisted is what a service's `index` gives
    hoisted: async (filter, { sort, limit }) => select(filter, sort).slice(0, limit) as never,
    count: async (filter, { most = Number.POSITIVE_INFINITY } = {}) =>
      Math.min(most, select(filter).length),
  }
}

function memberOf(name: string): string {
  return name.replace(/^ix\./, '')
}

function holds(value: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return [value].flat().includes(wanted)
  // as the database does: what is not there is neither before nor behind anything
  if (value === undefined) return false
  return Object.entries(wanted).every(([operator, bound]) => {
    if (operator === '$exists') return (value !== undefined) === bound
    if (operator !== '$lt' && operator !== '$gt') throw new Error(`${operator} is not known here`)
    if (value === undefined) return false
    return operator === '$lt' ? String(value) < String(bound) : String(value) > String(bound)
  })
}

/**
 * Whether one of the indexes serves a query whole: its first members are those that are equal, and
 * the next is the one of the range and the order, if there is one.
 */
export function isServed(indexes: readonly IndexSpec[], { filter, sort }: Asked): boolean {
  const entries = Object.entries(filter)
  const equal = entries.filter(([, one]) => typeof one !== 'object').map(([name]) => name)
  const ranged = entries.filter(([, one]) => typeof one === 'object').map(([name]) => name)
  const last = [...new Set([...ranged, ...Object.keys(sort)])]
  if (last.length > 1) return false
  return indexes.some(({ key }) => {
    const members = Object.keys(key)
    const first = members.slice(0, equal.length)
    return (
      equal.every((name) => first.includes(name)) &&
      (last[0] ?? members[equal.length]) === members[equal.length]
    )
  })
}
