import { STUCK_AFTER } from '@prooftrail/contracts'
import type { Reader } from '@prooftrail/runtime'
import { Streams, type StreamsOptions } from '@prooftrail/runtime'
import { sampleQueue } from '../monitor/sample-queue.ts'
import { Tally } from '../monitor/tally.ts'
import type { StoredTally, TallyStore } from '../monitor/tally-store.ts'
import { type QueueView, queueView } from '../queue.ts'
import type { State } from '../state.ts'
import type { Chunk, ChunkStore } from './change-feed.ts'
import { Changes } from './changes.ts'
import { LiveRuns } from './live-runs.ts'
import { ProjectionAge } from './projection-age.ts'

/** A feed in memory; every process of a test gets its own view of it. */
export function memoryChunks(all: Chunk[] = []): (by: string) => ChunkStore {
  return (by) => ({
    prepare: async () => {},
    put: async (chunk) => void all.push(chunk),
    idsSince: async (at) =>
      all.filter((one) => one.by !== by && one.at >= at).map(({ _id }) => _id),
    read: async (ids) => all.filter(({ _id }) => ids.includes(_id)),
    forget: async (before) => {
      all.splice(0, all.length, ...all.filter(({ at }) => at >= before))
    },
  })
}

/** Streams of runs over these documents; nothing is behind. */
export function liveOver(
  store: Pick<Reader<State>, 'read' | 'find' | 'count'>,
  {
    chunks = memoryChunks()('a'),
    states = {},
    ...options
  }: StreamsOptions & { chunks?: ChunkStore; states?: Readonly<Record<string, State>> } = {},
) {
  const changes = new Changes(chunks, 'a')
  const none = async () => new Map<string, number>()
  const age = new ProjectionAge({ ends: none, committed: none })
  const queue = queueOver(store, states)
  return { changes, queue, live: new LiveRuns(store, changes, age, queue, new Streams(options)) }
}

/** The queue of these documents, as if each had been counted when it came to where it is. */
export function queueOver(
  store: Pick<Reader<State>, 'find' | 'count'>,
  states: Readonly<Record<string, State>>,
): () => Promise<QueueView> {
  const tally = new Tally(memoryTallies()(), 'a')
  for (const state of Object.values(states)) {
    if (state.status === 'run') tally.moved(undefined, state, state.as_of)
  }
  return async () => {
    const now = new Date().toISOString()
    return queueView(await sampleQueue(store, tally.totals(), now), STUCK_AFTER)
  }
}

/** Tallies in memory; every process of a test gets its own view of them. */
export function memoryTallies(all = new Map<string, StoredTally>()): () => TallyStore {
  return () => ({
    async put(tally) {
      const wasThere = all.has(tally._id)
      all.set(tally._id, structuredClone(tally))
      return wasThere
    },
    all: async () => structuredClone([...all.values()]),
    take: async ({ _id, at }) =>
      all.get(_id)?.at.getTime() === at.getTime() ? all.delete(_id) : false,
  })
}
