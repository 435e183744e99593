import { nameOfTopic, topics } from '@prooftrail/contracts'
import type { Message, Producer } from 'kafkajs'
import type { Outgoing } from '../documents/document.ts'
import { saysAbsent } from '../health/retry.ts'

/** Sends messages; answers the topics that could not take theirs. Throws when the broker is away. */
export type Publish = (messages: readonly Outgoing[]) => Promise<Set<string>>

/** A topic that does not exist costs seconds to ask for: it is asked for again after this. */
const ABSENT_MS = 30_000
/** What a record takes besides key, value and headers. */
const RECORD = 96

type Batch = Map<string, Message[]>

/**
 * One produce request for all topics of the catalogue, or as many as their size limits ask for: a
 * broker holds a topic's limit against all records of a request for one partition together.
 * A tool's own topics go apart: one missing topic fails a whole request, and a tool team's mistake
 * must hold up its own orders only.
 */
export function makePublish(producer: Producer, isOfTool: (topic: string) => boolean): Publish {
  const absent = new Map<string, number>()

  async function sendToTool(topic: string, messages: readonly Outgoing[]): Promise<boolean> {
    if ((absent.get(topic) ?? 0) > Date.now()) return false
    try {
      await send(producer, messages)
      return true
    } catch (error) {
      if (!saysAbsent(error)) throw error
      absent.set(topic, Date.now() + ABSENT_MS)
      return false
    }
  }

  return async (messages) => {
    const core = messages.filter(({ topic }) => !isOfTool(topic))
    const tools = new Map<string, Outgoing[]>()
    for (const message of messages) {
      if (!isOfTool(message.topic)) continue
      tools.set(message.topic, [...(tools.get(message.topic) ?? []), message])
    }
    const failed = new Set<string>()
    await Promise.all([
      send(producer, core),
      ...[...tools].map(async ([topic, list]) => {
        if (!(await sendToTool(topic, list))) failed.add(topic)
      }),
    ])
    return failed
  }
}

async function send(producer: Producer, messages: readonly Outgoing[]): Promise<void> {
  for (const batch of split(messages)) {
    await producer.sendBatch({
      acks: -1,
      topicMessages: [...batch].map(([topic, list]) => ({ topic, messages: list })),
    })
  }
}

/** Requests in order; no topic's share of one exceeds what the topic takes at once. */
export function split(messages: readonly Outgoing[]): Batch[] {
  const batches: Batch[] = []
  const filled = new Map<string, { batch: number; bytes: number }>()
  for (const message of messages) {
    const { topic, key, value, headers } = message
    const bytes = sizeOf(message)
    const place = filled.get(topic) ?? { batch: 0, bytes: 0 }
    if (place.bytes > 0 && place.bytes + bytes > limitOf(topic)) {
      place.batch += 1
      place.bytes = 0
    }
    place.bytes += bytes
    filled.set(topic, place)
    const batch = batches[place.batch] ?? new Map<string, Message[]>()
    batches[place.batch] = batch
    const list = batch.get(topic)
    if (list) list.push({ key, value, headers })
    else batch.set(topic, [{ key, value, headers }])
  }
  return batches
}

function sizeOf({ key, value, headers }: Outgoing): number {
  let bytes = RECORD + Buffer.byteLength(key) + value.length
  for (const [name, text] of Object.entries(headers)) {
    bytes += name.length + Buffer.byteLength(text) + 4
  }
  return bytes
}

function limitOf(topic: string): number {
  const name = nameOfTopic(topic)
  return (name === undefined ? 1_048_576 : topics[name].max_message_bytes) - RECORD
}
