import type { KeySet } from '@prooftrail/trail'
import { entryLeaf, leafHash } from '@prooftrail/trail/log'
import type { Binary, Db } from 'mongodb'
import { accountsDiffer, type Finding, kafkaBehind, logDiffers, schemasMissing } from './finding.ts'
import type { Facts, NamedEntry } from './read-facts.ts'

const PAGE = 500
const NAMED = 5

/** Which of the schema ids that messages name the registry lacks. @param has asks the registry for one */
export async function compareSchemas(
  { schemas }: Pick<Facts, 'schemas'>,
  has: (id: number) => Promise<boolean>,
): Promise<Finding[]> {
  const missing: number[] = []
  const topics = new Set<string>()
  for (const [id, named] of schemas) {
    if (await has(id)) continue
    missing.push(id)
    for (const topic of named) topics.add(topic)
  }
  return missing.length === 0 ? [] : [schemasMissing(missing, [...topics].sort())]
}

/**
 * The log's leaves against the entries of the ledger topic: the same hashes at the same places, and no
 * checkpoint beyond the topic. Leaves that are not written yet are no fault.
 */
export async function compareLog(
  { entries, ledgerEnd }: Pick<Facts, 'entries' | 'ledgerEnd'>,
  keys: KeySet,
  db: Db,
): Promise<Finding[]> {
  const signers = new Map(
    keys.keys.filter(({ roles }) => roles.includes('attestation')).map((key) => [key.kid, key]),
  )
  const hashes = entries
    .filter((link) => {
      const key = signers.get(link.key_id)
      return key !== undefined && link.isSignedBy(key)
    })
    .map((link) => Buffer.from(leafHash(entryLeaf(link.statementDigest))).toString('hex'))
  const head = await db.collection<LogHead>('trails.log').findOne({ _id: 'checkpoint' })
  const { next_offset = 0, size = 0 } = head ?? {}
  if (next_offset > ledgerEnd) {
    const detail = `the log has folded the ledger topic up to ${next_offset}, and it ends at ${ledgerEnd}`
    return [kafkaBehind(detail)]
  }
  const leaves = db.collection<RawLeaf>('trails.leaves')
  for (let from = 0; from < size; from += PAGE) {
    const at = Array.from({ length: Math.min(PAGE, size - from) }, (_, n) => from + n)
    const found = await leaves.find({ _id: { $in: at } }).toArray()
    const byIndex = new Map(found.map(({ _id, hash }) => [_id, hash.toString('hex')]))
    const wrong = at.find((index) => byIndex.get(index) !== hashes[index])
    if (wrong !== undefined) {
      return [logDiffers(`leaf ${wrong} of ${size} is not entry ${wrong} of the ledger topic`)]
    }
  }
  return []
}

interface LogHead {
  _id: string
  size: number
  next_offset: number
}

interface RawLeaf {
  _id: number
  hash: Binary
}

/** The credit entries that holds and receipts name, against the list of the accounts. */
export async function compareAccounts(named: readonly NamedEntry[], db: Db): Promise<Finding[]> {
  const entries = db.collection<RawEntry>('receipts.credit_entries')
  const wrong: string[] = []
  for (let from = 0; from < named.length; from += PAGE) {
    const page = named.slice(from, from + PAGE)
    const found = await entries.find({ _id: { $in: page.map(({ id }) => id) } }).toArray()
    const byId = new Map(found.map((one) => [one._id, one]))
    for (const { id, order, amount } of page) {
      const entry = byId.get(id)
      const isIt = entry?.ref === order && (amount === undefined || entry.amount === amount)
      if (!isIt) wrong.push(`${id} of ${order}${entry ? ` is ${entry.key}` : ' is not there'}`)
    }
  }
  if (wrong.length === 0) return []
  const some = wrong.slice(0, NAMED).join('; ')
  return [accountsDiffer(`${wrong.length} of ${named.length} credit entries differ: ${some}`)]
}

interface RawEntry {
  _id: string
  key: string
  ref: string
  amount: number
}

/** Asks a registry by its Confluent API for a schema id. @throws in an outage */
export function askRegistry(url: string, authorization?: string) {
  return async (id: number): Promise<boolean> => {
    const headers = authorization ? { authorization } : {}
    const answer = await fetch(`${url}/schemas/ids/${id}`, {
      headers,
      signal: AbortSignal.timeout(10_000),
    })
    if (answer.ok) return true
    if (answer.status === 404) return false
    throw new Error(`the registry answers ${answer.status} for schema id ${id}`)
  }
}
