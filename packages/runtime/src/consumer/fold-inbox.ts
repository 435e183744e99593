import type { TopicName } from '@prooftrail/contracts'
import type { KafkaMessage } from 'kafkajs'
import type { Logger } from 'pino'
import type { Health } from '../health/health.ts'
import type { ServiceMetrics } from '../metrics.ts'
import type { Publisher } from '../outbox/publisher.ts'
import { type Parking, parkable, parkedMessage } from '../rounds/park.ts'
import type { Message } from '../service-types.ts'
import type { FoldMessage, Refuse } from './fold.ts'
import { MessageOrigin, type Read, type Readable, readMessage } from './read-message.ts'

export interface FoldInboxOptions {
  /** The whole name of the topic. */
  topic: string
  reader: Readable
  publisher: Publisher
  health: Health
  metrics: Pick<ServiceMetrics, 'parked'>
  log: Logger
}

/** A message as it was read: poison has no data. */
export interface ReadMessage<T extends TopicName> extends FoldMessage<T> {
  read: Exclude<Read<Message<T>>, { outage: unknown }>
}

/** Reads the messages of a fold's one partition, and parks what cannot be read or is refused. */
export class FoldInbox<T extends TopicName> {
  readonly #options: FoldInboxOptions
  /** Offsets that were parked and may come again: parking them once is enough. */
  readonly #parked = new Set<number>()

  constructor(options: FoldInboxOptions) {
    this.#options = options
  }

  /** Reads messages and parks what is poison. @throws in an outage, once stopping */
  async read(messages: readonly KafkaMessage[]): Promise<ReadMessage<T>[]> {
    const all: ReadMessage<T>[] = []
    for (const message of messages) all.push(await this.#readOne(message))
    await this.#park(
      all.flatMap(({ offset, read }) =>
        'poison' in read ? [{ offset, parking: read.poison }] : [],
      ),
    )
    return all
  }

  /** What parks messages among these; poison was parked already. */
  refuse(all: readonly ReadMessage<T>[]): Refuse {
    const { name } = this.#options.reader
    const byOffset = new Map(all.map(({ offset, read }) => [offset, read]))
    return (refused) =>
      this.#park(
        refused.flatMap(({ offset, refusal }) => {
          const read = byOffset.get(offset)
          if (read === undefined || 'poison' in read) return []
          const { input, origin } = read.input
          return [{ offset, parking: parkable(name, input, origin, refusal, undefined) }]
        }),
      )
  }

  /** Forgets what is behind the head. */
  passed(head: number): void {
    for (const offset of this.#parked) if (offset < head) this.#parked.delete(offset)
  }

  /** The registry's outage is waited for. */
  async #readOne(message: KafkaMessage): Promise<ReadMessage<T>> {
    const { topic, reader, health } = this.#options
    const origin = new MessageOrigin(topic, 0, message)
    const { at } = origin
    const read = await health.keepTrying('registry', async () => {
      const one = await readMessage<Message<T>>(reader, origin, at)
      if ('outage' in one) throw one.outage
      return one
    })
    const data = 'poison' in read ? undefined : read.input.input.data
    return { offset: Number(message.offset), at, data, read }
  }

  async #park(entries: readonly { offset: number; parking: Parking }[]): Promise<void> {
    const { publisher, reader, health, metrics, log } = this.#options
    const fresh = entries.filter(({ offset }) => !this.#parked.has(offset))
    if (fresh.length === 0) return
    const messages = fresh.map(({ parking }) => parkedMessage(reader.codec, reader, parking))
    await health.keepTrying('parking', () => publisher.publish(messages))
    for (const { offset, parking } of fresh) {
      const { reason_code: code, detail, topic } = parking.value
      this.#parked.add(offset)
      metrics.parked.inc({ code })
      log.info({ code, topic, offset }, `parked: ${detail}`)
    }
  }
}
