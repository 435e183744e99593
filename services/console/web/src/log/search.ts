/** Which leaf of the log is looked at: it stands in the address. */
export interface LogSearch {
  leaf?: number
}

export function readLogSearch({ leaf }: Record<string, unknown>): LogSearch {
  const index = leaf === undefined || leaf === '' ? Number.NaN : Number(leaf)
  return Number.isSafeInteger(index) && index >= 0 ? { leaf: index } : {}
}
