import type { EachBatchPayload, KafkaMessage } from 'kafkajs'
import pLimit from 'p-limit'
import type { AdmissionReadings } from '../metrics.ts'
import type { RoundInput } from '../round-input.ts'
import type { Parking } from '../rounds/park.ts'
import { type Input, Refusal } from '../service.ts'
import { DoneOffsets, type Place } from './admission-offsets.ts'
import { FairTurns, type Held } from './admission-turns.ts'
import type { EmptyBatch } from './group-member.ts'
import { MessageOrigin, type Read } from './read-message.ts'

/** Who sent an input, as its signature shows, and what is asked for, however often it is sent. */
export interface Sender {
  readonly name: string
  readonly work: string
}

/** Whose an input is; why it is nobody's, where that is certain; else undefined: it is to be decided. */
export type Claimed = Sender | Refusal | undefined

/**
 * How many inputs of one topic may be taken now. A service that must not take more than the stages
 * after it can finish gives one; what it does not grant waits for its turn, while all other topics
 * go on. Only what its sender has signed waits, and spends a grant.
 */
export interface AdmissionControl<I extends Input = Input> {
  /** The whole name of the topic. */
  readonly topic: string
  /** Whose each input is. @throws for an outage */
  sendersOf(inputs: readonly I[]): Promise<readonly Claimed[]>
  /** Why no more of this sender may wait, beside what waits already. */
  refusal(sender: string, held: Readonly<Held>, all: AllHeld): Refusal | undefined
  /** Whether the sender may have a turn now, as far as it alone is concerned. */
  mayServe(sender: string): boolean
  /** Whether one more input may be taken now; if so it counts as in hand until `taken`. */
  grant(sender: string, bytes: number): boolean
  /** Returns so many grants: those inputs were saved and published, or left for another time. */
  taken(count: number): void
  /** How many partitions of the topic this process has now. */
  assigned(partitions: number): void
  /** What waits here, for whoever asks how long. */
  watch(turns: Pick<FairTurns<unknown>, 'all' | 'of' | 'ahead'>): void
  /** Calls `listener` whenever there may be room again. */
  onRoom(listener: () => void): void
  readings(): AdmissionReadings
}

export interface AllHeld extends Readonly<Held> {
  readonly senders: number
}

/** What the queue needs of the consumer (batch.ts). */
export interface Hands<I extends Input> {
  /** Reads one message; what is unreadable is counted. */
  read(
    batch: Pick<EmptyBatch, 'topic' | 'partition'>,
    message: KafkaMessage,
  ): Read<I> | Promise<Read<I>>
  /** Resolves when the inputs are decided and the rest is parked. @throws when it is given up */
  handOn(
    inputs: readonly RoundInput<I>[],
    poison: readonly Parking[],
  ): Promise<{ saved: Promise<unknown> | undefined }>
  /** The parked form of an input that is refused before it is decided; it is counted. */
  refuse(input: RoundInput<I>, refusal: Refusal): Parking
  /** Calls `act` until it succeeds. @throws once stopping */
  keepTrying<T>(act: () => Promise<T>): Promise<T>
  /** The partition may be committed up to this offset. */
  moved(batch: Pick<EmptyBatch, 'topic' | 'partition' | 'highWatermark'>, offset: string): void
  /** The partition is read again in a while. */
  pause(payload: EachBatchPayload, outage: unknown): void
  left(error: unknown): void
}

type Batch = EachBatchPayload['batch']

/** What was read of one partition since it was assigned. */
interface Partition {
  /** The last one. */
  batch: Pick<EmptyBatch, 'topic' | 'partition' | 'highWatermark'>
  offsets: DoneOffsets
  /** After a rebalance all of it is delivered again, to its new owner. */
  isDropped: boolean
  resume: (() => void) | undefined
}

interface Waiting<I extends Input> {
  readonly partition: Partition
  readonly place: Place
  readonly work: string
  message: KafkaMessage
  /** Absent where it takes too much to be kept; it is read again at its turn. */
  input: RoundInput<I> | undefined
}

