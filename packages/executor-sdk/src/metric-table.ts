import type { MetricTable } from '@prooftrail/contracts'

/** What an executor exports besides what every service does; `service` is its tool. */
export const metrics = {
  tool_runs_total: {
    type: 'counter',
    unit: 'runs',
    help: 'Runs of the tool by outcome: the status of the result, fault (it is run again) or abandoned (its time is over)',
    labels: ['outcome'],
  },
} as const satisfies MetricTable
