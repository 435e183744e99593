import type { Note } from './run-tool.ts'

/**
 * Heartbeats of every run in hand, so that dispatch and other processes know that it goes on.
 * H1 A run shorter than one beat says nothing: the bus stays quiet for millisecond tools.
 * H2 What a run says is carried by its next beat; no more than one message a second and run.
 */
export interface Heartbeats {
  /** From here until the run is released, it is in hand. */
  take(doc: string, run: number): RunHandle
  has(doc: string): boolean
  /** From here on runs in hand beat. */
  start(beat: Beat): void
  stop(): void
}

/** A run in hand. */
export interface RunHandle {
  /** Its next heartbeat carries this. */
  note(note: Note): void
  release(): void
}

/** What a heartbeat hands over: the document, the run, and what the run said last. */
export type Beat = (doc: string, run: number, note: Note) => void

interface Run {
  doc: string
  run: number
  beatAt: number
  latest: Note | undefined
}

const QUIET_MS = 1_000

/** @param everyMs how often a run in hand beats */
export function makeHeartbeats(everyMs: number): Heartbeats {
  const runs = new Set<Run>()
  const inHand = new Map<string, number>()
  let tick: NodeJS.Timeout | undefined

  function beatAll(beat: Beat): void {
    const now = Date.now()
    for (const run of runs) {
      const pause = run.latest ? Math.min(QUIET_MS, everyMs) : everyMs
      if (now - run.beatAt < pause) continue
      run.beatAt = now
      beat(run.doc, run.run, run.latest ?? {})
      run.latest = undefined
    }
  }

  return {
    take(doc, number) {
      const run: Run = { doc, run: number, beatAt: Date.now(), latest: undefined }
      runs.add(run)
      inHand.set(doc, (inHand.get(doc) ?? 0) + 1)
      return {
        note: (note) => {
          run.latest = { ...run.latest, ...note }
        },
        release: () => {
          if (!runs.delete(run)) return
          const left = (inHand.get(doc) ?? 1) - 1
          if (left > 0) inHand.set(doc, left)
          else inHand.delete(doc)
        },
      }
    },
    has: (doc) => inHand.has(doc),
    start(beat) {
      tick = setInterval(() => beatAll(beat), Math.max(50, Math.min(QUIET_MS, everyMs) / 2))
      tick.unref()
    },
    stop: () => clearInterval(tick),
  }
}
