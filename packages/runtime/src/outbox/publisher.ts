import { nameOfTopic, topics } from '@prooftrail/contracts'
import type { Message, Producer } from 'kafkajs'
import type { Outgoing } from '../documents/document.ts'
import { saysAbsent } from '../health/retry.ts'

/** Publishes messages; the outbox needs no more of a broker. */
export interface Publisher {
  /** @returns the topics that could not take theirs. @throws when the broker is away */
  publish(messages: readonly Outgoing[]): Promise<Set<string>>
}

/** A topic that does not exist costs seconds to ask for: it is asked for again after this. */
const ABSENT_MS = 30_000
/** What a record takes besides key, value and headers. */
const RECORD = 96

type Batch = Map<string, Message[]>

/**
 * Publishes one produce request for all topics of the catalogue, or as many as their size limits ask
 * for: a broker compares a topic's limit with all records of a request for one partition together.
 * A tool's own topics go apart: one missing topic fails a whole request, and a tool team's mistake
 * must hold up its own orders only.
 */
export class OutboxPublisher implements Publisher {
  readonly #producer: Producer
  readonly #isOfTool: (topic: string) => boolean
  /** Missing topics, and until when they are not asked for again. */
  readonly #absent = new Map<string, number>()

  constructor(producer: Producer, isOfTool: (topic: string) => boolean) {
    this.#producer = producer
    this.#isOfTool = isOfTool
  }

  async publish(messages: readonly Outgoing[]): Promise<Set<string>> {
    const core: Outgoing[] = []
    const ofTools = new Map<string, Outgoing[]>()
    for (const message of messages) {
      const { topic } = message
      const list = ofTools.get(topic)
      if (list) list.push(message)
      else if (this.#isOfTool(topic)) ofTools.set(topic, [message])
      else core.push(message)
    }
    const failed = new Set<string>()
    await Promise.all([
      send(this.#producer, core),
      ...[...ofTools].map(async ([topic, list]) => {
        if (!(await this.#sendToTool(topic, list))) failed.add(topic)
      }),
    ])
    return failed
  }

  /** Answers whether the topic exists. */
  async #sendToTool(topic: string, messages: readonly Outgoing[]): Promise<boolean> {
    if ((this.#absent.get(topic) ?? 0) > Date.now()) return false
    try {
      await send(this.#producer, messages)
      return true
    } catch (error) {
      if (!saysAbsent(error)) throw error
      this.#absent.set(topic, Date.now() + ABSENT_MS)
      return false
    }
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
