import { digestOf } from '@prooftrail/executor-sdk'

/** Short lists stand as they are; longer ones are counted and digested. */
const MAX_SHOWN = 25

type Row = { [member: string]: string | number | string[] }

/** `digest` is over the JCS bytes of the whole list. */
export function shorten(rows: readonly Row[]): { count: number; digest: string; listed?: Row[] } {
  const { length: count } = rows
  return { count, digest: digestOf(rows), ...(count <= MAX_SHOWN ? { listed: [...rows] } : {}) }
}
