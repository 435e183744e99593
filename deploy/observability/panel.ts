import type { PanelUnit } from '@prooftrail/contracts/doors'
import type { Query } from './query.ts'

/** From which value on it is to be looked at, or is bad. */
export interface Threshold {
  at: number
  level: 'warning' | 'critical'
}

export interface Panel {
  /** Stable, and unique in its dashboard. */
  id: string
  title: string
  /** What it tells, and when to worry. */
  description: string
  unit: PanelUnit
  /** Lines over time, or the newest number. */
  kind: 'lines' | 'number'
  /** Each with the name of its lines; `{{label}}` stands for a label's value. */
  queries: readonly { query: Query; legend: string }[]
  thresholds?: readonly Threshold[]
}

export interface Row {
  title: string
  panels: readonly Panel[]
}

export interface Dashboard {
  /** Stable: links to it last. */
  uid: string
  title: string
  description: string
  rows: readonly Row[]
}

/** Queries with their legends; one without names its lines by what it groups by. */
type Asked = readonly (Query | readonly [Query, string])[]

const panel =
  (kind: Panel['kind']) =>
  (
    id: string,
    title: string,
    unit: PanelUnit,
    description: string,
    asked: Asked,
    thresholds?: Panel['thresholds'],
  ): Panel => ({
    ...{ id, title, description, unit, kind },
    queries: asked.map(named),
    ...(thresholds === undefined ? {} : { thresholds }),
  })

/** A panel of lines over time. */
export const lines = panel('lines')

/** A panel of the newest number. */
export const number = panel('number')

function named(asked: Asked[number]): Panel['queries'][number] {
  if ('read' in asked) return { query: asked, legend: groupsOf(asked) }
  const [query, legend] = asked
  return { query, legend }
}

function groupsOf(query: Query): string {
  if (!('by' in query)) return groupsOf(query.of)
  return query.by.map((label) => `{{${label}}}`).join(' ')
}
