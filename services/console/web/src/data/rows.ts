/** Runs as lists show them: the door's own answer. */
import type { AnswerOf } from '@prooftrail/contracts/doors'

export type { RunRow } from '@prooftrail/contracts/doors'
export type RunsAnswer = AnswerOf<'GET /v1/runs'>
/** All that match, as far as one batch may hold them. */
export type RunIds = AnswerOf<'GET /v1/runs/ids'>
