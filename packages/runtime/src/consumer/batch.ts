import type { EachBatchPayload, KafkaMessage, OffsetsByTopicPartition } from 'kafkajs'
import type { Logger } from 'pino'
import type { Health } from '../health/health.ts'
import { aboutInput } from '../log.ts'
import type { ServiceMetrics } from '../metrics.ts'
import type { RoundInput } from '../round-input.ts'
import { type Parking, parkable } from '../rounds/park.ts'
import type { Input, Refusal } from '../service.ts'
import type { Hands } from './admission.ts'
import { type EmptyBatch, whileAlive } from './group-member.ts'
import { makeOffsets, type Offsets } from './offsets.ts'
import { ParkingLot } from './parking-lot.ts'
import { MessageOrigin, type Read, type Readable, readMessage } from './read-message.ts'

export interface BatchOptions<I extends Input> {
  reader: Readable
  /** Resolves when the inputs were decided and published; `saved` when the last of them is saved. */
  take(inputs: RoundInput<I>[]): Promise<{ saved: Promise<unknown> | undefined }>
  park(entries: readonly Parking[]): Promise<void>
  health: Health
  metrics: ServiceMetrics
  log: Logger
  /** Topics whose messages nobody waits for: a few are taken at a time, and others between. */
  patient?: ReadonlySet<string> | undefined
}

/** What a handler of batches does with them beside taking their messages. */
export interface BatchTools<I extends Input> extends BatchOptions<I> {
  /** @throws when the offsets are not committed */
  commit(offsets: OffsetsByTopicPartition): Promise<void>
}

const RESUME_MS = 1_000
/** So many inputs of one partition are taken at once, and so many messages are read for them: garbage is cheap. */
const MOST_INPUTS = 200
const MOST_READ = 2_000
/** Of a patient topic so many are taken at once, and then none for so many times as long as they took. */
const SLICE = 100
const PAUSE_SHARE = 3
const MOST_PAUSE_MS = 1_000

type Batch = EachBatchPayload['batch']

/** Reads the messages of batches, hands them on as inputs, and moves offsets behind them. */
export class BatchHandler<I extends Input> implements Hands<I> {
  readonly #options: BatchTools<I>
  readonly #offsets: Offsets
  readonly #lot: ParkingLot
  /** By partition, or by the first input: the append time of the first message in hand. */
  readonly #inHand = new Map<unknown, number>()
  readonly #lags = new Map<string, { topic: string; lag: number }>()
  /** By partition: resolves when what it handed on is saved. */
  readonly #unsaved = new Map<string, Promise<void>>()

