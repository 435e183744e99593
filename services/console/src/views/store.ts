import type { SavedView } from '@prooftrail/contracts/doors'
import type { Host } from '@prooftrail/runtime'
import type { Shelf } from './shelf.ts'

/** Where shelves are kept. */
export interface ViewStore {
  read(shelf: string): Promise<Shelf>
  /** Puts views in place of what was read. @returns false: somebody else did meanwhile */
  replace(shelf: string, version: number, views: readonly SavedView[]): Promise<boolean>
}

interface Raw {
  _id: string
  version: number
  views: SavedView[]
}

const DUPLICATE = 11000

/** A collection beside the runs, one document a shelf, found by its id. */
export function openViews(db: Host['db'], name: string): ViewStore {
  const shelves = db.collection<Raw>(name)
  return {
    async read(shelf) {
      const found = await shelves.findOne({ _id: shelf })
      return found ? { version: found.version, views: found.views } : { version: 0, views: [] }
    },
    async replace(shelf, version, views) {
      const next = { version: version + 1, views: [...views] }
      if (version > 0) {
        const { matchedCount } = await shelves.replaceOne({ _id: shelf, version }, next)
        return matchedCount === 1
      }
      try {
        await shelves.insertOne({ _id: shelf, ...next })
        return true
      } catch (error) {
        if (Object(error).code === DUPLICATE) return false
        throw error
      }
    },
  }
}
