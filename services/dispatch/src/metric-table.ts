import type { MetricTable } from '@prooftrail/contracts'

/** What dispatch exports besides what every service does: tools as the deployment sees them, and acts. */
export const metrics = {
  tool_commands_total: {
    type: 'counter',
    unit: 'attempts',
    help: 'Attempts commanded, by tool',
    labels: ['tool'],
  },
  tool_results_total: {
    type: 'counter',
    unit: 'results',
    help: 'Results accepted, by tool and status',
    labels: ['tool', 'status'],
  },
  tool_silence_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'Since when a tool has been commanded and has said nothing that counts; 0 once it has',
    labels: ['tool'],
  },
  tool_stalled_total: {
    type: 'counter',
    unit: 'runs',
    help: 'Runs whose attempts ran out without a result, by tool',
    labels: ['tool'],
  },
  acts_total: {
    type: 'counter',
    unit: 'acts',
    help: 'Acts on runs by what was asked and the answer',
    labels: ['action', 'outcome'],
  },
  batches_total: {
    type: 'counter',
    unit: 'batches',
    help: 'Batches of acts by where they came to stand: made, run, halted, ended',
    labels: ['status'],
  },
  batch_items_total: {
    type: 'counter',
    unit: 'runs',
    help: 'Runs of batches by what became of the act',
    labels: ['outcome'],
  },
} as const satisfies MetricTable