  constructor(options: BatchTools<I>) {
    this.#options = options
    this.#offsets = makeOffsets(options.commit, options.log)
    this.#lot = new ParkingLot({
      park: (entries) => options.health.keepTrying('parking', () => options.park(entries)),
    })
    options.metrics.live.consumers.push({
      oldest: () => Math.min(...this.#inHand.values()),
      lags: () => [...this.#lags.values()],
    })
  }

  /** Handles one batch. It never throws: what was not taken is delivered again (C3). */
  async handle(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload
    const place = placeOf(batch)
    this.#inHand.set(place, Number(batch.messages[0]?.timestamp ?? Date.now()))
    try {
      await whileAlive(payload, () => this.#take(payload))
    } catch (error) {
      this.left(error, batch.topic)
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
    await this.#lot.idle()
    await new Promise((resolve) => setImmediate(resolve))
    await this.#offsets.flush()
  }

  /** Reads one message; what is not readable is counted as parked. */
  read(
    { topic, partition }: Pick<Batch, 'topic' | 'partition'>,
    message: KafkaMessage,
  ): Read<I> | Promise<Read<I>> {
    const origin = new MessageOrigin(topic, partition, message)
    const read = readMessage<I>(this.#options.reader, origin, origin.at)
    return read instanceof Promise
      ? read.then((later) => this.#counted(later, origin))
      : this.#counted(read, origin)
  }

  #counted(read: Read<I>, { topic, partition, offset }: MessageOrigin): Read<I> {
    const { metrics, log } = this.#options
    if ('poison' in read) {
      const { code } = read
      metrics.parked.inc({ code })
      log.info({ code, topic, partition, offset }, 'parked: not readable')
    }
    return read
  }

  /**
   * Has the inputs decided; what is to be parked is parked beside, and nobody waits for it but the
   * offset. @throws when it is given up: it is delivered again
   */
  async handOn(inputs: readonly RoundInput<I>[], poison: readonly Parking[]) {
    const { parked } = await this.#lot.add(poison)
    const { saved } = await this.#decide(inputs)
    if (poison.length === 0) return { saved }
    return { saved: saved === undefined ? parked : Promise.all([saved, parked]) }
  }

  async #decide(
    inputs: readonly RoundInput<I>[],
  ): Promise<{ saved: Promise<unknown> | undefined }> {
    const [first] = inputs
    if (first === undefined) return { saved: undefined }
    this.#inHand.set(first, Date.parse(first.input.at))
    try {
      return await this.#options.take([...inputs])
    } finally {
      this.#inHand.delete(first)
    }
  }

  /** An input that is refused before it is decided, to be parked; it is counted. */
  refuse(entry: RoundInput<I>, refusal: Refusal): Parking {
    const { input, origin } = entry
    const { reader, metrics, log } = this.#options
    metrics.parked.inc({ code: refusal.code })
    const about = { code: refusal.code, input: input.type, ...aboutInput(entry) }
    log.info(about, `parked: ${refusal.detail}`)
    return parkable(reader.name, input, origin, refusal, undefined)
  }

  keepTrying<T>(act: () => Promise<T>): Promise<T> {
    return this.#options.health.keepTrying('admission', act)
  }

  /** What was not taken is delivered again. */
  left(error: unknown, topic?: string): void {
    this.#options.log.info({ err: error, topic }, 'a batch was left; it is delivered again')
  }

  /**
   * Takes the first messages of a batch; the rest is fetched again. The next fetch waits until all
   * batches of this one are taken, so what comes on other topics would wait for the whole of it.
   */
  async #take(payload: EachBatchPayload): Promise<void> {
    const { topic, messages } = payload.batch
    const isPatient = this.#options.patient?.has(topic) === true
    const began = performance.now()
    const { inputs, poison, last, outage } = await this.#read(
      payload.batch,
      isPatient ? SLICE : MOST_INPUTS,
    )
    const { saved } = await this.handOn(inputs, poison)
    if (outage !== undefined) this.pause(payload, outage)
    else if (isPatient && last !== messages.at(-1)?.offset) {
      const took = performance.now() - began
      setTimeout(payload.pause(), Math.min(MOST_PAUSE_MS, PAUSE_SHARE * took)).unref()
    }
    if (last === undefined) return
    this.#move(payload, last, saved)
    // The group is left as soon as the last batch returns: what was done is committed before.
    if (this.#options.health.stopping) await this.flush()
  }

  /** Messages up to so many inputs, or up to the first that cannot be read now. */
  async #read(batch: Batch, mostInputs: number) {
    const inputs: RoundInput<I>[] = []
    const poison: Parking[] = []
    let last: string | undefined
    for (const message of batch.messages) {
      if (inputs.length >= mostInputs || inputs.length + poison.length >= MOST_READ) break
      const reading = this.read(batch, message)
      const read = reading instanceof Promise ? await reading : reading
      if ('outage' in read) return { inputs, poison, last, outage: read.outage }
      if ('input' in read) inputs.push(read.input)
      else poison.push(read.poison)
      last = message.offset
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
    this.#behind(place, saved, () => this.moved({ topic, partition, highWatermark }, offset))
  }

  /** The partition may be committed up to this offset: nothing before it can be lost. */
  moved(
    { topic, partition, highWatermark }: Pick<Batch, 'topic' | 'partition' | 'highWatermark'>,
    offset: string,
  ): void {
    this.#offsets.moved({ topic, partition, offset })
    const lag = Number(BigInt(highWatermark) - BigInt(offset))
    this.#lags.set(placeOf({ topic, partition }), { topic, lag: Math.max(0, lag) })
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
    // Given up: nothing of the partition is committed behind it, and all that is delivered again.
    next.catch((error: unknown) => this.left(error))
    this.#unsaved.set(place, next)
  }

  /** C2: an outage of the registry pauses this partition for a while. */
  pause({ pause, batch }: EachBatchPayload, outage: unknown): void {
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
