import { setTimeout as pause } from 'node:timers/promises'
import type { EachBatchPayload } from 'kafkajs'
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
 * fails costs a redelivery, which is recognized by the ids of handled inputs.
 */
export interface Offsets {
  moved(commit: EachBatchPayload['commitOffsetsIfNecessary'], place: Place): void
  /** Commits what moved; resolves when that ended. */
  flush(): Promise<void>
}

/** A commit is a request: one for all that moved in this time costs little and repeats little. */
const EVERY_MS = 200

export function makeOffsets(log: Logger): Offsets {
  const moved = new Map<string, Place>()
  let committing: Promise<void> | undefined
  let commit: EachBatchPayload['commitOffsetsIfNecessary'] | undefined
  let hurry = new AbortController()

  async function commitMoved(): Promise<void> {
    while (moved.size > 0 && commit) {
      await pause(EVERY_MS, undefined, { signal: hurry.signal }).catch(() => undefined)
      const places = [...moved.values()]
      moved.clear()
      try {
        await commit({ topics: byTopic(places) })
      } catch (error) {
        log.debug({ err: error }, 'offsets not committed')
      }
    }
    committing = undefined
  }

  return {
    moved(by, place) {
      commit = by
      moved.set(`${place.topic}\n${place.partition}`, place)
      committing ??= commitMoved()
    },
    async flush() {
      hurry.abort()
      await committing
      hurry = new AbortController()
    },
  }
}

function byTopic(places: readonly Place[]) {
  const topics = new Map<string, { partition: number; offset: string }[]>()
  for (const { topic, partition, offset } of places) {
    topics.set(topic, [...(topics.get(topic) ?? []), { partition, offset }])
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }))
}
