import { defineService, type Host, type Running, runService } from '@prooftrail/runtime'
import { type AttemptEffect, effectOf, makeAttempt } from './attempt.ts'
import { codes } from './codes.ts'
import type { CallbackConfig } from './config.ts'
import {
  onAttemptFinished,
  onAttemptPostponed,
  onDue,
  onRecoveryAccepted,
  onRunExpired,
  onUsageReceiptIssued,
  runOfAct,
} from './decide.ts'
import { type Deliver, makeDeliver } from './deliver.ts'
import { due, evolve, initial } from './evolve.ts'
import { makeGuard } from './guard.ts'
import { makeLookup } from './lookup.ts'
import { measureWith } from './measure.ts'
import { metrics as table } from './metric-table.ts'
import { makePerReceiverLimit } from './per-receiver-limit.ts'
import { mountRoutes } from './routes.ts'
import type { Callback, Tools } from './state.ts'
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

/** Stage 5: one document per work order, one effect per attempt. See decide.ts for the rules. */
export const callback = defineService<Callback>({
  name: 'callback',
  collection: 'callbacks',
  initial,
  on: {
    'usage-receipt.issued': { creates: true, decide: onUsageReceiptIssued },
    'recovery.accepted': { document: runOfAct, decide: onRecoveryAccepted },
    'run.expired': { decide: onRunExpired },
    'attempt.finished': { decide: onAttemptFinished },
    'attempt.postponed': { sequenced: true, decide: onAttemptPostponed },
    due: { decide: onDue },
  },
  emits: { 'callback.attempted': 'decide', 'exception.opened': 'decide' },
  prepare: async (_wave, { key, addresses, leaseMs, gapsMs }) => ({
    ...{ key, addresses, lease_ms: leaseMs, gaps_ms: gapsMs },
    now: new Date().toISOString(),
  }),
  evolve,
  forget: () => initial,
  due,
  // a replay's result is another delivery: its document is read again
  rests: ({ deliveries }) =>
    deliveries.length > 0 && deliveries.every(({ phase }) => phase.status === 'delivered'),
  effect: {
    of: effectOf,
    // the runtime hands back what `of` gave
    run: (effect, signal, { attempt }) => attempt(effect as AttemptEffect, signal),
    concurrency: CONCURRENCY,
  },
  routes: mountRoutes,
  codes,
})

type Settings = Pick<
  CallbackConfig,
  'key' | 'webhookKey' | 'secrets' | 'addresses' | 'totalMs' | 'places' | 'gapsMs'
>

/** What callback works with; `deliver` makes the requests. */
export function makeTools(settings: Settings, deliver: Deliver): Tools {
  const { key, webhookKey, secrets, addresses, totalMs, places, gapsMs } = settings
  const limit = makePerReceiverLimit({ places, queue: QUEUE, waitMs: WAIT_MS })
  const attempt = makeAttempt({ deliver, limit, secrets, key: webhookKey })
  const leaseMs = WAIT_MS + totalMs + MARGIN_MS
  return { key, webhookKey, secrets, addresses, gapsMs, attempt, leaseMs }
}

/** Runs callback on a host. Stopping ends open connections to receivers. */
export function start(host: Host, config: CallbackConfig): Promise<Running> {
  const guard = makeGuard({ networks: config.allowedNetworks, ports: config.allowedPorts })
  const deliver = makeDeliver({
    resolve: makeResolve(guard, makeLookup(DNS)),
    connectMs: config.connectMs,
    totalMs: config.totalMs,
    responseBytes: config.responseBytes,
    connections: config.places,
  })
  return runService(host, callback, {
    port: config.port,
    serviceKeys: config.serviceKeys,
    open: ({ metrics }) => ({
      tools: makeTools(config, deliver),
      measure: measureWith(metrics(table)),
      close: () => deliver.close(),
    }),
  })
}
