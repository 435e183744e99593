import type { ListedAct } from '@prooftrail/contracts/doors'
import { facetsOf } from './listed.ts'
import { type ActRange, type ActStore, filterOf } from './store.ts'

/** Acts in memory, and what was asked of them. */
export function memoryActs(): ActStore & { asked: { filter: object; sort: { _id: -1 } }[] } {
  const rows = new Map<string, ListedAct>()
  const asked: { filter: object; sort: { _id: -1 } }[] = []
  return {
    asked,
    prepare: async () => undefined,
    start: () => ({ stop: async () => undefined }),
    put: async (acts) => {
      for (const act of acts) rows.set(act.key, act)
    },
    page: async (range: ActRange, limit) => {
      asked.push({ filter: filterOf(range), sort: { _id: -1 } })
      const { facet, before, since } = range
      const found = [...rows.values()].filter(
        (act) =>
          facetsOf(act).includes(facet) &&
          (before === undefined || act.key < before) &&
          (since === undefined || act.key >= since),
      )
      found.sort((one, other) => (one.key < other.key ? 1 : -1))
      return found.slice(0, limit).map((act) => ({
        ...{ row: () => act, position: act.key, facets: facetsOf(act) },
      }))
    },
  }
}
