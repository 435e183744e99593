import type { EachBatchPayload, KafkaMessage } from 'kafkajs'

/**
 * How fast the messages of one topic may be taken. A service that must not take more than those
 * after it can digest gives one; what it does not grant stays on the topic, in the order of its
 * append times, while all other topics go on.
 */
export interface AdmissionControl {
  /** The whole name of the topic. */
  readonly topic: string
  /** Whether one more message may be taken now; if so it counts as in hand until `taken`. */
  grant(): boolean
  /** So many of those in hand were saved and published, or are left for another time. */
  taken(count: number): void
  /** How many partitions of the topic this process has now. */
  assigned(partitions: number): void
  /** Calls `told` whenever there may be room again. */
  onRoom(told: () => void): void
  readings(): AdmissionReadings
}

/** What metrics tell of an admission. */
export interface AdmissionReadings {
  /** For how long messages have been waiting for room; 0 while all are taken as they come. */
  closedSeconds: number
  /** How long a message that arrives now is expected to wait. */
  waitSeconds: number
  /** Requests that were answered 429. */
  shed: number
}

/** What became of messages: all taken; the partition is paused and resumes by itself; left. */
export type Handled = 'taken' | 'paused' | 'left'

export interface AdmissionQueue {
  /** Takes what may be taken of a batch, and holds the rest beside the loop. */
  add(payload: EachBatchPayload): Promise<void>
  /** Forgets what is held: after a rebalance it comes again, to whoever has the partition. */
  drop(): void
  /** Resolves when what was being taken is. Nothing more is. */
  stop(): Promise<void>
}

interface Hold {
  payload: EachBatchPayload
  messages: readonly KafkaMessage[]
  /** Index of the first message that was not taken. */
  next: number
  busy: boolean
  resume(): void
}

/**
 * Takes the messages of a topic at its admission.
 * P1 The oldest goes first, across partitions.
 * P2 A partition is paused while a message of it is held, so that at most one fetch is in memory;
 *    the loop itself never waits.
 * @param handle takes messages of a batch and moves its offset behind them
 */
export function makeAdmissionQueue(
  admission: AdmissionControl,
  handle: (payload: EachBatchPayload, messages: readonly KafkaMessage[]) => Promise<Handled>,
): AdmissionQueue {
  const holds = new Set<Hold>()
  const pumps = new Set<Promise<void>>()
  let soon: Promise<void> | undefined
  let stopped = false

  function oldest(): Hold | undefined {
    let found: Hold | undefined
    for (const hold of holds) {
      if (hold.busy || hold.next === hold.messages.length) continue
      if (!found || appended(hold) < appended(found)) found = hold
    }
    return found
  }

  async function pump(): Promise<void> {
    const slices = new Map<Hold, number>()
    for (let hold = oldest(); hold && !stopped && admission.grant(); hold = oldest()) {
      slices.set(hold, slices.get(hold) ?? hold.next)
      hold.next += 1
    }
    await Promise.all([...slices].map(([hold, from]) => take(hold, from)))
  }

  async function take(hold: Hold, from: number): Promise<void> {
    hold.busy = true
    const messages = hold.messages.slice(from, hold.next)
    const handled = await handle(hold.payload, messages)
    admission.taken(messages.length)
    hold.busy = false
    if (handled === 'taken' && hold.next < hold.messages.length) return
    // A hold that was dropped meanwhile has been resumed.
    if (holds.delete(hold) && handled !== 'paused') hold.resume()
  }

  function run(): Promise<void> {
    const one = pump().finally(() => pumps.delete(one))
    pumps.add(one)
    return one
  }

  admission.onRoom(() => void run())
  return {
    async add(payload) {
      const { messages } = payload.batch
      holds.add({ payload, messages, next: 0, busy: false, resume: payload.pause() })
      // What was fetched together shares the room.
      soon ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
        soon = undefined
        return run()
      })
      await soon
    },
    drop() {
      for (const hold of holds) hold.resume()
      holds.clear()
    },
    async stop() {
      stopped = true
      await Promise.all(pumps)
    },
  }
}

function appended({ messages, next }: Hold): number {
  return Number(messages[next]?.timestamp)
}