/** What is read without a pause: so many messages, bytes, or milliseconds, whichever comes first. */
const CHUNK = { messages: 256, bytes: 512 * 1024, ms: 8 } as const
/** So many chunks, of as many partitions, are in hand at a time. */
const MAX_READING = 2
/** A larger message waits as bytes: what is read of it may take thirty times as much. */
const MAX_KEPT_BYTES = 16 * 1024
/** Inputs that wait and are kept as they were read, at most. */
const MAX_KEPT = 2_000
/** Of so many inputs that were taken it is remembered that they were. */
const MAX_REMEMBERED = 50_000

/**
 * Takes the messages of one topic as far as its admission control grants.
 * P1 Reading waits for no grant. What nobody has signed, and what is not readable, is handed on or
 *    parked as it is read: it spends no turn and waits behind none.
 * P2 Senders take turns (admission-turns.ts): an input waits behind those of its own sender.
 * P3 A partition is committed behind what has ended (admission-offsets.ts).
 * P4 The consumer's loop never waits: a partition is paused while it is read.
 */
export class AdmissionQueue<I extends Input> {
  readonly #control: AdmissionControl<I>
  readonly #hands: Hands<I>
  readonly #turns = new FairTurns<Waiting<I>>()
  readonly #partitions = new Map<number, Partition>()
  /** What waits, by its work: what is sent twice waits once. */
  readonly #held = new Set<string>()
  /** What was taken: sent again it spends no turn of its sender, whoever sends it. */
  readonly #taken = new Set<string>()
  readonly #running = new Set<Promise<void>>()
  /** What is read takes many times the memory that it came in: little of it is in hand at a time. */
  readonly #reading = pLimit(MAX_READING)
  #stopped = false

