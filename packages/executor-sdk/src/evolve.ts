import type { Manifest } from '@prooftrail/contracts'
import { later, leaseMs } from './lease.ts'
import type { ExecutorEvent, Job, State } from './state.ts'

/** Pure. What is published is enough to know that an attempt was answered. */
export function evolve(manifest: Manifest, state: State, event: ExecutorEvent): State {
  switch (event.type) {
    case 'run.started':
      return { status: 'running', ...event.data }
    case 'run.renewed':
      return state.status === 'running' ? { ...state, ...event.data } : state
    case 'run.delayed':
      return state.status === 'running' || state.status === 'delayed'
        ? { ...pick(state), status: 'delayed', ...event.data }
        : state
    case 'run.abandoned':
      return { status: 'abandoned', ...event.data }
    case 'execution.progressed': {
      if (state.status !== 'running') return state
      const { sequence, at } = event.data
      const lease_until = later(at, leaseMs(manifest.limits))
      return { ...state, sequence, lease_until }
    }
    case 'result.produced': {
      const { result_contract_id, result_status } = event.data.result_contract.object
      return { status: 'produced', result_contract_id, result_status }
    }
  }
}

/** When the document wants to be looked at again. */
export function due(state: State): string | undefined {
  if (state.status === 'running') return state.lease_until
  return state.status === 'delayed' ? state.retry_at : undefined
}

function pick({ job, run, sequence }: { job: Job; run: number; sequence: number }) {
  return { job, run, sequence }
}
