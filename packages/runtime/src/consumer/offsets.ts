import { setTimeout as pause } from 'node:timers/promises'
import type { OffsetsByTopicPartition } from 'kafkajs'
import type { Logger } from 'pino'

/** Where a partition is to go on. */
export interface Place {
  topic: string
  partition: number
  /** The next offset. */
  offset: string
}

/**
 * Offsets move behind the rounds, one commit at a time for all partitions together. A commit that
 * fails is tried again: what follows a place may never come, and until it is committed the partition
 * counts as not read. If it never succeeds, a redelivery is recognized by the ids of handled inputs.
 */
export interface Offsets {
  moved(place: Place): void
  /** Forgets what is not committed: the partitions may be others'. */
  forget(): void
  /** Commits what moved; resolves when that ended. */
  flush(): Promise<void>
}

/** A commit is a request: one for all that moved in this time costs little and repeats little. */
const EVERY_MS = 200
const RETRY_MS = 1_000

export function makeOffsets(
  commit: (offsets: OffsetsByTopicPartition) => Promise<void>,
  log: Logger,
): Offsets {
  const moved = new Map<string, Place>()
  let committing: Promise<void> | undefined
  let hurry = new AbortController()

  async function commitMoved(): Promise<void> {
    let hasFailed = false
    while (moved.size > 0) {
      const ms = hasFailed ? RETRY_MS : EVERY_MS
      await pause(ms, undefined, { signal: hurry.signal }).catch(() => undefined)
      const isLast = hurry.signal.aborted
      const places = [...moved]
      hasFailed = await commit(byTopic(places.map(([, place]) => place))).then(
        () => false,
        (error: unknown) => {
          log.debug({ err: error }, 'offsets not committed')
          return true
        },
      )
      if (hasFailed && isLast) break
      if (hasFailed) continue
      for (const [key, place] of places) if (moved.get(key) === place) moved.delete(key)
    }
    committing = undefined
  }

  return {
    moved(place) {
      moved.set(`${place.topic}\n${place.partition}`, place)
      committing ??= commitMoved()
    },
    forget: () => moved.clear(),
    async flush() {
      hurry.abort()
      await committing
      hurry = new AbortController()
    },
  }
}

function byTopic(places: readonly Place[]): OffsetsByTopicPartition {
  const topics = new Map<string, { partition: number; offset: string }[]>()
  for (const { topic, partition, offset } of places) {
    topics.set(topic, [...(topics.get(topic) ?? []), { partition, offset }])
  }
  return { topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })) }
}
