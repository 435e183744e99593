import type { MetricTable } from '@prooftrail/contracts'

/** What callback exports besides what every service does. */
export const metrics = {
  callback_attempts_total: {
    type: 'counter',
    unit: 'attempts',
    help: 'Attempts by what came of them (delivered, refused 4xx, failing 5xx, unreachable, forbidden, unknown) and by the network of the receiver’s address',
    labels: ['outcome', 'receiver'],
  },
  callbacks_total: {
    type: 'counter',
    unit: 'callbacks',
    help: 'Callbacks by how they ended: delivered at the first attempt, at a later one, parked, or none was due',
    labels: ['end'],
  },
} as const satisfies MetricTable
