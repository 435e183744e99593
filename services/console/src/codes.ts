import type { CodeTable } from '@prooftrail/contracts'

export const codes = {
  'PT-7001': {
    title: 'task not known',
    http: 404,
    meaning: 'No run has this handle or id, or the request may not read it.',
    action: 'Check the handle; a run is known a moment after intake accepted or refused its order.',
  },
  'PT-7002': {
    title: 'part not there yet',
    http: 404,
    meaning: 'The run is known, but has no such object yet (or never will, if it was refused).',
    action: 'Look at /v1/tasks/:token/lifecycle for where it stands.',
  },
  'PT-7003': {
    title: 'owner does not answer',
    http: 503,
    meaning:
      'The console was asked for what another service owns, and that service does not answer.',
    action: 'Try again; look at /readyz of the service that owns it.',
  },
  'PT-7004': {
    title: 'attempt not bound yet',
    meaning:
      'A heartbeat came before the console heard of its attempt: topics are read apart. It is asked again for 30 seconds, and then changes nothing.',
    action: 'Nothing.',
  },
} as const satisfies CodeTable