  constructor(control: AdmissionControl<I>, hands: Hands<I>) {
    this.#control = control
    this.#hands = hands
    control.onRoom(() => this.#run())
    control.watch(this.#turns)
  }

  /** Begins to read a fetch, beside the consumer's loop. */
  add(payload: EachBatchPayload): void {
    const partition = this.#partitionOf(payload.batch)
    partition.resume = payload.pause()
    this.#track(this.#readAll(partition, payload))
  }

  /** Ends of transactions, and what was aborted, are passed: a fetch may hold nothing else. */
  passed(batch: EmptyBatch): void {
    const partition = this.#partitionOf(batch)
    this.#commit(partition, partition.offsets.readTo(batch.lastOffset))
  }

  /** Forgets all that waits: after a rebalance the group delivers it again, to its new owner. */
  drop(): void {
    for (const partition of this.#partitions.values()) {
      partition.isDropped = true
      resume(partition)
    }
    this.#partitions.clear()
    this.#turns.clear()
    this.#held.clear()
  }

  /** Takes nothing more; resolves when what was being taken is handled. */
  async stop(): Promise<void> {
    this.#stopped = true
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  #partitionOf({ topic, partition, highWatermark }: Partition['batch']): Partition {
    const batch = { topic, partition, highWatermark }
    const known = this.#partitions.get(partition)
    if (known) {
      known.batch = batch
      return known
    }
    const fresh = { batch, offsets: new DoneOffsets(), isDropped: false, resume: undefined }
    this.#partitions.set(partition, fresh)
    return fresh
  }

  #track(act: Promise<void>): void {
    const one = act
      .catch((error: unknown) => this.#hands.left(error))
      .finally(() => this.#running.delete(one))
    this.#running.add(one)
  }

  async #readAll(partition: Partition, payload: EachBatchPayload): Promise<void> {
    const { messages } = payload.batch
    for (let next = 0; next < messages.length; ) {
      const from = next
      const { read, outage } = await this.#reading(() =>
        this.#readPart(partition, payload.batch, from),
      )
      if (this.#stopped || partition.isDropped) return
      next += read
      if (outage === undefined) continue
      const last = messages[next - 1]
      if (last !== undefined) payload.resolveOffset(last.offset)
      // Whoever paused it for the outage resumes it.
      partition.resume = undefined
      this.#hands.pause(payload, outage)
      return
    }
    const end = endOf(payload)
    if (end !== undefined) {
      payload.resolveOffset(end)
      this.#commit(partition, partition.offsets.readTo(end))
    }
    resume(partition)
  }

  async #readPart(
    partition: Partition,
    batch: Batch,
    from: number,
  ): Promise<Pick<Chunk<I>, 'read' | 'outage'>> {
    if (this.#stopped || partition.isDropped) return { read: 0, outage: undefined }
    const chunk = await this.#readChunk(batch, from)
    if (!this.#stopped && !partition.isDropped) await this.#sort(partition, chunk)
    return chunk
  }

  async #readChunk(batch: Batch, from: number): Promise<Chunk<I>> {
    const { messages } = batch
    const until = performance.now() + CHUNK.ms
    const chunk: Chunk<I> = { read: 0, bytes: 0, inputs: [], poison: [], outage: undefined }
    for (let n = from; n < messages.length && n - from < CHUNK.messages; n += 1) {
      const message = messages[n]
      if (message === undefined) break
      const size = message.value?.length ?? 0
      if (n > from && (chunk.bytes + size > CHUNK.bytes || performance.now() > until)) break
      const reading = this.#hands.read(batch, message)
      const read = reading instanceof Promise ? await reading : reading
      if ('outage' in read) return { ...chunk, outage: read.outage }
      if ('input' in read) chunk.inputs.push({ message, input: read.input })
      else chunk.poison.push({ message, parking: read.poison })
      chunk.read += 1
      chunk.bytes += size
    }
    // Whoever waits for the loop has it between two chunks.
    await new Promise((done) => setImmediate(done))
    return chunk
  }

  /** What its sender has signed waits for its turn; all else is handed on at once (P1). */
  async #sort(partition: Partition, { inputs, poison }: Chunk<I>): Promise<void> {
    const asked = inputs.map(({ input }) => input.input)
    const senders = await this.#hands.keepTrying(() => this.#control.sendersOf(asked))
    if (partition.isDropped) return
    const ended = [...poison.map(({ message }) => message)]
    const parked = poison.map(({ parking }) => parking)
    const beside: RoundInput<I>[] = []
    const held: Waiting<I>[] = []
    const came = placesOf(partition, [...inputs, ...poison])
    for (const [n, { message, input }] of inputs.entries()) {
      const sender = senders[n]
      if (sender instanceof Refusal) {
        parked.push(this.#hands.refuse(input, sender))
        ended.push(message)
        continue
      }
      if (sender !== undefined && this.#held.has(sender.work)) {
        // What becomes of the one that waits becomes of this one.
        ended.push(message)
        continue
      }
      if (sender === undefined || this.#taken.has(sender.work)) {
        beside.push(input)
        ended.push(message)
        continue
      }
      const refusal = this.#refusalOf(sender.name)
      if (refusal) {
        parked.push(this.#hands.refuse(input, refusal))
        ended.push(message)
      } else held.push(...this.#hold(partition, sender, { message, input }, came.get(message)))
    }
    this.#run()
    this.#keep(held)
    if (ended.length === 0) return
    const { saved } = await this.#hands.handOn(beside, parked)
    const places = ended.map((message) => ({ partition, place: came.get(message) }))
    this.#track(Promise.resolve(saved).then(() => this.#end(places)))
  }

  #refusalOf(sender: string): Refusal | undefined {
    const { all, senders } = this.#turns
    return this.#control.refusal(sender, this.#turns.of(sender), { ...all, senders })
  }

  #hold(
    partition: Partition,
    { name, work }: Sender,
    { message, input }: Chunk<I>['inputs'][number],
    place: Place | undefined,
  ): Waiting<I>[] {
    if (place === undefined) return []
    const bytes = message.value?.length ?? 0
    const item = { partition, place, work, message, input }
    this.#held.add(work)
    this.#turns.add({ sender: name, at: Number(message.timestamp), bytes, item })
    return [item]
  }

  /** What waits longer than this moment waits without the fetch that it came in. */
  #keep(waiting: readonly Waiting<I>[]): void {
    for (const one of waiting) {
      if (!this.#held.has(one.work)) continue
      const { topic, partition } = one.partition.batch
      one.message = copyOf(one.message)
      const isKept =
        (one.message.value?.length ?? 0) <= MAX_KEPT_BYTES && this.#turns.all.count <= MAX_KEPT
      const origin = new MessageOrigin(topic, partition, one.message)
      one.input = isKept && one.input ? { ...one.input, origin } : undefined
    }
  }

  #run(): void {
    const granted: Waiting<I>[] = []
    const mayServe = (sender: string) => this.#control.mayServe(sender)
    for (let turn = this.#turns.next(mayServe); turn; turn = this.#turns.next(mayServe)) {
      if (this.#stopped || !this.#control.grant(turn.sender, turn.bytes)) break
      this.#turns.take(turn)
      this.#remember(turn.item.work)
      granted.push(turn.item)
    }
    if (granted.length > 0) this.#track(this.#take(granted))
  }

  async #take(granted: readonly Waiting<I>[]): Promise<void> {
    const inputs: RoundInput<I>[] = []
    const poison: Parking[] = []
    try {
      for (const one of granted) {
        if (one.input) inputs.push(one.input)
        else {
          const read = await this.#readAgain(one)
          if ('input' in read) inputs.push(read.input)
          else poison.push(read.poison)
        }
      }
      const { saved } = await this.#hands.handOn(inputs, poison)
      this.#track(
        Promise.resolve(saved).then(() => {
          this.#end(granted)
        }),
      )
    } finally {
      this.#control.taken(granted.length)
    }
  }

