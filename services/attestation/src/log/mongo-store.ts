import {
  Binary,
  type Collection,
  type Db,
  MongoBulkWriteError,
  MongoServerError,
  type OptionalUnlessRequiredId,
} from 'mongodb'
import type { Cosigned, FullTile, LogHead, LogStore } from './store.ts'

interface RawLeaf {
  /** The leaf's index. */
  _id: number
  entry_id: string
  hash: Binary
  data: Binary
}

interface RawTile {
  /** `<level>/<index>`. */
  _id: string
  hashes: Binary
  root: Binary
}

interface RawHead extends LogHead {
  _id: 'checkpoint'
}

interface RawCosigned extends Cosigned {
  _id: 'cosigned'
}

const DUPLICATE = 11000

/**
 * The log in MongoDB: `trails.leaves` (one document a leaf), `trails.tiles` (full hash tiles) and
 * `trails.log` (the checkpoint, and the one that witnesses cosigned last). Entries tiles are read from the leaves: their bytes are kept once.
 */
export async function openLogStore(db: Db): Promise<LogStore> {
  const leaves = db.collection<RawLeaf>('trails.leaves')
  const tiles = db.collection<RawTile>('trails.tiles')
  const heads = db.collection<RawHead>('trails.log')
  const cosigned = db.collection<RawCosigned>('trails.log')
  await leaves.createIndex({ entry_id: 1 }, { unique: true, name: 'entry_id' })

  return {
    async head() {
      const raw = await heads.findOne({ _id: 'checkpoint' })
      if (raw === null) return undefined
      const { _id, ...head } = raw
      return head
    },

    async move(from, to) {
      if (from === undefined) return insertFirst(heads, { _id: 'checkpoint', ...to })
      const at = { _id: 'checkpoint' as const, size: from.size, next_offset: from.next_offset }
      const { matchedCount } = await heads.updateOne(at, { $set: to })
      return matchedCount === 1
    },

    async known(entryIds) {
      const found = await leaves
        .find({ entry_id: { $in: [...entryIds] } }, { projection: { entry_id: 1, hash: 1 } })
        .toArray()
      return new Map(
        found.map(({ _id, entry_id, hash }) => [
          entry_id,
          { index: _id, hash: hash.toString('hex') },
        ]),
      )
    },

    async addLeaves(added) {
      const raws = added.map(({ index, entry_id, hash, data }) => ({
        _id: index,
        entry_id,
        hash: new Binary(hash),
        data: new Binary(data),
      }))
      return { met: await insertNew(() => leaves.insertMany(raws, { ordered: true })) }
    },

    async addTiles(added) {
      const raws = added.map(({ level, index, hashes, root }) => ({
        _id: `${level}/${index}`,
        hashes: new Binary(hashes),
        root: new Binary(root),
      }))
      await insertNew(() => tiles.insertMany(raws, { ordered: false }))
    },

    async cosigned() {
      const raw = await cosigned.findOne({ _id: 'cosigned' })
      if (raw === null) return undefined
      const { _id, ...kept } = raw
      return kept
    },

    async keepCosigned(to) {
      const { size, count, time } = to
      const older = [
        { size: { $lt: size } },
        { size, count: { $lt: count } },
        { size, count, time: { $lt: time } },
      ]
      const { matchedCount } = await cosigned.updateOne(
        { _id: 'cosigned', $or: older },
        { $set: to },
      )
      // nothing older is there: a newer one, or none at all
      if (matchedCount === 0) await insertFirst(cosigned, { _id: 'cosigned', ...to })
    },

    async leafHashes(from, to) {
      const found = await range(leaves, from, to, { hash: 1 })
      return Buffer.concat(found.map(({ hash }) => bytesOf(hash)))
    },

    async leafData(from, to) {
      const found = await range(leaves, from, to, { data: 1 })
      return found.map(({ data }) => bytesOf(data))
    },

    async tiles(ids) {
      if (ids.length === 0) return []
      const names = ids.map(({ level, index }) => `${level}/${index}`)
      const found = await tiles.find({ _id: { $in: names } }).toArray()
      const byName = new Map(found.map((raw) => [raw._id, raw]))
      return ids.map(({ level, index }): FullTile | undefined => {
        const raw = byName.get(`${level}/${index}`)
        return raw && { level, index, hashes: bytesOf(raw.hashes), root: bytesOf(raw.root) }
      })
    },
  }
}

/** Leaves of an index range, complete or not at all: a gap is a fault of the database. */
async function range(
  leaves: Collection<RawLeaf>,
  from: number,
  to: number,
  projection: { hash?: 1; data?: 1 },
): Promise<RawLeaf[]> {
  if (to <= from) return []
  const found = await leaves
    .find({ _id: { $gte: from, $lt: to } }, { projection })
    .sort({ _id: 1 })
    .toArray()
  if (found.length !== to - from) {
    throw new Error(`leaves ${from} to ${to}: ${found.length} stored`)
  }
  return found
}

async function insertFirst<T extends RawHead | RawCosigned>(
  heads: Collection<T>,
  raw: OptionalUnlessRequiredId<T>,
): Promise<boolean> {
  try {
    await heads.insertOne(raw)
    return true
  } catch (error) {
    if (error instanceof MongoServerError && error.code === DUPLICATE) return false
    throw error
  }
}

/** Runs an insert; true when something was there already. Other failures are thrown. */
async function insertNew(insert: () => Promise<unknown>): Promise<boolean> {
  try {
    await insert()
    return false
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError)) throw error
    const failures = [error.writeErrors].flat()
    if (failures.length === 0 || failures.some(({ code }) => code !== DUPLICATE)) throw error
    return true
  }
}

function bytesOf(binary: Binary): Uint8Array {
  return binary.buffer.subarray(0, binary.position)
}
