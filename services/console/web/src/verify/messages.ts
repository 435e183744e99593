/** What page and worker say to each other. */
import type { Verdict, VerifyStep } from '@prooftrail/trail'

/** Files to the byte, as they came. */
export interface VerifyRequest {
  bundle: string
  keys: string
  policy?: string
}

export type VerifyAnswer =
  | { type: 'step'; step: VerifyStep; isClean: boolean }
  | { type: 'verdict'; verdict: Verdict; tookMs: number }
