import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/**
 * Every metric of a service. The journey: fetched (age) → decided (inputs) → saved (saves, lost
 * races) → published (events) → acted (effects); parked is what a person must look at.
 */
export interface ServiceMetrics {
  registry: Registry
  inputs: Counter<'type' | 'outcome'>
  events: Counter<'type'>
  parked: Counter<'code'>
  refused: Counter<'code'>
  saves: Counter
  lostRaces: Counter
  rounds: Counter<'outcome'>
  roundSeconds: Histogram
  roundInputs: Histogram
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
  }
  effects: Counter<'outcome'>
  effectSeconds: Histogram
  effectsRunning: Gauge
  republished: Counter
  outage: Gauge
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
  const registry = new Registry()
  registry.setDefaultLabels({ service })
  if (processMetrics) collectDefaultMetrics({ register: registry })
  const registers = [registry]
  const named: Named = (name, help) => ({ name: `prooftrail_${name}`, help, registers })
  const live: ServiceMetrics['live'] = {
    consumers: [],
    silence: () => 0,
    openTopics: -1,
    admission: () => ({ closedSeconds: 0, waitSeconds: 0, waiting: 0, shed: 0 }),
    spinning: () => 0,
  }
  gaugeLoop(live, named)
  gaugeAdmission(live, named)
  gaugeWriters(live, named)
  return { registry, live, ...roundMetrics(named), ...effectMetrics(named) }
}

/** How often each thing happened: a round adds to a counter once for all that are alike. */
export function tally<T>(things: Iterable<T>): Map<T, number> {
  const counts = new Map<T, number>()
  for (const thing of things) counts.set(thing, (counts.get(thing) ?? 0) + 1)
  return counts
}

/** What every metric of a service has. */
type Named = (name: string, help: string) => { name: string; help: string; registers: Registry[] }

function gaugeLoop(live: ServiceMetrics['live'], named: Named): void {
  new Gauge({
    ...named(
      'oldest_input_age_seconds',
      'Age of the oldest message fetched and not yet handled; 0 when there is none',
    ),
    collect() {
      const oldest = Math.min(...live.consumers.map((one) => one.oldest()))
      this.set(Number.isFinite(oldest) ? Math.max(0, Date.now() - oldest) / 1000 : 0)
    },
  })
  new Gauge({
    ...named('consumer_lag_messages', 'Messages not yet fetched, as of the last batch, by topic'),
    labelNames: ['topic'],
    collect() {
      this.reset()
      for (const one of live.consumers) {
        for (const { topic, lag } of one.lags()) this.inc({ topic }, lag)
      }
    },
  })
  new Gauge({
    ...named('loop_silence_seconds', 'Seconds since a round ended or a fetch began'),
    collect() {
      this.set(live.silence())
    },
  })
  new Gauge({
    ...named(
      'loop_spinning_seconds',
      'For how long a loop has been turning without doing anything',
    ),
    collect() {
      this.set(live.spinning())
    },
  })
}

function gaugeWriters(live: ServiceMetrics['live'], named: Named): void {
  new Gauge({
    ...named(
      'open_topics',
      'Topics read here that more parties may write than the catalogue names; -1 where unknown',
    ),
    collect() {
      this.set(live.openTopics)
    },
  })
}

function gaugeAdmission(live: ServiceMetrics['live'], named: Named): void {
  new Gauge({
    ...named(
      'admission_closed_seconds',
      'For how long new work has been waiting for those after to digest; 0 while it is taken',
    ),
    collect() {
      this.set(live.admission().closedSeconds)
    },
  })
  new Gauge({
    ...named('admission_wait_seconds', 'How long work that arrives now is expected to wait'),
    collect() {
      this.set(live.admission().waitSeconds)
    },
  })
  new Gauge({
    ...named('admission_waiting', 'Messages that were read and wait for their turn'),
    collect() {
      this.set(live.admission().waiting)
    },
  })
  new Counter({
    ...named('shed_total', 'Requests answered 429'),
    collect() {
      this.reset()
      this.inc(live.admission().shed)
    },
  })
}

function roundMetrics(named: Named) {
  return {
    inputs: new Counter({
      ...named('inputs_total', 'Inputs by type and what became of them'),
      labelNames: ['type', 'outcome'] as const,
    }),
    events: new Counter({
      ...named('events_total', 'Events decided, by type'),
      labelNames: ['type'] as const,
    }),
    parked: new Counter({
      ...named('parked_total', 'Messages set aside for a person, by code'),
      labelNames: ['code'] as const,
    }),
    refused: new Counter({
      ...named('refused_total', 'Messages that changed nothing and need nobody, by code'),
      labelNames: ['code'] as const,
    }),
    saves: new Counter(named('saves_total', 'Documents saved')),
    lostRaces: new Counter(named('lost_races_total', 'Saves that met a newer version')),
    rounds: new Counter({
      ...named('rounds_total', 'Rounds by outcome'),
      labelNames: ['outcome'] as const,
    }),
    roundSeconds: new Histogram({
      ...named('round_seconds', 'Time of a round, load to offsets'),
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    }),
    roundInputs: new Histogram({
      ...named('round_inputs', 'Inputs folded into one round'),
      buckets: [1, 2, 5, 10, 25, 50, 100, 250, 1000],
    }),
    republished: new Counter(
      named('republished_total', 'Events that had to be published again from an outbox'),
    ),
    outage: new Gauge(
      named('outage', 'Consumers of the service that try again what is away; 0 when all is well'),
    ),
  }
}

function effectMetrics(named: Named) {
  return {
    effects: new Counter({
      ...named('effects_total', 'Effects by outcome'),
      labelNames: ['outcome'] as const,
    }),
    effectSeconds: new Histogram({
      ...named('effect_seconds', 'Time of an effect (a tool run, a callback post)'),
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 30, 60, 300],
    }),
    effectsRunning: new Gauge(named('effects_running', 'Effects running now')),
  }
}
