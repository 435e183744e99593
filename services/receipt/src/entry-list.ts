import { Link } from '@prooftrail/trail'
import { type Collection, type Db, MongoBulkWriteError } from 'mongodb'
import { type Entry, entryId } from './credits.ts'

/** The lists of all accounts, as the accounts need them: point reads and guarded inserts. */
export interface EntryList {
  /** Entries by id, those that exist, in no order. */
  byId(ids: readonly string[]): Promise<Entry[]>
  /** Entries by key, those that exist, in no order. */
  byKey(keys: readonly string[]): Promise<Entry[]>
  /**
   * Inserts; answers the positions refused because the id or the key exists. `inOrder` stops at
   * the first refusal, so that no total stands on an entry that was not written.
   * @throws on an outage; then nothing is known about what was written
   */
  insert(entries: readonly Entry[], inOrder: boolean): Promise<number[]>
}

interface Raw extends Omit<Entry, 'receipt'> {
  _id: string
  /** The receipt's link as JSON text: kept byte for byte, not queried. */
  receipt?: string
}

const DUPLICATE = 11000

/**
 * The collection of credit entries: `_id` = `<account>/<seq>`, unique `key`. Reads are by exact ids
 * and keys only, so their cost does not grow with the list, on the stand-in too.
 */
export async function openEntryList(db: Db, collection: string): Promise<EntryList> {
  const entries: Collection<Raw> = db.collection<Raw>(collection)
  await entries.createIndexes([{ key: { key: 1 }, name: 'key', unique: true }])

  return {
    byId: async (ids) => (await entries.find({ _id: { $in: [...ids] } }).toArray()).map(parse),
    byKey: async (keys) => (await entries.find({ key: { $in: [...keys] } }).toArray()).map(parse),
    async insert(list, inOrder) {
      try {
        await entries.insertMany(list.map(raw), { ordered: inOrder })
        return []
      } catch (error) {
        if (!(error instanceof MongoBulkWriteError)) throw error
        const failures = [error.writeErrors].flat()
        if (failures.length === 0 || failures.some(({ code }) => code !== DUPLICATE)) throw error
        return failures.map(({ index }) => index)
      }
    },
  }
}

function raw({ receipt, ...entry }: Entry): Raw {
  return {
    _id: entryId(entry.account, entry.seq),
    ...entry,
    ...(receipt === undefined ? {} : { receipt: JSON.stringify(receipt) }),
  }
}

function parse({ _id, receipt, ...entry }: Raw): Entry {
  return receipt === undefined
    ? entry
    : { ...entry, receipt: Link.fromWire('settlement_receipt', JSON.parse(receipt)) }
}
