/** Verifies beside the page, with the same `verifyTrail` that everybody has; asks nobody. */
import { verifyTrail } from '@prooftrail/trail'
import type { VerifyAnswer, VerifyRequest } from './messages.ts'

const say = (answer: VerifyAnswer) => postMessage(answer)

addEventListener('message', ({ data }: MessageEvent<VerifyRequest>) => {
  const started = performance.now()
  const { bundle, keys, policy } = data
  const verdict = verifyTrail(bundle, keys, policy, (step, isClean) =>
    say({ type: 'step', step, isClean }),
  )
  say({ type: 'verdict', verdict, tookMs: performance.now() - started })
})
