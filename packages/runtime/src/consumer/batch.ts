import type { EachBatchPayload, KafkaMessage, OffsetsByTopicPartition } from 'kafkajs'
import type { Logger } from 'pino'
import type { Health } from '../health/health.ts'
import type { ServiceMetrics } from '../metrics.ts'
import type { RoundInput } from '../round-input.ts'
import type { Parking } from '../rounds/park.ts'
import type { Input } from '../service.ts'
import type { Handled } from './admission.ts'
import { type EmptyBatch, whileAlive } from './group-member.ts'
import { makeOffsets, type Offsets } from './offsets.ts'
import { MessageOrigin, type Readable, readMessage } from './read-message.ts'

export interface BatchOptions<I extends Input> {
  reader: Readable
  /** Resolves when the inputs were decided and published; `saved` when the last of them is saved. */
  take(inputs: RoundInput<I>[]): Promise<{ saved: Promise<unknown> | undefined }>
  park(entries: readonly Parking[]): Promise<void>
  health: Health
  metrics: ServiceMetrics
  log: Logger
}

/** What a handler of batches does with them beside taking their messages. */
export interface BatchTools<I extends Input> extends BatchOptions<I> {
  /** @throws when the offsets are not committed */
  commit(offsets: OffsetsByTopicPartition): Promise<void>
}

const RESUME_MS = 1_000

type Batch = EachBatchPayload['batch']

/** Reads the messages of batches, hands them on as inputs, and moves offsets behind them. */
export class BatchHandler<I extends Input> {
  readonly #options: BatchTools<I>
  readonly #offsets: Offsets
  /** By partition: the append time of the first message in hand. */
  readonly #inHand = new Map<string, number>()
  readonly #lags = new Map<string, { topic: string; lag: number }>()
  /** By partition: resolves when what it handed on is saved. */
  readonly #unsaved = new Map<string, Promise<void>>()

  constructor(options: BatchTools<I>) {
    this.#options = options
    this.#offsets = makeOffsets(options.commit, options.log)
    options.metrics.live.consumers.push({
      oldest: () => Math.min(...this.#inHand.values()),
      lags: () => [...this.#lags.values()],
    })
  }

  /** Handles messages of one batch. It never throws: what was not taken is delivered again (C3). */
  async handle(payload: EachBatchPayload, messages: readonly KafkaMessage[]): Promise<Handled> {
    const { batch } = payload
    const place = placeOf(batch)
    this.#inHand.set(place, Number(messages[0]?.timestamp ?? Date.now()))
    try {
      return await whileAlive(payload, () => this.#take(payload, messages))
    } catch (error) {
      const about = { err: error, topic: batch.topic }
      this.#options.log.info(about, 'a batch was left; it is delivered again')
      return 'left'
    } finally {
      this.#inHand.delete(place)
    }
  }

  /** Moves the offset behind a batch without messages, once what came before it is saved. */
  passed(batch: EmptyBatch): void {
    this.#moveBehind(batch, batch.lastOffset, undefined)
  }

  /** After a rebalance the lags and the offsets to commit are those of other partitions. */
  forget(): void {
    this.#lags.clear()
    this.#offsets.forget()
  }

  /** Commits what moved; what stays unsaved, because the database is away, is not waited for. */
  async flush(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    await this.#offsets.flush()
  }

  async #take(payload: EachBatchPayload, messages: readonly KafkaMessage[]): Promise<Handled> {
    const { take, park, health } = this.#options
    const { inputs, poison, last, outage } = await this.#read(payload.batch, messages)
    if (poison.length > 0) await health.keepTrying('parking', () => park(poison))
    const taken = inputs.length > 0 ? await take(inputs) : undefined
    if (outage !== undefined) this.#pause(payload, outage)
    if (last === undefined) return 'paused'
    this.#move(payload, last, taken?.saved)
    // The group is left as soon as the last batch returns: what was done is committed before.
    if (health.stopping) await this.flush()
    return outage === undefined ? 'taken' : 'paused'
  }

  /** All messages up to the first that cannot be read now. */
  async #read({ topic, partition }: Batch, messages: readonly KafkaMessage[]) {
    const { reader, metrics, log } = this.#options
    const inputs: RoundInput<I>[] = []
    const poison: Parking[] = []
    let last: string | undefined
    for (const message of messages) {
      const { offset } = message
      const origin = new MessageOrigin(topic, partition, message)
      const reading = readMessage<I>(reader, origin, origin.at)
      const read = reading instanceof Promise ? await reading : reading
      if ('outage' in read) return { inputs, poison, last, outage: read.outage }
      if ('input' in read) inputs.push(read.input)
      else {
        poison.push(read.poison)
        metrics.parked.inc({ code: read.code })
        log.info({ code: read.code, topic, partition, offset }, 'parked: not readable')
      }
      last = offset
    }
    return { inputs, poison, last, outage: undefined }
  }

  /**
   * C1: fetching goes on behind `last` at once; its commit waits for `saved`. Behind a batch's last
   * message may be records that are none: the end of a transaction.
   */
  #move(
    { batch, resolveOffset }: EachBatchPayload,
    last: string,
    saved: Promise<unknown> | undefined,
  ): void {
    resolveOffset(last)
    const isWhole = last === batch.messages.at(-1)?.offset
    this.#moveBehind(batch, isWhole ? batch.lastOffset() : last, saved)
  }

  #moveBehind(
    { topic, partition, highWatermark }: Pick<Batch, 'topic' | 'partition' | 'highWatermark'>,
    last: string,
    saved: Promise<unknown> | undefined,
  ): void {
    const place = placeOf({ topic, partition })
    const offset = (BigInt(last) + 1n).toString()
    this.#behind(place, saved, () => this.#offsets.moved({ topic, partition, offset }))
    const lag = Number(BigInt(highWatermark) - BigInt(offset))
    this.#lags.set(place, { topic, lag: Math.max(0, lag) })
  }

  /** Acts once `saved` has resolved and all that came before on this partition has acted. */
  #behind(place: string, saved: Promise<unknown> | undefined, act: () => void): void {
    const before = this.#unsaved.get(place)
    if (before === undefined && saved === undefined) {
      act()
      return
    }
    const next = Promise.all([before, saved]).then(() => {
      act()
      if (this.#unsaved.get(place) === next) this.#unsaved.delete(place)
    })
    this.#unsaved.set(place, next)
  }

  /** C2: an outage of the registry pauses this partition for a while. */
  #pause({ pause, batch }: EachBatchPayload, outage: unknown): void {
    const { health, log } = this.#options
    health.unavailable('registry', outage)
    log.warn({ topic: batch.topic, partition: batch.partition }, 'partition paused')
    const resume = pause()
    setTimeout(() => {
      health.available('registry')
      resume()
    }, RESUME_MS).unref()
  }
}

function placeOf({ topic, partition }: Pick<Batch, 'topic' | 'partition'>): string {
  return `${topic}\n${partition}`
}