  #readAgain({ partition: { batch }, message }: Waiting<I>) {
    return this.#hands.keepTrying(async () => {
      const read = await this.#hands.read(batch, message)
      if ('outage' in read) throw read.outage
      return read
    })
  }

  #remember(work: string): void {
    this.#held.delete(work)
    this.#taken.delete(work)
    this.#taken.add(work)
    if (this.#taken.size <= MAX_REMEMBERED) return
    for (const oldest of this.#taken) {
      this.#taken.delete(oldest)
      return
    }
  }

  #end(ended: readonly { partition: Partition; place: Place | undefined }[]): void {
    const moved = new Map<Partition, string>()
    for (const { partition, place } of ended) {
      const next = place && partition.offsets.done(place)
      if (next !== undefined && !partition.isDropped) moved.set(partition, next)
    }
    for (const [partition, next] of moved) this.#commit(partition, next)
  }

  #commit({ batch }: Partition, next: string | undefined): void {
    if (next !== undefined) this.#hands.moved(batch, next)
  }
}

interface Chunk<I extends Input> {
  read: number
  bytes: number
  inputs: { message: KafkaMessage; input: RoundInput<I> }[]
  poison: { message: KafkaMessage; parking: Parking }[]
  /** Why the message after these cannot be read now. */
  outage: unknown
}

function resume(partition: Partition): void {
  partition.resume?.()
  partition.resume = undefined
}

/** Places of messages, in the order of their offsets. */
function placesOf(
  { offsets }: Partition,
  read: readonly { message: KafkaMessage }[],
): Map<KafkaMessage, Place> {
  const sorted = read
    .map(({ message }) => message)
    .toSorted((a, b) => Number(BigInt(a.offset) - BigInt(b.offset)))
  return new Map(sorted.map((message) => [message, offsets.came(message.offset)]))
}

/** The last offset of a fetch, markers of transactions and what was aborted among them. */
function endOf({ batch }: EachBatchPayload): string | undefined {
  return batch.messages.length > 0 ? batch.lastOffset() : undefined
}

/** A message without the fetch that it came in: the rest of that is not kept alive. */
function copyOf({
  key,
  value,
  timestamp,
  offset,
  attributes,
  headers = {},
}: KafkaMessage): KafkaMessage {
  const copied = Object.entries(headers).map(([name, text]) => [
    name,
    Array.isArray(text) ? text.map(copyText) : copyText(text),
  ])
  return {
    ...{ key: key && Buffer.from(key), value: value && Buffer.from(value) },
    ...{ timestamp, offset, attributes, headers: Object.fromEntries(copied) },
  }
}

function copyText<T>(text: T): T | Buffer {
  return Buffer.isBuffer(text) ? Buffer.from(text) : text
}
