/** The doors of the product: every route of every service as data, and the types that follow. */
import type { Static } from 'typebox'
import { actTrailRoutes, type listedAct } from './act-trail.ts'
import { actRoutes } from './acts.ts'
import { attestationRoutes } from './attestation.ts'
import { batchRoutes } from './batches.ts'
import { callbackRoutes } from './callback.ts'
import { commonRoutes } from './common.ts'
import { consoleRoutes, type runRow, type streamEvents } from './console.ts'
import { forgetRoutes } from './forget.ts'
import { intakeRoutes } from './intake.ts'
import { type parkedItem, parkedRoutes, type parkedRow, type parkedView } from './parked.ts'
import { receiptRoutes } from './receipt.ts'
import { type OfRoute, type ParamsOf, partsOf, type Routes } from './route.ts'
import { sreRoutes } from './sre.ts'
import { type savedView, viewRoutes } from './views.ts'

export { ACT_ANSWERS, ACTED_ON, actTrailRoutes } from './act-trail.ts'
export { actRoutes } from './acts.ts'
export { attestationRoutes } from './attestation.ts'
export {
  BATCH_ITEM_STATUS,
  BATCH_LATER,
  type BatchItemStatus,
  batchRoutes,
} from './batches.ts'
export { callbackRoutes } from './callback.ts'
export { commonRoutes } from './common.ts'
export {
  consoleRoutes,
  RUN_SORTS,
  type RunSort,
  streamEvents,
  WAITS_FOR,
  type WaitsFor,
} from './console.ts'
export { forgetRoutes } from './forget.ts'
export { intakeRoutes } from './intake.ts'
export {
  PARKED_STATES,
  type ParkedAct,
  type ParkedStanding,
  parkedRoutes,
} from './parked.ts'
export { receiptRoutes } from './receipt.ts'
export {
  codesOf,
  namesIn,
  type OfRoute,
  type ParamsOf,
  partsOf,
  type Route,
  type RouteBody,
  type RouteKey,
  type Routes,
  WHO,
  type Who,
} from './route.ts'
export { PANEL_UNITS, type PanelUnit, sreRoutes } from './sre.ts'
export { VIEW_PAGES, viewRoutes } from './views.ts'

/** Each service's own routes, by its name. */
export const doors = {
  intake: intakeRoutes,
  dispatch: { ...actRoutes, ...batchRoutes },
  receipt: receiptRoutes,
  callback: callbackRoutes,
  attestation: attestationRoutes,
  console: {
    ...consoleRoutes,
    ...actTrailRoutes,
    ...viewRoutes,
    ...parkedRoutes,
    ...sreRoutes,
    ...forgetRoutes,
  },
} as const satisfies Readonly<Record<string, Routes>>

const all = {
  ...commonRoutes,
  ...doors.intake,
  ...doors.dispatch,
  ...doors.receipt,
  ...doors.callback,
  ...doors.attestation,
  ...doors.console,
}
type All = typeof all

/** Method and path of a route of the product: `GET /v1/accounts/:account`. */
export type DoorKey = keyof All
/** What a route answers, as JSON. */
export type AnswerOf<K extends DoorKey> = OfRoute<All[K]>['answer']
/** What it is asked behind `?`. */
export type QueryOf<K extends DoorKey> = OfRoute<All[K]>['query']
/** What a request carries. */
export type BodyOf<K extends DoorKey> = OfRoute<All[K]>['sent']

/** A parked message as a line of a list, one as it is shown, and what became of an act on one. */
export type ParkedRow = Static<typeof parkedRow>
export type ParkedView = Static<typeof parkedView>
export type ParkedItem = Static<typeof parkedItem>

/** An act with its answer, and a view that somebody keeps. */
export type ListedAct = Static<typeof listedAct>
export type SavedView = Static<typeof savedView>

/** A run as a line of a list. */
export type RunRow = Static<typeof runRow>

/** What a stream of runs tells, by the name of the event. */
export type StreamEvents = { [N in keyof typeof streamEvents]: Static<(typeof streamEvents)[N]> }

/** The address of a route below a base: its parameters filled in, its query behind. */
export function doorUrl<K extends DoorKey>(
  base: string,
  key: K,
  params: ParamsOf<K>,
  query: QueryOf<K> | object = {},
): string {
  const { path } = partsOf(key)
  const values = new Map(Object.entries<string>(params))
  const filled = path.replace(/:(\w+)/g, (_, name) => encodeURIComponent(values.get(name) ?? ''))
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  const search = new URLSearchParams(
    given.map(([name, value]): [string, string] => [name, String(value)]),
  )
  return `${base}${filled}${search.size > 0 ? `?${search}` : ''}`
}
