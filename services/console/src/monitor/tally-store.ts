import type { Host } from '@prooftrail/runtime'
import type { Moves } from './tally.ts'

/** What one process counted. */
export interface StoredTally {
  /** The process. */
  _id: string
  /** When it was written, by its clock. */
  at: Date
  counts: [string, Moves][]
}

/** Where processes write what they counted: as many documents as there are processes. */
export interface TallyStore {
  /** @returns whether one of that name was there */
  put(tally: StoredTally): Promise<boolean>
  all(): Promise<StoredTally[]>
  /** Takes a tally away, as it was read. @returns whether it was still there: one taker gets it */
  take(tally: StoredTally): Promise<boolean>
}

/** A collection beside the runs. Keys hold a tool's name, so that counts are one text. */
export function openTallies(db: Host['db'], name: string): TallyStore {
  const tallies = db.collection<{ _id: string; at: Date; counts: string }>(name)
  return {
    async put({ _id, at, counts }) {
      const text = JSON.stringify(counts)
      const done = await tallies.replaceOne({ _id }, { at, counts: text }, { upsert: true })
      return done.upsertedCount === 0
    },
    async all() {
      const found = await tallies.find({}).toArray()
      // only `put` writes the text
      return found.map(({ _id, at, counts }) => ({ _id, at, counts: JSON.parse(counts) }))
    },
    async take({ _id, at }) {
      const { deletedCount } = await tallies.deleteOne({ _id, at })
      return deletedCount === 1
    },
  }
}
