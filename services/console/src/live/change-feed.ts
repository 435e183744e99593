import type { Host } from '@prooftrail/runtime'

/** Changes that one process saw, for the others: ids of runs whose new form the database has. */
export interface Chunk {
  _id: string
  /** The process. */
  by: string
  /** By its clock. */
  at: Date
  ids: string[]
}

/** Where chunks go, and come from. */
export interface ChunkStore {
  prepare(): Promise<void>
  put(chunk: Chunk): Promise<void>
  /** Ids of the chunks of other processes, from a time on. */
  idsSince(at: Date): Promise<string[]>
  read(ids: readonly string[]): Promise<Chunk[]>
  /** Those before a time go, whoever wrote them. */
  forget(before: Date): Promise<void>
}

/** A collection beside the runs, of the last minutes only. */
export function openChunks(db: Host['db'], name: string, by: string): ChunkStore {
  const chunks = db.collection<Chunk>(name)
  return {
    async prepare() {
      await chunks.createIndexes([{ key: { at: 1 }, name: 'at' }])
    },
    async put(chunk) {
      await chunks.insertOne(chunk)
    },
    async idsSince(at) {
      const found = await chunks
        .find({ at: { $gte: at }, by: { $ne: by } }, { projection: { _id: 1 } })
        .toArray()
      return found.map(({ _id }) => _id)
    },
    read: (ids) => chunks.find({ _id: { $in: [...ids] } }).toArray(),
    async forget(before) {
      await chunks.deleteMany({ at: { $lt: before } })
    },
  }
}
