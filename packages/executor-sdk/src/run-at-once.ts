import type { Manifest } from '@prooftrail/contracts'
import { aboutDocument } from '@prooftrail/runtime'
import { makeConcurrencyLimit } from './concurrency-limit.ts'
import { runTool } from './run-tool.ts'
import { documentOf } from './state.ts'
import { type Command, type Execute, type Log, logAbout, type ToolResult } from './tool.ts'

/**
 * Runs tools that have no effects before the save that would announce the run. One whose process ends
 * before the save is run again, and says the same; so nothing needs to be announced.
 * A run that throws, concludes wrongly or takes too long gives no result here: it is announced and
 * run like that of any other tool, with its retries and its signs of life.
 */
export interface RunsAtOnce {
  /** Results by document, of those commands that could be concluded at once. */
  conclude(commands: readonly Command[]): Promise<ReadonlyMap<string, ToolResult>>
}

/** A run that takes longer is announced: everything else of its round waits for it. */
const RUN_MS = 50
/** What the runs of one round may take together; the rest of them are announced. */
const ROUND_MS = 250
/** After a run that took too long, runs are announced for this long. */
const PAUSE_MS = 1_000

const NONE: ReadonlyMap<string, ToolResult> = new Map()

/** @param now milliseconds, monotonic */
export function makeRunsAtOnce(
  tool: { manifest: Manifest; execute: Execute; log: Log },
  now: () => number = () => performance.now(),
): RunsAtOnce {
  if (tool.manifest.effects !== 'none') return { conclude: async () => NONE }
  const limit = makeConcurrencyLimit(Number.POSITIVE_INFINITY)
  let pausedUntil = Number.NEGATIVE_INFINITY

  async function concludeOne(command: Command): Promise<ToolResult | undefined> {
    const stopping = new AbortController()
    const timer = setTimeout(() => stopping.abort(), RUN_MS)
    try {
      const log = logAbout(tool.log, aboutDocument(documentOf(command)))
      const outcome = await runTool({ ...tool, log }, command, stopping.signal, () => {}, limit)
      return 'result' in outcome ? outcome.result : undefined
    } catch {
      // ended by the time: it has no outcome
      return undefined
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    async conclude(commands) {
      const results = new Map<string, ToolResult>()
      const startedAt = now()
      for (const command of commands) {
        const begunAt = now()
        if (begunAt < pausedUntil || begunAt - startedAt >= ROUND_MS) break
        const result = await concludeOne(command)
        if (result) results.set(documentOf(command), result)
        if (now() - begunAt >= RUN_MS) pausedUntil = now() + PAUSE_MS
      }
      return results
    },
  }
}
