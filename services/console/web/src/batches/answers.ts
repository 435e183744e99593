import type { BatchRun } from '../data/batches.ts'

/** What becomes of a run, in the order of the bar, as people read it. */
export const ANSWERS: readonly (readonly [BatchRun['status'], string])[] = [
  ['accepted', 'accepted'],
  ['refused', 'refused'],
  ['unanswered', 'unanswered'],
  ['asked', 'under way'],
  ['waiting', 'waiting'],
  ['not_asked', 'not asked'],
]
