import type { Verdict, VerifyStep } from '@prooftrail/trail'
import { type Check, checksOf } from '@prooftrail/verifier'
import { useEffect, useState } from 'react'
import type { VerifyAnswer, VerifyRequest } from './messages.ts'
import { scriptUrl } from './script-url.ts'
import workerUrl from './worker.ts?worker&url'

/** How far a verification is. */
export interface Verification {
  /** Absent until the end. */
  verdict?: Verdict
  tookMs?: number
  /** All checks; what is not reached yet is `unreached`. */
  checks: readonly Check[]
  /** Parts that are done. */
  done: ReadonlySet<VerifyStep>
  /** The worker itself could not run. */
  fault?: string
}

/**
 * Verifies in a Worker of this browser, and tells each part as it passes.
 * @param request undefined: nothing to verify yet
 */
export function useVerification(request: VerifyRequest | undefined): Verification | undefined {
  const [state, setState] = useState<Verification>()
  const { bundle, keys, policy } = request ?? {}
  useEffect(() => {
    setState(undefined)
    if (bundle === undefined || keys === undefined) return
    const worker = new Worker(scriptUrl(workerUrl), { type: 'module' })
    const failed = new Set<VerifyStep>()
    const done = new Set<VerifyStep>()
    const withPolicy = policy !== undefined
    const upcoming = checksOf({ problems: [] }, withPolicy)
    worker.addEventListener('message', ({ data }: MessageEvent<VerifyAnswer>) => {
      if (data.type === 'verdict') {
        const checks = checksOf(data.verdict, withPolicy)
        setState({ verdict: data.verdict, tookMs: data.tookMs, checks, done: new Set(done) })
        worker.terminate()
        return
      }
      done.add(data.step)
      if (!data.isClean) failed.add(data.step)
      const checks = upcoming.map((check): Check => {
        const outcome = failed.has(check.step)
          ? 'failed'
          : done.has(check.step)
            ? 'passed'
            : 'unreached'
        return { ...check, outcome }
      })
      setState({ checks, done: new Set(done) })
    })
    worker.addEventListener('error', (event) => {
      setState({ checks: upcoming, done: new Set(), fault: event.message || 'the worker stopped' })
    })
    worker.postMessage({ bundle, keys, ...(policy === undefined ? {} : { policy }) })
    return () => worker.terminate()
  }, [bundle, keys, policy])
  return state
}
