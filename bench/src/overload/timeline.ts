import { type TopicName, topicFor } from '@prooftrail/contracts'
import type { Kafka } from 'kafkajs'
import type { Feed } from '../load.ts'
import { Histogram } from './histogram.ts'

/** Latencies of orders that came to their end in one stretch of time, by the broker's clock. */
export interface Stretch {
  /** From the publish call to `work-order.accepted`. */
  toAcceptance: Histogram
  /** From `work-order.accepted` to the first `trail.attested`. */
  toSeal: Histogram
}

/** What became of orders, as the bus tells it; holds only those that have not come to their end. */
export interface Timeline {
  sent(ids: readonly string[]): void
  /** The door did not take it. */
  forget(id: string): void
  /** Begins a stretch; all that run are told of every order. */
  stretch(): Stretch
  end(stretch: Stretch): void
  outstanding(): number
  /** When the last order was sealed (epoch ms). */
  sealedAt(): number
  /** Orders that were refused or parked. */
  refused(): number
  stop(): Promise<void>
}

interface Order {
  sentAt: number
  acceptedAt?: number
  sealedAt?: number
}

const NAMES = ['work-order.accepted', 'work-order.rejected', 'trail.attested', 'parked'] as const
type Name = Extract<TopicName, (typeof NAMES)[number]>

/** Listens from now on; resolves when it has joined. */
export async function openTimeline(kafka: Kafka): Promise<Timeline> {
  const orders = new Map<string, Order>()
  const stretches = new Set<Stretch>()
  const names = new Map<string, Name>(NAMES.map((name) => [topicFor(name), name]))
  let refused = 0
  let sealedAt = Date.now()

  function tell(name: Name, id: string, at: number): void {
    if (name === 'parked') {
      refused += 1
      return
    }
    const order = orders.get(id)
    if (!order) return
    if (name === 'work-order.rejected') {
      refused += 1
      orders.delete(id)
      return
    }
    if (name === 'work-order.accepted') order.acceptedAt ??= at
    else order.sealedAt ??= at
    if (order.acceptedAt === undefined || order.sealedAt === undefined) return
    orders.delete(id)
    sealedAt = Date.now()
    for (const { toAcceptance, toSeal } of stretches) {
      toAcceptance.add(order.acceptedAt - order.sentAt)
      toSeal.add(order.sealedAt - order.acceptedAt)
    }
  }

  const consumer = kafka.consumer({ groupId: `bench-timeline-${Date.now()}` })
  const joined = new Promise<void>((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, () => resolve())
  })
  await consumer.connect()
  await consumer.subscribe({ topics: [...names.keys()], fromBeginning: false })
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: 64,
    eachBatch: async ({ batch }) => {
      const name = names.get(batch.topic)
      if (!name) return
      for (const { key, timestamp } of batch.messages) {
        tell(name, key?.toString() ?? '', Number(timestamp))
      }
    },
  })
  await joined
  // Offsets are fetched after the join; a message before that would be passed over.
  await new Promise((resolve) => setTimeout(resolve, 1_000))
  return {
    sent(ids) {
      const sentAt = Date.now()
      for (const id of ids) orders.set(id, { sentAt })
    },
    forget: (id) => void orders.delete(id),
    stretch() {
      const stretch = { toAcceptance: new Histogram(), toSeal: new Histogram() }
      stretches.add(stretch)
      return stretch
    },
    end: (stretch) => void stretches.delete(stretch),
    outstanding: () => orders.size,
    sealedAt: () => sealedAt,
    refused: () => refused,
    stop: () => consumer.disconnect(),
  }
}

/** The same feed, whose orders the timeline knows. */
export function timed(feed: Feed, timeline: Timeline): Feed {
  return {
    prepare: (count) => feed.prepare(count),
    send(ids) {
      timeline.sent(ids)
      return feed.send(ids)
    },
    get onDone() {
      return feed.onDone
    },
    set onDone(told) {
      feed.onDone = told
    },
  }
}
