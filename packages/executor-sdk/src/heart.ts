import type { Note } from './run-tool.ts'

/**
 * Beats for every run in hand, so that dispatch and other processes know that it goes on.
 * H1 A run shorter than one beat says nothing: the bus stays quiet for millisecond tools.
 * H2 What a run says is carried by its next beat; no more than one message a second and run.
 */
export interface Heart {
  /** From here until the answer is called, the run is in hand. */
  take(doc: string, run: number): Patient
  has(doc: string): boolean
  stop(): void
}

export interface Patient {
  say(note: Note): void
  release(): void
}

/** What a beat hands over: the document, the run, and what the run said last. */
export type Beat = (doc: string, run: number, note: Note) => void

interface Run {
  doc: string
  run: number
  beatAt: number
  latest: Note | undefined
}

const QUIET_MS = 1_000

/** @param everyMs how often a run in hand beats */
export function startHeart(everyMs: number, beat: Beat): Heart {
  const runs = new Set<Run>()
  const inHand = new Map<string, number>()
  const tick = setInterval(
    () => {
      const now = Date.now()
      for (const run of runs) {
        const pause = run.latest ? Math.min(QUIET_MS, everyMs) : everyMs
        if (now - run.beatAt < pause) continue
        run.beatAt = now
        beat(run.doc, run.run, run.latest ?? {})
        run.latest = undefined
      }
    },
    Math.max(50, Math.min(QUIET_MS, everyMs) / 2),
  )
  tick.unref()
  return {
    take(doc, number) {
      const run: Run = { doc, run: number, beatAt: Date.now(), latest: undefined }
      runs.add(run)
      inHand.set(doc, (inHand.get(doc) ?? 0) + 1)
      return {
        say: (note) => {
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
    stop: () => clearInterval(tick),
  }
}
