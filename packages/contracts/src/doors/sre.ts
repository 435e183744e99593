import Type from 'typebox'
import type { Routes } from './route.ts'
import { oneOf, time } from './schemas.ts'

/** What a panel's numbers are. */
export const PANEL_UNITS = [
  'seconds',
  'per second',
  'count',
  'share',
  'credits',
  'bytes',
  'cores',
] as const
export type PanelUnit = (typeof PANEL_UNITS)[number]

const count = Type.Integer({ minimum: 0 })
const seconds = Type.Number({ minimum: 0 })

const named = { uid: Type.String(), title: Type.String(), description: Type.String() }

const panel = Type.Object({
  id: Type.String(),
  title: Type.String(),
  description: Type.String(),
  unit: oneOf(PANEL_UNITS),
  kind: oneOf(['lines', 'number']),
  thresholds: Type.Optional(
    Type.Array(Type.Object({ at: Type.Number(), level: oneOf(['warning', 'critical']) })),
  ),
  promql: Type.Array(Type.String()),
  lines: Type.Array(
    Type.Object({
      legend: Type.String(),
      values: Type.Array(Type.Union([Type.Number(), Type.Null()])),
    }),
  ),
  left_out: count,
})

/** Panels of the deployment's metrics, which the console samples itself. */
export const sreRoutes = {
  'GET /v1/sre': {
    who: 'viewer',
    says: 'the processes whose metrics are read, who of them does not answer and since when; the dashboards',
    answer: Type.Object({
      every_seconds: seconds,
      window_seconds: seconds,
      kept_seconds: seconds,
      targets: Type.Array(
        Type.Object({
          service: Type.String(),
          instance: Type.String(),
          up: Type.Boolean(),
          since: time,
          reason: Type.Optional(Type.String()),
        }),
      ),
      dashboards: Type.Array(Type.Object(named)),
    }),
    codes: [],
  },
  'GET /v1/sre/:dashboard': {
    who: 'viewer',
    says: 'a dashboard over the last `range` seconds: of each panel a value for each moment, `null` where there is none',
    query: Type.Object({
      range: Type.Optional(Type.Integer({ minimum: 60, maximum: 3_600, default: 900 })),
    }),
    answer: Type.Object({
      ...named,
      step_seconds: seconds,
      times: Type.Array(Type.Number()),
      rows: Type.Array(Type.Object({ title: Type.String(), panels: Type.Array(panel) })),
    }),
    codes: ['PT-7060'],
  },
} as const satisfies Routes
