import type { MetricTable } from '@prooftrail/contracts'

/** What attestation exports besides what every service does: the log, its witnesses, the keys. */
export const metrics = {
  log_size_entries: {
    type: 'gauge',
    unit: 'entries',
    help: 'Entries in the log, as this process knows its head',
  },
  log_integration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    help: 'From when the broker had an entry to when the checkpoint holds it; told by the process that folds the log',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
  },
  log_checkpoint_age_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'For how long the checkpoint has stood, as this process knows it; it moves with each entry',
  },
  log_stopped: {
    type: 'gauge',
    unit: 'logs',
    help: '1 where the log must not be served (PT-6012, PT-6013, PT-6021 until what is on the topic is folded), else 0',
  },
  log_witness_answers_total: {
    type: 'counter',
    unit: 'answers',
    help: 'Answers of witnesses: cosigned, failed (asked again), refused, forked (it knows a tree that this one does not begin with)',
    labels: ['outcome'],
    only: 'where WITNESSES names some',
  },
  log_cosigned_age_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'Since the oldest cosignature of the newest checkpoint that witnesses cosigned',
    only: 'where WITNESSES names some',
  },
  key_expires_timestamp_seconds: {
    type: 'gauge',
    unit: 'seconds since 1970',
    help: 'When the last key of a role ends',
    labels: ['role'],
    only: 'for roles all of whose keys in KEYS_FILE have an end',
  },
} as const satisfies MetricTable
