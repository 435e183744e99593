/**
 * How fast rules run. Tests against a live deployment cannot wait for minutes: there every span of a
 * rule is divided by one number, windows, waits and thresholds that are spans alike.
 */
export interface Scale {
  /** A span in PromQL's form. */
  span(duration: string): string
  /** The same in seconds, as a threshold. */
  limit(duration: string): number
}

/** @param speed 1: as in production */
export function scaleOf(speed: number, least = '5s'): Scale {
  const limit = (duration: string) => seconds(duration) / speed
  return {
    limit,
    span(duration) {
      if (speed === 1) return duration
      return `${Math.max(Math.round(limit(duration)), seconds(least))}s`
    },
  }
}

/** The seconds of a duration such as `5m`. */
export function seconds(duration: string): number {
  const units: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3_600, d: 86_400 }
  const [, count = '', unit = ''] = /^(\d+)(ms|s|m|h|d)$/.exec(duration) ?? []
  const factor = units[unit]
  if (factor === undefined) throw new Error(`${duration} is no duration`)
  return Number(count) * factor
}
