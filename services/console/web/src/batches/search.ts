import { ANSWERS } from './answers.ts'

/** Which runs of a batch are listed: those of one answer, or all. */
export interface BatchSearch {
  status?: (typeof ANSWERS)[number][0]
}

export function readSearch({ status }: Record<string, unknown>): BatchSearch {
  const found = ANSWERS.find(([name]) => name === status)
  return found ? { status: found[0] } : {}
}
