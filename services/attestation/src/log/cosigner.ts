import { setTimeout } from 'node:timers/promises'
import { withSignatures } from '@prooftrail/trail/log'
import { type Asked, askWitness, type Witness } from './ask-witness.ts'
import type { LogReader } from './read-log.ts'
import type { Cosigned, LogHead, LogStore } from './store.ts'

/**
 * Asks witnesses to cosign the log's head, beside everything else: nothing waits for them, and what
 * they refuse or do not answer stops nothing.
 */
export interface Cosigner {
  /** Asks once, if there is anything to ask. */
  round(): Promise<void>
  stop(): Promise<void>
}

export interface CosignerOptions {
  witnesses: readonly Witness[]
  reader: Pick<LogReader, 'proveGrowth'> & { head(): Promise<Pick<LogHead, 'size' | 'note'>> }
  store: Pick<LogStore, 'cosigned' | 'keepCosigned'>
  /** Time for one witness. */
  patienceMs: number
  /** Pause between two rounds. */
  everyMs: number
  /** After so many seconds a cosigned checkpoint is cosigned again, though the log has not grown. */
  freshSeconds: number
  /** Told what did not end in a cosignature, once until it changes. */
  onFault(witness: Witness, asked: Exclude<Asked, { type: 'cosigned' }>): void
  /** Told every answer. */
  onAnswer?(asked: Asked): void
  now?: () => number
}

/** What this process knows of a witness. */
interface Known {
  /** Its last cosignature here. */
  given?: { size: number; line: string; time: number }
  /** Since when it fails, how often, and until when it is left alone (milliseconds). */
  failing?: { times: number; until: number; detail: string }
}

/** A witness that does not answer holds up a round only so often. */
const LONGEST_PAUSE_MS = 60_000

export function makeCosigner(options: CosignerOptions): Cosigner {
  const { witnesses, reader, store, everyMs, freshSeconds, onFault, now = Date.now } = options
  const stopping = new AbortController()
  const known = new Map<Witness, Known>(witnesses.map((witness) => [witness, {}]))

  /** The witness's cosignature of this head, given before or now; undefined where it gives none. */
  async function ask(
    witness: Witness,
    { given, failing }: Known,
    head: { size: number; note: string },
  ): Promise<Known['given']> {
    if (given?.size === head.size && isFresh(given.time)) return given
    if (failing !== undefined && now() < failing.until) return undefined
    const asked = await askWitness(witness, head, given?.size ?? 0, options)
    options.onAnswer?.(asked)
    if (asked.type === 'cosigned') {
      const { line, time } = asked
      const cosignature = { size: head.size, line, time }
      known.set(witness, { given: cosignature })
      return cosignature
    }
    if (failing?.detail !== asked.detail) onFault(witness, asked)
    const times = (failing?.times ?? 0) + 1
    const until = now() + Math.min(everyMs * 2 ** Math.min(times, 20), LONGEST_PAUSE_MS)
    known.set(witness, { failing: { times, until, detail: asked.detail } })
    return undefined
  }

  async function round(): Promise<void> {
    const [head, kept] = await Promise.all([reader.head(), store.cosigned()])
    if (head.size === 0 || isDone(kept, head.size)) return
    const asked = await Promise.all([...known].map(([witness, of]) => ask(witness, of, head)))
    const given = asked.filter((one) => one !== undefined)
    if (given.length === 0) return
    await store.keepCosigned({
      size: head.size,
      note: withSignatures(
        head.note,
        given.map(({ line }) => line),
      ),
      time: Math.min(...given.map(({ time }) => time)),
      count: given.length,
    })
  }

  /** Whether all cosigned this size lately, here or in another process. */
  function isDone(kept: Cosigned | undefined, size: number): boolean {
    return kept?.size === size && kept.count === witnesses.length && isFresh(kept.time)
  }

  function isFresh(time: number): boolean {
    return now() / 1000 - time < freshSeconds
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      // the database being away is told by whoever needs it; the next round may do
      await round().catch(() => undefined)
      await setTimeout(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  const running = everyMs > 0 ? loop() : Promise.resolve()
  return {
    round,
    async stop() {
      stopping.abort()
      await running
    },
  }
}
