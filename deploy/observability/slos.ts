/**
 * Service level objectives, as what went wrong of what happened. Names and labels of their records are
 * Sloth's, so that dashboards made for it work.
 */
import { entryOf, fullName, type MetricName } from './metrics.ts'
import { selector } from './query.ts'
import { type Scale, seconds } from './scale.ts'

export interface Slo {
  /** Sloth's `sloth_slo`; `sloth_id` is `prooftrail-` and it. */
  name: string
  title: string
  /** What is promised, in one sentence. */
  promise: string
  /** Share of what happens that goes right. */
  objective: number
  /** Errors and all, as rates over a window. */
  errors(window: string): string
  all(window: string): string
  /** The alert that its budget burns. */
  alert: string
  runbook: string
}

/** An accepted order has its seal within so many seconds. */
export const SEALED_WITHIN_SECONDS = 30
/** An entry is in the log within so many seconds. */
export const LOGGED_WITHIN_SECONDS = 10

export const slos: readonly Slo[] = [
  {
    name: 'sealed-in-time',
    title: 'Orders sealed in time',
    promise: `99 of 100 accepted orders have their seal within ${SEALED_WITHIN_SECONDS} s`,
    objective: 0.99,
    ...withinBucket('order_seal_seconds', SEALED_WITHIN_SECONDS),
    alert: 'ProoftrailOrdersSealedLate',
    runbook: 'orders-are-sealed-late',
  },
  {
    name: 'doors-answer',
    title: 'Doors answer',
    promise: '999 of 1000 requests that reach a door are answered without a fault of ours',
    objective: 0.999,
    errors: (window) =>
      `sum(rate(${series('http_requests_total', { outcome: 'failed' })}[${window}])) or vector(0)`,
    all: (window) => `sum(rate(${series('http_requests_total')}[${window}]))`,
    alert: 'ProoftrailDoorsFail',
    runbook: 'doors-fail',
  },
  {
    name: 'callbacks-at-first',
    title: 'Callbacks delivered at the first attempt',
    promise: '95 of 100 callbacks are delivered at their first attempt',
    objective: 0.95,
    errors: (window) =>
      `sum(rate(${series('callbacks_total', { end: '~later|parked' })}[${window}]))`,
    all: (window) => `sum(rate(${series('callbacks_total', { end: '!none' })}[${window}]))`,
    alert: 'ProoftrailCallbacksFail',
    runbook: 'callbacks-fail',
  },
  {
    name: 'log-fresh',
    title: 'The log is fresh',
    promise: `995 of 1000 entries are in the log within ${LOGGED_WITHIN_SECONDS} s`,
    objective: 0.995,
    ...withinBucket('log_integration_seconds', LOGGED_WITHIN_SECONDS),
    alert: 'ProoftrailLogSlow',
    runbook: 'the-log-is-slow',
  },
]

/** Windows of the records, shortest first; the last is the period of the budget. */
export const WINDOWS = ['5m', '30m', '1h', '2h', '6h', '1d', '3d', '30d'] as const

/**
 * When a burning budget is told (the SRE workbook's table): both windows must burn, and so much must
 * have happened in the long one that it is no accident of few.
 */
export const BURNS = [
  { severity: 'page', factor: 14.4, long: '1h', short: '5m', events: 20 },
  { severity: 'page', factor: 6, long: '6h', short: '30m', events: 50 },
  { severity: 'ticket', factor: 1, long: '3d', short: '6h', events: 100 },
] as const

export function labelsOf({ name }: Slo): Record<string, string> {
  return { sloth_id: `prooftrail-${name}`, sloth_service: 'prooftrail', sloth_slo: name }
}

/** The records of an objective. */
export function recordsOf(slo: Slo, { span }: Scale) {
  const labels = labelsOf(slo)
  const matching = selector({ metric: '', where: { sloth_id: labels.sloth_id ?? '' } })
  const ratios = WINDOWS.map((window) => ({
    record: `slo:sli_error:ratio_rate${window}`,
    expr: `(${slo.errors(span(window))}) / (${slo.all(span(window))})`,
    labels: { ...labels, sloth_window: window },
  }))
  const events = [...new Set(BURNS.map(({ long }) => long))].map((window) => ({
    record: `prooftrail:slo_events:increase${window}`,
    expr: `(${slo.all(span(window))}) * ${seconds(span(window))}`,
    labels,
  }))
  const budget = `${round(1 - slo.objective)}`
  return [
    ...ratios,
    ...events,
    { record: 'slo:objective:ratio', expr: `vector(${slo.objective})`, labels },
    { record: 'slo:error_budget:ratio', expr: `vector(${budget})`, labels },
    {
      record: 'slo:current_burn_rate:ratio',
      expr: `slo:sli_error:ratio_rate5m${matching} / on(sloth_id, sloth_slo, sloth_service) group_left slo:error_budget:ratio${matching}`,
      labels,
    },
    {
      record: 'slo:period_error_budget_remaining:ratio',
      expr: `1 - slo:sli_error:ratio_rate30d${matching} / on(sloth_id, sloth_slo, sloth_service) group_left slo:error_budget:ratio${matching}`,
      labels,
    },
  ]
}

/** When the budget of an objective burns at one of the speeds. */
export function burnExpr(
  slo: Slo,
  { factor, long, short, events }: (typeof BURNS)[number],
): string {
  const matching = selector({ metric: '', where: { sloth_id: `prooftrail-${slo.name}` } })
  const limit = round(factor * (1 - slo.objective))
  const burns = (window: string) => `max(slo:sli_error:ratio_rate${window}${matching}) > ${limit}`
  return `${burns(long)} and ${burns(short)} and max(prooftrail:slo_events:increase${long}${matching}) >= ${events}`
}

/** Late is what no bucket up to the bound holds. @throws Error for a bound that is no bucket's */
function withinBucket(
  name: 'order_seal_seconds' | 'log_integration_seconds',
  bound: number,
): Pick<Slo, 'errors' | 'all'> {
  if (!entryOf(name).buckets?.includes(bound)) throw new Error(`${name} has no bucket of ${bound}`)
  const all = (window: string) => `sum(rate(${fullName(name)}_count[${window}]))`
  return {
    all,
    errors: (window) =>
      `${all(window)} - sum(rate(${fullName(name)}_bucket{le="${bound}"}[${window}]))`,
  }
}

function series(name: MetricName, where: Record<string, string> = {}): string {
  return selector({ metric: fullName(name), where })
}

/** Without the tails of binary fractions. */
function round(value: number): number {
  return Number(value.toPrecision(6))
}
