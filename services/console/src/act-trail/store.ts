import type { ListedAct } from '@prooftrail/contracts/doors'
import { type Host, type IndexSpec, type Stoppable, sample } from '@prooftrail/runtime'
import type { Scanned } from '../scan.ts'
import { facetsOf } from './listed.ts'

/** Which rows are read: of one facet, between two keys, newest first. */
export interface ActRange {
  facet: string
  /** Rows before this key. */
  before?: string | undefined
  /** Rows at this time or after it. */
  since?: string | undefined
}

/** Where acts are kept, each once and for a time. */
export interface ActStore {
  prepare(): Promise<void>
  /** Keeps those that are not too old to be kept. */
  put(acts: readonly ListedAct[]): Promise<void>
  page(range: ActRange, limit: number): Promise<Scanned<ListedAct>[]>
  /** Drops what is too old, now and then, as long as it is not stopped. */
  start(): Stoppable
}

interface Raw {
  /** The act's key. */
  _id: string
  facets: string[]
  act: string
}

/** Every list goes by this one: a facet, in the order of keys. */
export const ACT_INDEXES: readonly IndexSpec[] = [{ name: 'acts', key: { facets: 1, _id: -1 } }]

const CLEAR_MS = 3_600_000
const DAY_MS = 86_400_000

/**
 * A collection beside the runs: an act stands in it before its run shows it.
 * @param keptDays how old the oldest are
 */
export function openActs(db: Host['db'], name: string, keptDays: number): ActStore {
  const acts = db.collection<Raw>(name)
  const keptFrom = () => new Date(Date.now() - keptDays * DAY_MS).toISOString()
  return {
    async prepare() {
      await acts.createIndexes(ACT_INDEXES.map((index) => ({ ...index })))
    },
    async put(all) {
      const from = keptFrom()
      const rows = all.filter(({ at }) => at >= from)
      if (rows.length === 0) return
      await acts.bulkWrite(
        rows.map((act) => {
          const replacement = { facets: facetsOf(act), act: JSON.stringify(act) }
          return { replaceOne: { filter: { _id: act.key }, replacement, upsert: true } }
        }),
        { ordered: false },
      )
    },
    async page(range, limit) {
      const found = await acts.find(filterOf(range)).sort({ _id: -1 }).limit(limit).toArray()
      return found.map(({ _id, facets, act }) => ({
        ...{ position: _id, facets },
        // `put` wrote it
        row: () => JSON.parse(act) as ListedAct,
      }))
    },
    // a key begins with its time
    start: () => sample(CLEAR_MS, () => acts.deleteMany({ _id: { $lt: keptFrom() } })),
  }
}

export function filterOf({ facet, before, since }: ActRange) {
  const range = {
    ...(before === undefined ? {} : { $lt: before }),
    ...(since === undefined ? {} : { $gte: since }),
  }
  return { facets: facet, ...(Object.keys(range).length > 0 ? { _id: range } : {}) }
}
