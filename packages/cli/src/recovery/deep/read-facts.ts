import { type EventTypes, topicFor } from '@prooftrail/contracts'
import { endsOf, type Host, readHistory } from '@prooftrail/runtime'

/** A movement of an account, as a receipt or a hold names it. */
export interface NamedEntry {
  /** `<account>/<seq>`. */
  id: string
  order: string
  /** The amount, where the message says it. */
  amount?: number
}

/** What the topics hold, as far as servers are compared by it. */
export interface Facts {
  /** By schema id: the topics whose messages name it. */
  schemas: Map<number, Set<string>>
  /** Entries of the ledger topic in its order, each once. */
  entries: EventTypes['ledger.appended'][]
  ledgerEnd: number
  named: NamedEntry[]
}

const FRAME_BYTES = 5

/** Reads all topics once. Messages whose schema is missing are named by their id alone. */
export async function readFacts(
  { kafka, codec }: Pick<Host, 'kafka' | 'codec'>,
  onRead: (done: number) => void,
): Promise<Facts> {
  const admin = kafka.admin()
  await admin.connect()
  const names = (await admin.listTopics()).filter((name) => name.startsWith('prooftrail.'))
  await admin.disconnect()
  const ends = await endsOf(kafka, names)
  const ledger = topicFor('ledger.appended')
  const facts: Facts = { schemas: new Map(), entries: [], named: [], ledgerEnd: 0 }
  facts.ledgerEnd = Number(ends.get(ledger)?.[0]?.high ?? 0)
  const known = new Set<string>()
  let done = 0
  await readHistory(kafka, ends, async ({ topic, value }) => {
    done += 1
    if (done % 500 === 0) onRead(done)
    if (value === null || value.length < FRAME_BYTES || value[0] !== 0) return
    const id = value.readUInt32BE(1)
    facts.schemas.set(id, (facts.schemas.get(id) ?? new Set()).add(topic))
    if (!READ.has(topic)) return
    // what cannot be read is told by the id of its schema, or is parked by whoever reads it
    const data: unknown = await Promise.resolve(codec.decode(topic, value)).catch(() => undefined)
    if (data === undefined) return
    if (topic === ledger) {
      // the topic's own type
      const entry = data as EventTypes['ledger.appended']
      const entryId = entry.object.ledger_entry_id
      if (!known.has(entryId)) facts.entries.push(entry)
      known.add(entryId)
    } else facts.named.push(namedIn(topic, data))
  })
  return facts
}

const HELD = topicFor('credits.held')
const READ = new Set([topicFor('ledger.appended'), HELD, topicFor('usage-receipt.issued')])

function namedIn(topic: string, data: unknown): NamedEntry {
  if (topic === HELD) {
    // the topic's own type
    const { hold, accepted } = data as EventTypes['credits.held']
    return { id: hold.credit_entry, order: accepted.work_order_id, amount: hold.credits_held }
  }
  const { work_order_id, usage_receipt } = data as EventTypes['usage-receipt.issued']
  return { id: usage_receipt.object.credit_ledger_entry.credit_entry, order: work_order_id }
}
