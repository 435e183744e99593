import { type Host, type RebuildOptions, type Rebuilt, rebuildService } from '@prooftrail/runtime'
import { digestOfBytes } from '@prooftrail/trail/encoding'
import type { CallbackConfig } from './config.ts'
import { callback, makeTools } from './service.ts'
import type { CallbackEvent, State } from './state.ts'

/**
 * Makes callback's documents again: what was published of attempts, and the bytes of each callback from
 * its usage receipt. Nothing is sent. An attempt that was under way, of which nothing was published,
 * counts as begun: when its lease passes it is unknown, as after any death of the process. A request for
 * evidence and a notice of expiry count as made: what became of them is on no topic, and twice is worse than once.
 */
export function rebuild(
  host: Host,
  config: CallbackConfig,
  options?: RebuildOptions,
): Promise<Rebuilt> {
  const { key, addresses, leaseMs, gapsMs } = makeTools(config, SENDS_NOTHING)
  const decide: typeof callback.decide = (...given) => withoutRequests(callback.decide(...given))
  return rebuildService(
    host,
    { ...callback, decide },
    {
      decides: ['usage-receipt.issued', 'recovery.accepted', 'run.expired'],
      context: async (_read, _doc, _state, { at }) => ({
        ...{ key, addresses, lease_ms: leaseMs, gaps_ms: gapsMs, now: at },
      }),
      ...{ faultOf, normal, serviceKeys: config.serviceKeys },
    },
    options,
  )
}

const SENDS_NOTHING = {
  post: () => Promise.reject(new Error('a rebuild sends nothing')),
  close: async () => undefined,
}

/** What was decided, but for the attempts of requests for evidence. */
function withoutRequests(events: readonly CallbackEvent[]): readonly CallbackEvent[] {
  const requests = new Set(
    events.flatMap(({ type, data }) =>
      type === 'callback.prepared' && data.delivery.is_request
        ? [data.delivery.callback_event_id]
        : [],
    ),
  )
  return events.filter(
    ({ type, data }) => type !== 'attempt.started' || !requests.has(data.callback_event_id),
  )
}

/** A callback that may be sent again has the bytes that were published; they name the public address. */
function faultOf({ deliveries }: State): string | undefined {
  const other = deliveries.find(
    ({ payload, callback_hash }) => payload && digestOfBytes(payload.body) !== callback_hash,
  )
  if (other === undefined) return undefined
  const { callback_event_id, callback_hash } = other
  return `${callback_event_id} was ${callback_hash}: is the public address another one?`
}

/** Without the times of an attempt that has no outcome, and without what became of requests. */
function normal(state: unknown): unknown {
  const { deliveries, ...rest } = Object(state)
  if (!Array.isArray(deliveries)) return state
  return {
    ...rest,
    deliveries: deliveries.map((one) => {
      const { phase, attempts, payload, ...delivery } = one
      if (delivery.is_request) return delivery.callback_event_id
      const { begun_at: _begun, lease_until: _lease, ...known } = Object(phase)
      return { ...delivery, attempts, payload, phase: known }
    }),
  }
}
