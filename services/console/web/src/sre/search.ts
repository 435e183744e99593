/** Which dashboard is shown and over which span: both stand in the address. */

export const RANGES = [
  [300, '5 minutes'],
  [900, '15 minutes'],
  [3_600, '1 hour'],
] as const

export type Range = (typeof RANGES)[number][0]

export const USUAL = { dashboard: 'prooftrail-overview', range: 900 } as const

export interface SreSearch {
  dashboard?: string
  range?: Range
}

export function readSearch(said: Record<string, unknown>): SreSearch {
  const { dashboard } = said
  const range = RANGES.find(([seconds]) => seconds === Number(said.range))?.[0]
  return {
    ...(typeof dashboard === 'string' && dashboard !== USUAL.dashboard ? { dashboard } : {}),
    ...(range !== undefined && range !== USUAL.range ? { range } : {}),
  }
}
