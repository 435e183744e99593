import type { Group } from './evaluate.ts'
import type { Labels } from './exposition.ts'
import type { PageDashboard, PagePanel, PageQuery } from './panels.ts'

/** Lines that one query may have: what is beyond is left out, and counted. */
const MOST_LINES = 60

interface Line {
  legend: string
  /** A value for each moment, at the moment's place; NaN: none. */
  values: Float64Array
}

interface Kept {
  query: PageQuery
  lines: Map<string, Line>
  leftOut: number
}

/** A panel with what its lines were at some moments. */
export interface Drawn extends Omit<PagePanel, 'queries'> {
  promql: string[]
  /** `null`: no value at that moment. */
  lines: { legend: string; values: (number | null)[] }[]
  /** Lines that found no room. */
  left_out: number
}

export interface DrawnDashboard {
  uid: string
  title: string
  description: string
  /** Seconds between two moments. */
  step_seconds: number
  /** Seconds since 1970. */
  times: number[]
  rows: { title: string; panels: Drawn[] }[]
}

/** Moments that one answer holds at most; a longer range has wider steps. */
const MOST_MOMENTS = 240

/**
 * What every query came to, for so many moments: a ring. The oldest is forgotten when a new one comes,
 * and a line when nothing of it is left.
 */
export class History {
  readonly dashboards: readonly PageDashboard[]
  readonly capacity: number
  readonly stepSeconds: number
  readonly #times: Float64Array
  readonly #kept = new Map<PageQuery, Kept>()
  /** Moments taken so far. */
  #taken = 0

  constructor(
    dashboards: readonly PageDashboard[],
    { stepSeconds, keptSeconds }: { stepSeconds: number; keptSeconds: number },
  ) {
    this.dashboards = dashboards
    this.stepSeconds = stepSeconds
    this.capacity = Math.ceil(keptSeconds / stepSeconds)
    this.#times = new Float64Array(this.capacity)
    for (const query of queriesOf(dashboards)) {
      this.#kept.set(query, { query, lines: new Map(), leftOut: 0 })
    }
  }

  /** Takes a moment. @param at epoch seconds @param evaluate what a query comes to now */
  add(at: number, evaluate: (query: PageQuery) => readonly Group[]): void {
    const place = this.#taken % this.capacity
    this.#times[place] = at
    for (const kept of this.#kept.values()) this.#addTo(kept, place, evaluate(kept.query))
    this.#taken += 1
  }

  /** A dashboard as it was over so many seconds up to now; undefined for one that is not there. */
  draw(uid: string, rangeSeconds: number): DrawnDashboard | undefined {
    const dashboard = this.dashboards.find((one) => one.uid === uid)
    if (dashboard === undefined) return undefined
    const { title, description, rows } = dashboard
    const { places, stepSeconds } = this.#places(rangeSeconds)
    return {
      ...{ uid, title, description, step_seconds: stepSeconds },
      times: places.map((place) => this.#times[place] ?? 0),
      rows: rows.map((row) => ({
        title: row.title,
        panels: row.panels.map((panel) => this.#drawn(panel, places)),
      })),
    }
  }

  #addTo(kept: Kept, place: number, groups: readonly Group[]): void {
    kept.leftOut = 0
    // what stood here is forgotten
    for (const { values } of kept.lines.values()) values[place] = Number.NaN
    for (const { labels, value } of groups) {
      const name = JSON.stringify(labels)
      const line = kept.lines.get(name) ?? this.#newLine(kept, labels)
      if (line === undefined) {
        kept.leftOut += 1
        continue
      }
      kept.lines.set(name, line)
      line.values[place] = value
    }
    if (place !== 0) return
    for (const [name, { values }] of kept.lines) {
      if (values.every((one) => Number.isNaN(one))) kept.lines.delete(name)
    }
  }

  #newLine({ lines, query }: Kept, labels: Labels): Line | undefined {
    if (lines.size >= MOST_LINES) return undefined
    const values = new Float64Array(this.capacity).fill(Number.NaN)
    return { legend: legendOf(query.legend, labels), values }
  }

  /** The places of the moments of a range, oldest first: of many the n-th ones, always the same ones. */
  #places(rangeSeconds: number): { places: number[]; stepSeconds: number } {
    const wanted = Math.ceil(rangeSeconds / this.stepSeconds)
    const there = Math.min(this.#taken, this.capacity, wanted)
    const every = Math.max(1, Math.ceil(wanted / MOST_MOMENTS))
    const places: number[] = []
    for (let moment = this.#taken - there; moment < this.#taken; moment += 1) {
      if (moment % every === 0) places.push(moment % this.capacity)
    }
    return { places, stepSeconds: every * this.stepSeconds }
  }

  #drawn({ queries, ...panel }: PagePanel, places: readonly number[]): Drawn {
    const kept = queries.flatMap((query) => this.#kept.get(query) ?? [])
    const lines = kept.flatMap((one) => [...one.lines.values()])
    return {
      ...panel,
      promql: queries.map(({ promql }) => promql),
      lines: lines
        .map(({ legend, values }) => ({
          legend,
          values: places.map((place) => shown(values[place])),
        }))
        .filter(({ values }) => values.some((one) => one !== null)),
      left_out: kept.reduce((sum, { leftOut }) => sum + leftOut, 0),
    }
  }
}

/** Every query of every panel. */
export function queriesOf(dashboards: readonly PageDashboard[]): PageQuery[] {
  return dashboards.flatMap(({ rows }) =>
    rows.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries)),
  )
}

/** `{{service}}` → the group's service. */
function legendOf(form: string, labels: Labels): string {
  return form.replace(/\{\{(\w+)\}\}/g, (_, name) => labels[name] ?? '')
}

/** Six digits tell more than a line shows. What divides by nothing has no value. */
function shown(value: number | undefined): number | null {
  if (value === undefined || !Number.isFinite(value)) return null
  return Number(value.toPrecision(6))
}
