import type { TopicName } from '@prooftrail/contracts'
import type { Kafka } from 'kafkajs'
import { causeOf, type Node, WAY } from './flow.ts'
import { endsOf, readTopics } from './read-topics.ts'

/** One step of an order's way: from the message that a node reads to the one that it says. */
export interface Hop {
  node: Node
  said: TopicName
  /** Between the times at which the broker took both; see `middleMean`. */
  ms: number
}

/** Where the messages of a way are to be read. */
export interface WayOnBus {
  kafka: Kafka
  topicOf(name: TopicName): string
}

/**
 * Watches an order's way from the broker's side, at no cost while orders are under way: what was
 * appended between the call and `end` is read afterwards, by its times of arrival.
 */
export async function watchHops({ kafka, topicOf }: WayOnBus): Promise<{ end(): Promise<Hop[]> }> {
  const names = new Map(WAY.map((name) => [topicOf(name), name]))
  const isOfWay = (topic: string) => names.has(topic)
  const from = await endsOf(kafka, isOfWay)
  return {
    async end() {
      const times = new Map<string, Map<TopicName, number>>()
      await readTopics(
        kafka,
        await endsOf(kafka, isOfWay),
        (topic, { key, timestamp }) => {
          const name = names.get(topic)
          if (name === undefined || key === null) return
          const id = key.toString()
          const own = times.get(id) ?? new Map<TopicName, number>()
          times.set(id, own)
          if (!own.has(name)) own.set(name, Number(timestamp))
        },
        from,
      )
      return hopsOf([...times.values()])
    },
  }
}

/** @param orders the times (epoch ms) at which the messages of each order were taken, by topic */
export function hopsOf(orders: readonly ReadonlyMap<TopicName, number>[]): Hop[] {
  return WAY.flatMap((said) => {
    const cause = causeOf(said)
    if (cause === undefined) return []
    const waits = orders.flatMap((times) => {
      const [before, after] = [times.get(cause.after), times.get(said)]
      return before === undefined || after === undefined ? [] : [after - before]
    })
    return waits.length === 0 ? [] : [{ node: cause.node, said, ms: middleMean(waits) }]
  })
}

/** The mean of the middle half: times are whole milliseconds, and outliers are not the way. */
export function middleMean(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const cut = Math.floor(sorted.length / 4)
  const middle = sorted.slice(cut, sorted.length - cut)
  return middle.reduce((sum, one) => sum + one, 0) / middle.length
}
