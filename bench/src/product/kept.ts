import type { Kafka, KafkaMessage } from 'kafkajs'
import { BSON, MongoClient } from 'mongodb'
import { openKafka } from '../kafka.ts'
import { endsOf, readTopics } from '../read-topics.ts'
import type { WorldPlace } from './process.ts'

/**
 * What lies on disk in the end, before the servers compress or copy it: of documents their BSON, of messages key, value
 * and headers. Indexes and what servers add to a record are their own.
 */
export interface Kept {
  /** Bytes by collection. */
  collections: Record<string, number>
  /** Bytes by topic, and how many messages they are. */
  topics: Record<string, { bytes: number; messages: number }>
}

/** Reads all documents and all messages of a deployment at rest. */
export async function readKept({ brokers, mongodbUrl }: WorldPlace): Promise<Kept> {
  const kafka = openKafka(brokers, 'bench-kept')
  const [collections, topics] = await Promise.all([keptIn(mongodbUrl), keptOn(kafka)])
  return { collections, topics }
}

/** What an order added: the difference, by order. */
export function keptByOrder(before: Kept, after: Kept, orders: number): Kept {
  const collections = Object.entries(after.collections).map(([name, bytes]) => [
    name,
    (bytes - (before.collections[name] ?? 0)) / orders,
  ])
  const topics = Object.entries(after.topics).map(([name, { bytes, messages }]) => {
    const was = before.topics[name] ?? { bytes: 0, messages: 0 }
    const added = { bytes: bytes - was.bytes, messages: messages - was.messages }
    return [name, { bytes: added.bytes / orders, messages: added.messages / orders }]
  })
  return { collections: Object.fromEntries(collections), topics: Object.fromEntries(topics) }
}

async function keptIn(url: string): Promise<Record<string, number>> {
  const client = new MongoClient(url, { retryWrites: false })
  try {
    const db = client.db('prooftrail')
    const kept: Record<string, number> = {}
    for (const { name } of await db.listCollections().toArray()) {
      let bytes = 0
      for await (const one of db.collection(name).find()) bytes += BSON.calculateObjectSize(one)
      kept[name] = bytes
    }
    return kept
  } finally {
    await client.close()
  }
}

async function keptOn(kafka: Kafka): Promise<Kept['topics']> {
  const kept: Kept['topics'] = {}
  const ends = await endsOf(kafka, (topic) => topic.startsWith('prooftrail.'))
  await readTopics(kafka, ends, (topic, message) => {
    const { bytes, messages } = kept[topic] ?? { bytes: 0, messages: 0 }
    kept[topic] = { bytes: bytes + bytesOf(message), messages: messages + 1 }
  })
  return kept
}

function bytesOf({ key, value, headers = {} }: KafkaMessage): number {
  const named = Object.entries(headers).map(
    ([name, text]) => name.length + Buffer.byteLength(String(text ?? '')),
  )
  return [key?.length ?? 0, value?.length ?? 0, ...named].reduce((sum, one) => sum + one, 0)
}
