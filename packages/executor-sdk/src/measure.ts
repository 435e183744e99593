import type { Handles, Measured } from '@prooftrail/runtime'
import type { metrics } from './metric-table.ts'
import type { ExecutorEvent, ExecutorInput, State } from './state.ts'

/** Counts runs by what came of them. */
export function measureWith({ tool_runs_total: runs }: Handles<typeof metrics>) {
  return ({ event }: Measured<State, ExecutorInput, ExecutorEvent>): void => {
    switch (event.type) {
      case 'result.produced':
        runs.inc({ outcome: event.data.result_contract.object.result_status })
        return
      case 'run.delayed':
        runs.inc({ outcome: 'fault' })
        return
      case 'run.abandoned':
        runs.inc({ outcome: 'abandoned' })
        return
      case 'run.started':
      case 'run.renewed':
      case 'execution.progressed':
        return
    }
  }
}
