import {
  type Codec,
  nameOfTopic,
  type ParkedDecided,
  senderOf,
  topicFor,
  topics,
} from '@prooftrail/contracts'
import type { EachBatchPayload, Kafka, KafkaMessage, Producer } from 'kafkajs'
import type { Logger } from 'pino'
import { GroupMember, whileAlive } from '../consumer/group-member.ts'
import { MessageOrigin, readMessage } from '../consumer/read-message.ts'
import { decodeHeaders, encodeHeaders } from '../headers.ts'
import { Health } from '../health/health.ts'
import type { Starting } from '../health/starting.ts'
import { aboutDocument } from '../log.ts'
import { messageId } from '../message.ts'
import type { ServiceMetrics } from '../metrics.ts'
import type { Publisher } from '../outbox/publisher.ts'
import { parkedMessage, SENT_AGAIN } from '../rounds/park.ts'
import { type Input, Refusal } from '../service.ts'
import { notSentAgain } from './not-sent-again.ts'
import { nameOf, openPlaceReader, type Place, type PlaceReader } from './place-reader.ts'

/**
 * Does what people decided about parked messages, in the order of the topic.
 * D1 Whoever sends a topic's messages again (`senderOf`) takes them from where they stand, compares
 *    them with what was parked, and appends key, value and headers as they are, to the same partition.
 *    So nobody can have written what did not stand there.
 * D2 The message says in a header that it was sent again, and by which sending. Its id is that of the
 *    first one: whoever has decided it skips it, whoever parks it again parks the same.
 * D3 What cannot be sent is told on the topic of parked messages (PT-9060): it is open again.
 * D4 What a service's document is blocked by, and was given up, goes out of the document.
 * D5 Offsets move behind what was done. A process that dies costs a repeated message, never a lost one.
 */

export interface DecidedOptions {
  service: string
  kafka: Kafka
  producer: Pick<Producer, 'send'>
  codec: Codec
  publisher: Publisher
  metrics: ServiceMetrics
  starting: Starting
  log: Logger
  /** Gives a parked input of a document of this service up. */
  discard(document: string, input: string): Promise<void>
  /** Opens what reads originals where they stand. */
  openReader?: typeof openPlaceReader
}

/** So many are read before they are sent: a message may have megabytes. */
const TOGETHER = 25
const NAME = 'parked.decided'
/** So often originals may come late before what did not come counts as gone. */
const MOST_LATE = 5

export class DecidedParked {
  readonly #options: DecidedOptions
  readonly #health: Health
  readonly #member: GroupMember
  readonly #topic = topicFor(NAME)
  /** Open while a batch is in hand. */
  #reader: { topics: ReadonlySet<string>; reader: PlaceReader } | undefined

  constructor(options: DecidedOptions) {
    const { service, kafka, metrics, starting, log } = options
    this.#options = options
    this.#health = new Health(log, metrics)
    this.#member = new GroupMember({
      ...{ kafka, topics: [this.#topic], health: this.#health, starting, log },
      group: `prooftrail.${service}-parked`,
      joined: () => undefined,
      eachBatch: (payload) => this.#eachBatch(payload),
      passed: () => undefined,
    })
  }

  start(): Promise<void> {
    this.#health.turned()
    return this.#member.start()
  }

  /** What `/readyz` answers of it. */
  failing(): string | undefined {
    return this.#health.fault()
  }

  turnedAt(): number {
    return this.#health.turnedAt
  }

  turns() {
    return this.#health.turns()
  }

  async stop(): Promise<void> {
    this.#health.stop()
    await this.#member.stop()
  }

  async #eachBatch(payload: EachBatchPayload): Promise<void> {
    try {
      await whileAlive(payload, () => this.#take(payload))
    } catch (error) {
      this.#options.log.info({ err: error }, 'decisions about parked messages come again')
    } finally {
      await this.#closeReader()
    }
  }

