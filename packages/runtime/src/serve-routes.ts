import { commonRoutes } from '@prooftrail/contracts/doors'
import type { Express } from 'express'
import type { Logger } from 'pino'
import { codes } from './codes.ts'
import type { Store } from './documents/store.ts'
import type { WritersWatch } from './health/watch-writers.ts'
import type { Watchdog } from './health/watchdog.ts'
import type { Host } from './host.ts'
import { type Access, makeAccess } from './http/access.ts'
import { mountDoors } from './http/doors.ts'
import type { Handlers } from './http/handler.ts'
import { onlyThisMachine } from './http/same-origin.ts'
import { type Door, serveHttp } from './http/server.ts'
import type { Loop } from './loop.ts'
import type { ServiceMetrics } from './metrics.ts'
import type { Emitted, Input } from './service.ts'
import type { Definition } from './service-types.ts'

/** The loop turns at least this often, or it is stuck. */
const LIVENESS_MS = 60_000
/** A loop that spins for this long does not stop by itself. */
const SPIN_MS = 30_000

export interface Serving<S> {
  host: Host
  door: Door
  loop: Loop
  /** What is folded beside the loop. */
  folds: readonly Pick<Loop, 'turnedAt' | 'failing'>[]
  watchdog: Pick<Watchdog, 'spinningMs'>
  /** Asks who else may write what the service reads; absent where nobody asks. */
  writers?: Pick<WritersWatch, 'warnings'> | undefined
  metrics: ServiceMetrics
  store: Store<S>
  log: Logger
}

/** Probes, metrics, what every service answers, and the service's own routes. */
export function serveRoutes<S, I extends Input, E extends Emitted, C, T>(
  definition: Definition<S, I, E, C, T>,
  tools: T,
  { host, door, loop, folds, watchdog, writers, metrics, store, log }: Serving<S>,
): void {
  const parts = [loop, ...folds]
  const silence = () => Date.now() - Math.min(...parts.map((one) => one.turnedAt()))
  metrics.live.silence = () => silence() / 1000
  metrics.live.spinning = () => watchdog.spinningMs / 1000
  const access = makeAccess(host.config.access)
  const probes = {
    metrics: metrics.registry,
    counted: metrics,
    traced: host.tracing?.exporter(definition.name),
    warnings: () => writers?.warnings() ?? [],
    health: () => {
      const ms = silence()
      if (ms > LIVENESS_MS) {
        return { code: 'PT-9030', detail: `the loop has not turned for ${ms} ms` }
      }
      const { spinningMs } = watchdog
      if (spinningMs <= SPIN_MS) return undefined
      const seconds = Math.round(spinningMs / 1000)
      return { code: 'PT-9035', detail: `a loop turns without doing anything, for ${seconds} s` }
    },
    ready: async () => parts.map((one) => one.failing()).find((fault) => fault !== undefined),
  }
  const mount = (app: Express) => {
    const entries = Object.entries({ ...codes, ...definition.codes })
    app.locals.titles = new Map(entries.map(([code, { title }]) => [code, title]))
    if (access.open) app.use(onlyThisMachine)
    addDiscard(app, access, loop)
    definition.routes?.(app, { ...tools, store, access })
  }
  serveHttp(door, probes, mount, log)
}

/** An operator gives a parked input up. */
function addDiscard(app: Express, access: Access, loop: Loop): void {
  const routes = { 'POST /v1/parked/discard': commonRoutes['POST /v1/parked/discard'] }
  const handlers: Handlers<typeof routes> = {
    'POST /v1/parked/discard': async ({ body: { document, input } }) => {
      await loop.discard(document, input)
      return { document, input, status: 'discarded' }
    },
  }
  mountDoors(app, { routes, handlers, access, codes })
}
