import type { MetricTable } from '@prooftrail/contracts'

/** What the console exports besides what every service does: the life of work orders, as it folds them. */
export const metrics = {
  order_acceptance_seconds: {
    type: 'histogram',
    unit: 'seconds',
    help: 'From when the broker had an order to when it had the acceptance',
    exemplars: true,
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800],
  },
  order_seal_seconds: {
    type: 'histogram',
    unit: 'seconds',
    help: 'From when the broker had an accepted order to when it had the first seal of its trail',
    exemplars: true,
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200],
  },
  runs: {
    type: 'gauge',
    unit: 'runs',
    help: 'Runs by where they stand in their life',
    labels: ['state'],
  },
  runs_queued: {
    type: 'gauge',
    unit: 'runs',
    help: 'Runs that are not at rest, by their tool and by where they stand in the table of limits',
    labels: ['tool', 'state'],
  },
  runs_unsealed: {
    type: 'gauge',
    unit: 'runs',
    help: 'Accepted orders whose trail has no seal yet and still can get one: accepted minus sealed',
  },
  runs_unsealed_age_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'For how long the oldest of them has been accepted; 0 when there is none',
  },
  exceptions_open: {
    type: 'gauge',
    unit: 'runs',
    help: 'Runs with an open exception, by its type',
    labels: ['type'],
  },
  acts_open: {
    type: 'gauge',
    unit: 'runs',
    help: 'Runs with an accepted act whose result has not come and may still come',
  },
  parked_open: {
    type: 'gauge',
    unit: 'messages',
    help: 'Parked messages that nobody has settled, out of what is stored: a restart forgets none',
    labels: ['topic', 'code'],
  },
  parked_open_age_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'For how long the oldest of them has been parked',
    labels: ['topic', 'code'],
  },
  parked_dropped_total: {
    type: 'counter',
    unit: 'messages',
    help: 'Open parked messages that left the list because more than 50,000 were kept',
  },
  streams_open: {
    type: 'gauge',
    unit: 'streams',
    help: 'Streams of changes that somebody follows now',
  },
  streams_refused_total: {
    type: 'counter',
    unit: 'streams',
    help: 'Streams that were refused because too many were open',
  },
  streams_cut_total: {
    type: 'counter',
    unit: 'streams',
    help: 'Streams that were cut off because their reader did not keep up',
  },
  stream_events_total: {
    type: 'counter',
    unit: 'events',
    help: 'Events and signs of life that were sent to the readers of streams',
  },
  projection_behind_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'How far what the console shows is behind the ends of its topics; known while a stream is open',
  },
  runs_stuck: {
    type: 'gauge',
    unit: 'runs',
    help: 'Runs that an alert stands for: in one state for longer than the table of limits says, by the reason',
    labels: ['reason'],
  },
} as const satisfies MetricTable
