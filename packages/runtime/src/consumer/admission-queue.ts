import { setTimeout as wait } from 'node:timers/promises'
import type { EachBatchPayload, KafkaMessage } from 'kafkajs'
import type { RoundInput } from '../round-input.ts'
import type { Parking } from '../rounds/park.ts'
import { type Input, Refusal } from '../service.ts'
import type { AdmissionControl, Hands, Sender } from './admission.ts'
import type { Place } from './admission-offsets.ts'
import { copyOf, type Partition, Partitions, placesOf } from './admission-partitions.ts'
import { type Chunk, FetchReader } from './admission-reader.ts'
import { FairTurns } from './admission-turns.ts'
import type { EmptyBatch } from './group-member.ts'
import { MessageOrigin } from './read-message.ts'

interface Waiting<I extends Input> {
  readonly partition: Partition
  readonly place: Place
  readonly work: string
  message: KafkaMessage
  /** Absent where it takes too much to be kept; it is read again at its turn. */
  input: RoundInput<I> | undefined
}

type Ended = readonly { partition: Partition; place: Place | undefined }[]

/** So long the loop waits for what it fetched to be read. */
const BRIEF_MS = 20
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
 * P4 The consumer's loop waits for the reading briefly; what takes longer pauses its partition. Not
 *    at once: the next fetch leaves a paused partition out, and may wait long for what others have.
 */
export class AdmissionQueue<I extends Input> {
  readonly #control: AdmissionControl<I>
  readonly #hands: Hands<I>
  readonly #turns = new FairTurns<Waiting<I>>()
  readonly #partitions = new Partitions()
  readonly #reader: FetchReader<I>
  /** What waits, by its work: what is sent twice waits once. */
  readonly #held = new Set<string>()
  /** What was taken: sent again it spends no turn of its sender, whoever sends it. */
  readonly #taken = new Set<string>()
  readonly #running = new Set<Promise<void>>()
  #stopped = false

  constructor(control: AdmissionControl<I>, hands: Hands<I>) {
    this.#control = control
    this.#hands = hands
    this.#reader = new FetchReader({
      hands,
      isStopped: () => this.#stopped,
      sort: (partition, chunk) => this.#sort(partition, chunk),
      readTo: (partition, offset) => this.#commit(partition, partition.offsets.readTo(offset)),
    })
    control.onRoom(() => this.#run())
    control.watch(this.#turns)
  }

  /** Reads a fetch, beside the consumer's loop where it takes long. */
  async add(payload: EachBatchPayload): Promise<void> {
    const partition = this.#partitions.of(payload.batch)
    let isRead = false
    const reading = this.#track(
      this.#reader.readAll(partition, payload).finally(() => {
        isRead = true
      }),
    )
    await Promise.race([reading, wait(BRIEF_MS, undefined, { ref: false })])
    if (!isRead && !partition.isDropped) partition.resume = payload.pause()
  }

  /** Ends of transactions, and what was aborted, are passed: a fetch may hold nothing else. */
  passed(batch: EmptyBatch): void {
    const partition = this.#partitions.of(batch)
    this.#commit(partition, partition.offsets.readTo(batch.lastOffset))
  }

  /** Forgets all that waits: after a rebalance the group delivers it again, to its new owner. */
  drop(): void {
    this.#partitions.drop()
    this.#turns.clear()
    this.#held.clear()
  }

  /** Takes nothing more; resolves when what was being taken is handled. */
  async stop(): Promise<void> {
    this.#stopped = true
    while (this.#running.size > 0) await Promise.all(this.#running)
  }

  #track(act: Promise<void>): Promise<void> {
    const one = act
      .catch((error: unknown) => this.#hands.left(error))
      .finally(() => this.#running.delete(one))
    this.#running.add(one)
    return one
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
    this.#endOnce(saved, places)
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
    if (granted.length > 0) void this.#track(this.#take(granted))
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
      this.#endOnce(saved, granted)
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

  /** Whoever stops does not wait for it: what is not saved is delivered again. */
  #endOnce(saved: Promise<unknown> | undefined, ended: Ended): void {
    void Promise.resolve(saved).then(
      () => this.#end(ended),
      (error: unknown) => this.#hands.left(error),
    )
  }

  #end(ended: Ended): void {
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
