import type { Host } from '@prooftrail/runtime'
import type { Row } from './row.ts'
import type { OpenCount, ParkedKeep, ParkedRows, RowFilter } from './tools.ts'

/** A document as lists see it. */
interface Raw {
  _id: string
  ix?: Record<string, string>
}

/** A queue that holds more than this is sent again from its beginning on all the same. */
const MAX_QUEUE = 1_000
const MEMBERS = ['code', 'topic', 'service', 'agent', 'tool', 'document'] as const
/** What a process dropped is told to nobody: a document in its cache is read again when it is written. */
const TOGETHER = 1_000

/** Rows of parked messages in the console's collection; states are not read. */
export function mongoRows(db: Host['db'], collection: string): ParkedRows & ParkedKeep {
  const docs = db.collection<Raw>(collection)
  const projection = { 'ix.parked_row': 1 }
  const find = (filter: object, sort: Record<string, 1 | -1>, limit: number) =>
    docs.find(filter, { projection }).sort(sort).limit(limit).toArray()
  const drop = async (filter: object, limit: number) => {
    const some = await docs
      .find(filter, { projection: { _id: 1 } })
      .sort({ 'ix.parked_since': 1, _id: 1 })
      .limit(limit)
      .toArray()
    if (some.length === 0) return 0
    const { deletedCount } = await docs.deleteMany({ _id: { $in: some.map(({ _id }) => _id) } })
    return deletedCount
  }
  return {
    async page(filter, { after, limit }) {
      const behind = after && {
        $or: [
          { 'ix.parked_since': { $gt: after.since } },
          { 'ix.parked_since': after.since, _id: { $gt: `parked/${after.parked_id}` } },
        ],
      }
      const wanted = { $and: [filterOf(filter), ...(behind ? [behind] : [])] }
      return rowsIn(await find(wanted, { 'ix.parked_since': 1, _id: 1 }, limit))
    },
    async openOf(queue) {
      const wanted = { 'ix.parked_queue': queue, 'ix.parked': 'open' }
      return rowsIn(await find(wanted, {}, MAX_QUEUE))
    },
    async counts() {
      const found = await docs
        .aggregate<{ _id: { topic: string; code: string }; count: number; oldest: string }>([
          { $match: { 'ix.parked': 'open' } },
          {
            $group: {
              _id: { topic: '$ix.parked_topic', code: '$ix.parked_code' },
              count: { $sum: 1 },
              oldest: { $min: '$ix.parked_since' },
            },
          },
        ])
        .toArray()
      return found
        .map(
          ({ _id: { topic, code }, count, oldest }): OpenCount => ({ topic, code, count, oldest }),
        )
        .sort((one, other) => other.count - one.count || (one.code < other.code ? -1 : 1))
    },
    async dropSettled(before) {
      const { deletedCount } = await docs.deleteMany({ 'ix.parked_settled': { $lt: before } })
      return deletedCount
    },
    async dropBeyond(most) {
      const count = await docs.countDocuments({
        'ix.parked': { $in: ['open', 'sent', 'discarded', 'noted'] },
      })
      let left = count - most
      let dropped = 0
      for (const state of ['noted', 'discarded', 'sent', 'open']) {
        while (left > 0) {
          const wanted = { 'ix.parked': state, 'ix.parked_blocks': 'no' }
          const some = await drop(wanted, Math.min(TOGETHER, left))
          if (some === 0) break
          left -= some
          dropped += some
        }
      }
      return dropped
    },
  }
}

function filterOf({ state, until, from, ...members }: RowFilter): object {
  const since = {
    ...(until === undefined ? {} : { $lte: until }),
    ...(from === undefined ? {} : { $gte: from }),
  }
  const named = MEMBERS.flatMap((member) => {
    const value = members[member]
    return value === undefined ? [] : [[`ix.parked_${member}`, value]]
  })
  return {
    'ix.parked': state ?? { $in: ['open', 'sent', 'discarded', 'noted'] },
    ...Object.fromEntries(named),
    ...(Object.keys(since).length > 0 ? { 'ix.parked_since': since } : {}),
  }
}

function rowsIn(raws: readonly Raw[]): Row[] {
  // `indexOfParked` wrote it
  return raws.flatMap(({ ix }) => (ix?.parked_row ? [JSON.parse(ix.parked_row) as Row] : []))
}
