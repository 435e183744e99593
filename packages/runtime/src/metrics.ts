import type { MetricTable } from '@prooftrail/contracts'
import { collectDefaultMetrics, type OpenMetricsContentType, Registry } from 'prom-client'
import { type Handles, type Reads, registerTable } from './metric-handles.ts'
import { metrics as table } from './metric-table.ts'

type Table = typeof table

/** The metrics of a service as the runtime counts with them; what they tell: metric-table.ts. */
export interface ServiceMetrics {
  registry: Registry<OpenMetricsContentType>
  inputs: Handles<Table>['inputs_total']
  events: Handles<Table>['events_total']
  parked: Handles<Table>['parked_total']
  refused: Handles<Table>['refused_total']
  saves: Handles<Table>['saves_total']
  lostRaces: Handles<Table>['lost_races_total']
  rounds: Handles<Table>['rounds_total']
  roundSeconds: Handles<Table>['round_seconds']
  roundInputs: Handles<Table>['round_inputs']
  /** What gauges ask when they are read. */
  live: {
    /** One for each consumer of the service. */
    consumers: ConsumerReadings[]
    /** Seconds since the loop last turned. */
    silence(): number
    /** Seconds since which a loop has been turning without doing anything. */
    spinning(): number
    admission(): AdmissionReadings
    /** Topics that more parties may write than the catalogue names; -1 where that is not known. */
    openTopics: number
    /** Documents whose messages the broker does not have yet, and for how long the oldest waits. */
    outbox(): { waiting: number; ageSeconds: number }
    /** When the first certificate of the brokers' authority ends (epoch ms); undefined: no TLS. */
    certificateEnds: number | undefined
  }
  effects: Handles<Table>['effects_total']
  effectSeconds: Handles<Table>['effect_seconds']
  effectsRunning: Handles<Table>['effects_running']
  republished: Handles<Table>['republished_total']
  outage: Handles<Table>['outage']
  requests: Handles<Table>['http_requests_total']
  requestSeconds: Handles<Table>['http_request_seconds']
  /** Makes the metrics of a service's own table. */
  add<T extends MetricTable>(own: T, reads?: Reads<T>): Handles<T>
}

/** What the metrics report of a consumer. */
export interface ConsumerReadings {
  /** Append time (epoch ms) of the oldest message fetched and not yet handled; Infinity for none. */
  oldest(): number
  /** Messages not yet fetched, as of each partition's last batch. */
  lags(): readonly { topic: string; lag: number }[]
}

/** What the metrics report of an admission control. */
export interface AdmissionReadings {
  /** For how long messages have been waiting for room; 0 while all are taken as they come. */
  closedSeconds: number
  /** How long a message that arrives now, from somebody of whom nothing waits, is expected to wait. */
  waitSeconds: number
  /** How many messages were read and wait for their turn. */
  waiting: number
  /** Requests that were answered 429. */
  shed: number
}

/** @param processMetrics whether those of the Node.js process are added */
export function makeMetrics(service: string, processMetrics: boolean): ServiceMetrics {
  // OpenMetrics: the form that has exemplars
  const registry = new Registry<OpenMetricsContentType>()
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  registry.setDefaultLabels({ service })
  if (processMetrics) collectDefaultMetrics({ register: registry })
  const live: ServiceMetrics['live'] = {
    consumers: [],
    silence: () => 0,
    openTopics: -1,
    admission: () => ({ closedSeconds: 0, waitSeconds: 0, waiting: 0, shed: 0 }),
    spinning: () => 0,
    outbox: () => ({ waiting: 0, ageSeconds: 0 }),
    certificateEnds: undefined,
  }
  const made = registerTable(registry, table, readsOf(live))
  // a series that is there from the start shows its first growth
  for (const outcome of ['finished', 'failed']) made.rounds_total.inc({ outcome }, 0)
  for (const outcome of ['ok', 'refused', 'shed', 'failed', 'gone']) {
    made.http_requests_total.inc({ route: 'none', outcome }, 0)
  }
  return {
    ...{ registry, live },
    inputs: made.inputs_total,
    events: made.events_total,
    parked: made.parked_total,
    refused: made.refused_total,
    saves: made.saves_total,
    lostRaces: made.lost_races_total,
    rounds: made.rounds_total,
    roundSeconds: made.round_seconds,
    roundInputs: made.round_inputs,
    effects: made.effects_total,
    effectSeconds: made.effect_seconds,
    effectsRunning: made.effects_running,
    republished: made.republished_total,
    outage: made.outage,
    requests: made.http_requests_total,
    requestSeconds: made.http_request_seconds,
    add: (own, reads) => registerTable(registry, own, reads),
  }
}

/** How often each thing happened: a round adds to a counter once for all that are alike. */
export function tally<T>(things: Iterable<T>): Map<T, number> {
  const counts = new Map<T, number>()
  for (const thing of things) counts.set(thing, (counts.get(thing) ?? 0) + 1)
  return counts
}

function readsOf(live: ServiceMetrics['live']): Reads<Table> {
  return {
    oldest_input_age_seconds() {
      const oldest = Math.min(...live.consumers.map((one) => one.oldest()))
      return Number.isFinite(oldest) ? Math.max(0, Date.now() - oldest) / 1000 : 0
    },
    consumer_lag_messages: () =>
      live.consumers.flatMap((one) =>
        one.lags().map(({ topic, lag }) => ({ labels: { topic }, value: lag })),
      ),
    loop_silence_seconds: () => live.silence(),
    loop_spinning_seconds: () => live.spinning(),
    open_topics: () => live.openTopics,
    outbox_waiting: () => live.outbox().waiting,
    outbox_age_seconds: () => live.outbox().ageSeconds,
    admission_closed_seconds: () => live.admission().closedSeconds,
    admission_wait_seconds: () => live.admission().waitSeconds,
    admission_waiting: () => live.admission().waiting,
    shed_total: () => live.admission().shed,
    tls_certificate_expires_timestamp_seconds: () =>
      live.certificateEnds === undefined ? undefined : live.certificateEnds / 1000,
  }
}
