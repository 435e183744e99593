import { setTimeout as pause } from 'node:timers/promises'
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
  /** Topics whose messages nobody waits for: a few are taken at a time, with rests between. */
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
const REST_SHARE = 3
const MOST_REST_MS = 1_000
/** So much of what was fetched may wait beside the consumer's loop; more of it is fetched again. */
const MOST_BESIDE_BYTES = 32 * 1024 * 1024

type Batch = EachBatchPayload['batch']

/** What is left of a batch, from this message on, and how long what came before it took. */
interface Rest {
  payload: EachBatchPayload
  next: number
  tookMs: number
}

/** Reads the messages of batches, hands them on as inputs, and moves offsets behind them. */
export class BatchHandler<I extends Input> implements Hands<I> {
  readonly #options: BatchTools<I>
  readonly #offsets: Offsets
  readonly #lot: ParkingLot
  /** By batch, or by the first input: the append time of the first message in hand. */
  readonly #inHand = new Map<unknown, number>()
  readonly #lags = new Map<string, { topic: string; lag: number }>()
  /** By partition: resolves when what it handed on is saved. */
  readonly #unsaved = new Map<string, Promise<void>>()
  /** What is being taken beside the consumer's loop, and how many bytes of it there are. */
  readonly #beside = new Set<Promise<void>>()
  #besideBytes = 0
  /** Batches that an outage ended. */
  readonly #paused = new WeakSet<EachBatchPayload>()
  readonly #stopped = new AbortController()
  /** Of what was assigned: after a rebalance partitions may be others'. */
  #assignment = 0

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

  /**
   * Handles one batch. It never throws: what was not taken is delivered again (C3).
   * The consumer's next fetch waits until this resolves, for all batches of the fetch before, so what
   * others sent on other partitions would wait for the whole of a long one: of that the first messages
   * are taken, the rest beside, and its partition alone is paused until then. Not at once: the next
   * fetch leaves a paused partition out, and may wait long for what others have.
   */
  async handle(payload: EachBatchPayload): Promise<void> {
    this.#inHand.set(payload, Number(payload.batch.messages[0]?.timestamp ?? Date.now()))
    const began = performance.now()
    const next = await whileAlive(payload, () => this.#taken(payload, 0))
    if (next === undefined) {
      this.#inHand.delete(payload)
      return
    }
    const rest = { payload, next, tookMs: performance.now() - began }
    const bytes = bytesOf(payload.batch.messages.slice(next))
    if (this.#besideBytes + bytes <= MOST_BESIDE_BYTES) this.#takeBeside(rest, bytes)
    else this.#leaveRest(rest)
  }

  /** It is not resolved, and fetched again; of a patient topic after a rest. */
  #leaveRest({ payload, tookMs }: Rest): void {
    this.#inHand.delete(payload)
    if (!this.#isPatient(payload.batch)) return
    setTimeout(payload.pause(), Math.min(MOST_REST_MS, REST_SHARE * tookMs)).unref()
  }

  #takeBeside(rest: Rest, bytes: number): void {
    const resume = rest.payload.pause()
    this.#besideBytes += bytes
    const taking = this.#takeRest(rest).finally(() => {
      this.#besideBytes -= bytes
      this.#beside.delete(taking)
      // whoever paused it for an outage resumes it
      if (!this.#paused.has(rest.payload)) resume()
    })
    this.#beside.add(taking)
  }

  /** Takes what is left of a batch, in parts; of a patient topic with rests. It never throws. */
  async #takeRest({ payload, next: from, tookMs }: Rest): Promise<void> {
    const { batch } = payload
    const assignment = this.#assignment
    const { signal } = this.#stopped
    let took = tookMs
    for (let next: number | undefined = from; next !== undefined && !signal.aborted; ) {
      if (this.#isPatient(batch)) {
        const ms = Math.min(MOST_REST_MS, REST_SHARE * took)
        await pause(ms, undefined, { signal, ref: false }).catch(() => undefined)
      }
      if (this.#assignment !== assignment || signal.aborted) break
      const began = performance.now()
      next = await this.#taken(payload, next)
      took = performance.now() - began
    }
    this.#inHand.delete(payload)
  }

  #isPatient({ topic }: Pick<Batch, 'topic'>): boolean {
    return this.#options.patient?.has(topic) === true
  }

  /** Answers which message of the batch is the next to be taken, if any. It never throws. */
  async #taken(payload: EachBatchPayload, from: number): Promise<number | undefined> {
    try {
      return await this.#take(payload, from)
    } catch (error) {
      this.left(error, payload.batch.topic)
      return undefined
    }
  }

  /** Moves the offset behind a batch without messages, once what came before it is saved. */
  passed(batch: EmptyBatch): void {
    this.#moveBehind(batch, batch.lastOffset, undefined)
  }

  /** After a rebalance the lags and the offsets to commit are those of other partitions. */
  forget(): void {
    this.#assignment += 1
    this.#lags.clear()
    this.#offsets.forget()
  }

  /** Takes nothing more beside the consumer's loop; resolves when what was taken is committed. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    await Promise.all(this.#beside)
    await this.flush()
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

  /** Takes messages of a batch from this one on; answers which is the next, if any. @throws when given up */
  async #take(payload: EachBatchPayload, from: number): Promise<number | undefined> {
    const { batch } = payload
    const { messages } = batch
    const assignment = this.#assignment
    const most = this.#isPatient(batch) ? SLICE : MOST_INPUTS
    const { inputs, poison, count, outage } = await this.#read(batch, from, most)
    const { saved } = await this.handOn(inputs, poison)
    if (this.#assignment !== assignment) return undefined
    const last = count === 0 ? undefined : messages[from + count - 1]?.offset
    if (last !== undefined) this.#move(payload, last, saved)
    // The group is left as soon as the last batch returns: what was done is committed before.
    if (this.#options.health.stopping) await this.flush()
    if (outage !== undefined) {
      this.#paused.add(payload)
      this.pause(payload, outage)
      return undefined
    }
    const next = from + count
    return next < messages.length ? next : undefined
  }

  /** Messages up to so many inputs, or up to the first that cannot be read now. */
  async #read(batch: Batch, from: number, mostInputs: number) {
    const inputs: RoundInput<I>[] = []
    const poison: Parking[] = []
    for (const message of batch.messages.slice(from, from + MOST_READ)) {
      if (inputs.length >= mostInputs) break
      const reading = this.read(batch, message)
      const read = reading instanceof Promise ? await reading : reading
      const count = inputs.length + poison.length
      if ('outage' in read) return { inputs, poison, count, outage: read.outage }
      if ('input' in read) inputs.push(read.input)
      else poison.push(read.poison)
    }
    return { inputs, poison, count: inputs.length + poison.length, outage: undefined }
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

function bytesOf(messages: readonly KafkaMessage[]): number {
  return messages.reduce(
    (sum, { value, key }) => sum + (value?.length ?? 0) + (key?.length ?? 0),
    0,
  )
}

function placeOf({ topic, partition }: Pick<Batch, 'topic' | 'partition'>): string {
  return `${topic}\n${partition}`
}
