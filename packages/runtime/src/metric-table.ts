import type { MetricTable } from '@prooftrail/contracts'

/**
 * What every service and every executor exports. The journey: fetched (age) → decided (inputs) →
 * saved (saves, lost races) → published (events, outbox) → acted (effects); parked is what a person
 * must look at. Requests at its doors are counted beside it.
 */
export const metrics = {
  oldest_input_age_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'Age of the oldest message fetched and not yet handled; 0 when there is none',
  },
  consumer_lag_messages: {
    type: 'gauge',
    unit: 'messages',
    help: 'Messages not yet fetched, as of the last batch, by topic',
    labels: ['topic'],
  },
  loop_silence_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'Seconds since a round ended or a fetch began; over 60 the loop is stuck',
  },
  loop_spinning_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'For how long a loop has been turning without doing anything; 0 when it waits or works',
  },
  outage: {
    type: 'gauge',
    unit: 'consumers',
    help: 'Consumers of the service that try again what is away; 0 when all is well',
  },
  open_topics: {
    type: 'gauge',
    unit: 'topics',
    help: 'Topics read here that more parties may write than the catalogue names; -1 where unknown',
  },
  inputs_total: {
    type: 'counter',
    unit: 'inputs',
    help: 'Inputs by type and what became of them',
    labels: ['type', 'outcome'],
  },
  events_total: {
    type: 'counter',
    unit: 'events',
    help: 'Events decided and saved, by type',
    labels: ['type'],
  },
  parked_total: {
    type: 'counter',
    unit: 'messages',
    help: 'Messages set aside for a person, by code; late results (PT-2003 to PT-2005) only count',
    labels: ['code'],
  },
  refused_total: {
    type: 'counter',
    unit: 'messages',
    help: 'Messages that changed nothing and need nobody, by code',
    labels: ['code'],
  },
  saves_total: { type: 'counter', unit: 'documents', help: 'Documents saved' },
  lost_races_total: { type: 'counter', unit: 'saves', help: 'Saves that met a newer version' },
  rounds_total: {
    type: 'counter',
    unit: 'rounds',
    help: 'Rounds by outcome',
    labels: ['outcome'],
  },
  round_seconds: {
    type: 'histogram',
    unit: 'seconds',
    help: 'Time of a round, load to offsets',
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  },
  round_inputs: {
    type: 'histogram',
    unit: 'inputs',
    help: 'Inputs folded into one round',
    buckets: [1, 2, 5, 10, 25, 50, 100, 250, 1000],
  },
  outbox_waiting: {
    type: 'gauge',
    unit: 'documents',
    help: 'Documents whose saved messages the broker does not have yet',
  },
  outbox_age_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'For how long the oldest of them has been waiting; 0 when none waits',
  },
  republished_total: {
    type: 'counter',
    unit: 'events',
    help: 'Events that had to be published again from an outbox',
  },
  effects_total: {
    type: 'counter',
    unit: 'effects',
    help: 'Tool runs and requests to others, by outcome; unknown ones are taken up again',
    labels: ['outcome'],
  },
  effects_running: { type: 'gauge', unit: 'effects', help: 'Effects running now' },
  effect_seconds: {
    type: 'histogram',
    unit: 'seconds',
    help: 'Time of an effect (a tool run, a callback post); exemplars name the trace',
    exemplars: true,
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 30, 60, 300],
  },
  http_requests_total: {
    type: 'counter',
    unit: 'requests',
    help: 'Requests at its doors, probes apart, by route and outcome: ok, refused (4xx), shed (429), failed (5xx), gone (nobody waited for the answer)',
    labels: ['route', 'outcome'],
  },
  http_request_seconds: {
    type: 'histogram',
    unit: 'seconds',
    help: 'Time of a request at its doors, first byte read to answer sent, by route; exemplars name the trace of a request that has one',
    exemplars: true,
    labels: ['route'],
    buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 10],
  },
  admission_closed_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'For how long new work has been waiting for those after to digest; 0 while it is taken',
  },
  admission_wait_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'How long work that arrives now, of an agent of whom nothing waits, is expected to wait',
  },
  admission_waiting: {
    type: 'gauge',
    unit: 'messages',
    help: 'Messages that were read and wait for their turn',
  },
  shed_total: { type: 'counter', unit: 'requests', help: 'Requests answered 429' },
  tls_certificate_expires_timestamp_seconds: {
    type: 'gauge',
    unit: 'seconds since 1970',
    help: 'When the first certificate of the authority behind the brokers ends',
    only: 'where KAFKA_SSL_CA_FILE is set',
  },
} as const satisfies MetricTable
