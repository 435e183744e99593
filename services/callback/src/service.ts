import {
  type Host,
  type RouteTools,
  type Running,
  runService,
  type Service,
} from '@prooftrail/runtime'
import type { SigningKey } from '@prooftrail/trail'
import type { Express } from 'express'
import { type AttemptEffect, effectOf, makeAttempt } from './attempt.ts'
import type { Addresses } from './body.ts'
import { codes } from './codes.ts'
import type { CallbackConfig } from './config.ts'
import { decide } from './decide.ts'
import { type Deliver, makeDeliver } from './deliver.ts'
import { due, evolve, initial } from './evolve.ts'
import { makeGate } from './gate.ts'
import { makeGuard } from './guard.ts'
import { makeLookup } from './lookup.ts'
import { addRoutes } from './routes.ts'
import type { Secrets } from './sign.ts'
import type { Context, Event, Input, State } from './state.ts'
import { makeResolve } from './target.ts'

/** How long an attempt waits for a place at its receiver. */
const WAIT_MS = 30_000
/** What a save and a slow machine may take besides. */
const MARGIN_MS = 10_000
/** What a name server has: within an attempt's time, whatever it does. */
const DNS = { timeoutMs: 2_000, tries: 2 }
/** Attempts that may wait for one receiver, and for all. */
const QUEUE = 500
const CONCURRENCY = 2_000

export interface CallbackOptions {
  key: SigningKey
  webhookKey: SigningKey
  secrets: Secrets
  addresses: Addresses
  deliver: Deliver
  /** Milliseconds that one request takes at most. */
  totalMs: number
  /** Requests to one receiver at a time. */
  places: number
  /** What follows attempt 1, 2, …, in milliseconds. */
  gapsMs: readonly number[]
}

/** The callback service: one document per work order, one effect per attempt. */
export function makeCallback(options: CallbackOptions): Service<State, Input, Event, Context> {
  const { key, webhookKey, secrets, addresses, deliver, totalMs, places, gapsMs } = options
  const gate = makeGate({ places, queue: QUEUE, waitMs: WAIT_MS })
  const attempt = makeAttempt({ deliver, gate, secrets, key: webhookKey })
  const lease_ms = WAIT_MS + totalMs + MARGIN_MS
  return {
    name: 'callback',
    collection: 'callbacks',
    consumes: ['usage-receipt.issued'],
    writes: ['callback.attempted', 'exception.opened'],
    initial,
    route: (input) =>
      input.type === 'usage-receipt.issued' ? input.data.work_order_id : undefined,
    creates: (input) => input.type === 'usage-receipt.issued',
    unseen: ['attempt.postponed'],
    prepare: async () => ({
      ...{ key, addresses, lease_ms, gaps_ms: gapsMs },
      now: new Date().toISOString(),
    }),
    decide,
    evolve,
    due,
    effect: {
      of: effectOf,
      // the runtime hands back what `of` gave
      run: (effect, signal) => attempt(effect as AttemptEffect, signal),
      concurrency: CONCURRENCY,
    },
  }
}

/** Starts the service on its stack. Stopping ends open connections to receivers. */
export async function start(host: Host, config: CallbackConfig): Promise<Running> {
  const { secrets, webhookKey } = config
  const guard = makeGuard({ networks: config.allowedNetworks, ports: config.allowedPorts })
  const deliver = makeDeliver({
    resolve: makeResolve(guard, makeLookup(DNS)),
    connectMs: config.connectMs,
    totalMs: config.totalMs,
    responseBytes: config.responseBytes,
    connections: config.places,
  })
  const service = makeCallback({ ...config, deliver })
  const running = await runService(
    host,
    {
      ...service,
      codes,
      routes: (app: Express, { store, access }: RouteTools<State>) =>
        addRoutes(app, { store, access, secrets, webhookKey }),
    },
    { port: config.port },
  )
  return {
    ...running,
    async stop() {
      await running.stop()
      await deliver.close()
    },
  }
}