  /** Some at a time, each committed: a stop in between repeats nothing. @throws once stopping */
  async #take({ batch, resolveOffset, isRunning, isStale }: EachBatchPayload): Promise<void> {
    const { messages } = batch
    for (let from = 0; from < messages.length; from += TOGETHER) {
      if (!isRunning() || isStale()) return
      const some = messages.slice(from, from + TOGETHER)
      const decided: ParkedDecided[] = []
      for (const message of some) decided.push(...(await this.#read(message)))
      await this.#act(decided.filter((one) => this.#isOwn(one)))
      const last = some.at(-1)?.offset ?? batch.lastOffset()
      const partitions = [{ partition: 0, offset: String(Number(last) + 1) }]
      await this.#member.commit({ topics: [{ topic: this.#topic, partitions }] })
      resolveOffset(last)
      this.#health.progressed()
    }
  }

  #isOwn(decided: ParkedDecided): boolean {
    return isToSend(decided, this.#options.service) || this.#isGivenUp(decided)
  }

  /** Only the console writes there, and what it cannot have written is nobody's decision. */
  async #read(message: KafkaMessage): Promise<ParkedDecided[]> {
    const { service, codec, log } = this.#options
    const origin = new MessageOrigin(this.#topic, 0, message)
    return this.#health.keepTrying('registry', async () => {
      const read = await readMessage<Input<'parked.decided', ParkedDecided>>(
        { name: service, codec },
        origin,
        origin.at,
      )
      if ('outage' in read) throw read.outage
      if ('input' in read) return [read.input.input.data]
      log.warn({ code: read.code, offset: message.offset }, 'a decision that cannot be read')
      return []
    })
  }

  /** In their order: what is given up before what is sent, where it came before. */
  async #act(decided: readonly ParkedDecided[]): Promise<void> {
    const sent = decided.filter(({ act }) => act === 'send')
    const found = await this.#originals(sent)
    for (const one of decided) {
      if (this.#isGivenUp(one)) {
        await this.#options.discard(one.document ?? '', one.input)
        const { document = '', parked_id: parked, input } = one
        const about = { parked, input, ...aboutDocument(document) }
        this.#options.log.info(about, 'a parked input was given up')
      } else await this.#sendAgain(one, found.get(nameOf(one)))
    }
  }

  #isGivenUp({ act, service, document }: ParkedDecided): boolean {
    return act === 'discard' && service === this.#options.service && document !== undefined
  }

  /**
   * The reader stays open while a batch is in hand: joining takes longer than reading. A broker that is slow
   * is asked again, some times: what it never gives is not there.
   */
  async #originals(places: readonly Place[]): Promise<Map<string, MessageOrigin>> {
    if (places.length === 0) return new Map()
    const { kafka, service, openReader = openPlaceReader } = this.#options
    const group = `prooftrail.${service}-again`
    let late = 0
    const named = new Set(places.map(({ topic }) => topic))
    return this.#health.keepTrying('kafka', async () => {
      try {
        if (![...named].every((topic) => this.#reader?.topics.has(topic))) {
          await this.#closeReader()
          const topics = new Set(named)
          this.#reader = { topics, reader: await openReader(kafka, group, [...topics]) }
        }
        const found = await this.#reader?.reader.read(places)
        if (found?.isLate) late += 1
        if (found?.isLate && late < MOST_LATE) throw new Error('originals did not come in time')
        return found?.messages ?? new Map()
      } catch (error) {
        await this.#closeReader()
        throw error
      }
    })
  }

  async #closeReader(): Promise<void> {
    await this.#reader?.reader.close()
    this.#reader = undefined
  }

  async #sendAgain(decided: ParkedDecided, origin: MessageOrigin | undefined): Promise<void> {
    const { producer, publisher, codec, log, service } = this.#options
    const { topic, partition, offset, input, number } = decided
    const found = origin && messageId(topic, origin.key?.toString(), origin.value ?? NOTHING)
    if (origin === undefined || found !== input) {
      const why = origin ? `another message is at ${offset}` : `nothing is at ${offset} any more`
      const parking = notSentAgain(decided, new Refusal('PT-9060', why))
      await this.#health.keepTrying('parking', async () => {
        await codec.ready(['parked'])
        await publisher.publish([parkedMessage(codec, { name: service }, parking)])
      })
      return
    }
    const { key, value } = origin
    // a client's names that every object has gather what is no value; those are left out
    const headers = {
      ...decodeHeaders(encodeHeaders(origin.headers)),
      [SENT_AGAIN]: String(number),
    }
    const messages = [{ key, value, headers, partition }]
    await this.#health.keepTrying('kafka', () => producer.send({ topic, acks: -1, messages }))
    const { parked_id: parked, document } = decided
    const about = document === undefined ? {} : aboutDocument(document)
    log.info({ topic, partition, offset, number, parked, ...about }, 'sent again')
  }
}

const NOTHING = Buffer.alloc(0)

function isToSend({ act, topic }: ParkedDecided, service: string): boolean {
  const name = nameOfTopic(topic)
  return act === 'send' && name !== undefined && senderOf(topics[name]) === service
}
