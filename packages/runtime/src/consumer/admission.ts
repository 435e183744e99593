import type { EachBatchPayload, KafkaMessage } from 'kafkajs'
import type { AdmissionReadings } from '../metrics.ts'

/**
 * How many messages of one topic may be taken now. A service that must not take more than the stages
 * after it can finish gives one; what it does not grant stays on the topic, in the order of its
 * append times, while all other topics go on.
 */
export interface AdmissionControl {
  /** The whole name of the topic. */
  readonly topic: string
  /** Whether one more message may be taken now; if so it counts as in hand until `taken`. */
  grant(): boolean
  /** Returns so many grants: those messages were saved and published, or left for another time. */
  taken(count: number): void
  /** How many partitions of the topic this process has now. */
  assigned(partitions: number): void
  /** Calls `listener` whenever there may be room again. */
  onRoom(listener: () => void): void
  readings(): AdmissionReadings
}

/** What became of messages: all taken; the partition is paused and resumes by itself; left. */
export type Handled = 'taken' | 'paused' | 'left'

/** Takes messages of a batch and moves its offset behind them. */
export type Handle = (
  payload: EachBatchPayload,
  messages: readonly KafkaMessage[],
) => Promise<Handled>

/** One fetch of which not all messages were admitted; its partition is paused. */
interface PausedFetch {
  payload: EachBatchPayload
  messages: readonly KafkaMessage[]
  /** Index of the first message that was not taken. */
  next: number
  busy: boolean
  resume(): void
}

/**
 * Takes the messages of one topic as far as its admission control grants.
 * P1 The oldest message goes first, across partitions.
 * P2 A partition is paused while messages of it wait, so that at most one fetch of it is in memory;
 *    the consumer's loop itself never waits.
 */
export class AdmissionQueue {
  readonly #control: AdmissionControl
  readonly #handle: Handle
  readonly #fetches = new Set<PausedFetch>()
  readonly #taking = new Set<Promise<void>>()
  #soon: Promise<void> | undefined
  #stopped = false

  constructor(control: AdmissionControl, handle: Handle) {
    this.#control = control
    this.#handle = handle
    control.onRoom(() => void this.#run())
  }

  /** Takes what may be taken of a fetch; the rest waits beside the consumer's loop. */
  async add(payload: EachBatchPayload): Promise<void> {
    const { messages } = payload.batch
    this.#fetches.add({ payload, messages, next: 0, busy: false, resume: payload.pause() })
    // What was fetched together shares the room.
    this.#soon ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      this.#soon = undefined
      return this.#run()
    })
    await this.#soon
  }

  /** Forgets all that waits: after a rebalance the group delivers it again, to its new owner. */
  drop(): void {
    for (const fetch of this.#fetches) fetch.resume()
    this.#fetches.clear()
  }

  /** Takes nothing more; resolves when what was being taken is handled. */
  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#taking)
  }

  #run(): Promise<void> {
    const one = this.#takeGranted().finally(() => this.#taking.delete(one))
    this.#taking.add(one)
    return one
  }

  async #takeGranted(): Promise<void> {
    const slices = new Map<PausedFetch, number>()
    for (
      let fetch = this.#oldest();
      fetch && !this.#stopped && this.#control.grant();
      fetch = this.#oldest()
    ) {
      slices.set(fetch, slices.get(fetch) ?? fetch.next)
      fetch.next += 1
    }
    await Promise.all([...slices].map(([fetch, from]) => this.#take(fetch, from)))
  }

  async #take(fetch: PausedFetch, from: number): Promise<void> {
    fetch.busy = true
    const messages = fetch.messages.slice(from, fetch.next)
    const handled = await this.#handle(fetch.payload, messages)
    this.#control.taken(messages.length)
    fetch.busy = false
    if (handled === 'taken' && fetch.next < fetch.messages.length) return
    // A fetch that was dropped meanwhile has been resumed.
    if (this.#fetches.delete(fetch) && handled !== 'paused') fetch.resume()
  }

  #oldest(): PausedFetch | undefined {
    let found: PausedFetch | undefined
    for (const fetch of this.#fetches) {
      if (fetch.busy || fetch.next === fetch.messages.length) continue
      if (!found || appendedAt(fetch) < appendedAt(found)) found = fetch
    }
    return found
  }
}

function appendedAt({ messages, next }: PausedFetch): number {
  return Number(messages[next]?.timestamp)
}
