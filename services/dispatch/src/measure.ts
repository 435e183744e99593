import { ACTS } from '@prooftrail/contracts'
import type { Handles, Measured, Reads } from '@prooftrail/runtime'
import type { metrics } from './metric-table.ts'
import type { DispatchEvent, DispatchInput, State } from './state.ts'

type Table = typeof metrics

/** What is known of tools' silence: since when each has been commanded and has not been heard. */
export function makeSilences(now: () => number = () => performance.now()) {
  const since = new Map<string, number | undefined>()
  return {
    commanded(tool: string): void {
      since.set(tool, since.get(tool) ?? now())
    },
    heard(tool: string): void {
      since.set(tool, undefined)
    },
    /** Tools commanded by this process, and for how many seconds each has been silent since. */
    seconds(): { tool: string; seconds: number }[] {
      return [...since].map(([tool, from]) => ({
        tool,
        seconds: from === undefined ? 0 : (now() - from) / 1000,
      }))
    },
  }
}

export type Silences = ReturnType<typeof makeSilences>

export function readsOf(silences: Silences): Reads<Table> {
  return {
    tool_silence_seconds: () =>
      silences.seconds().map(({ tool, seconds }) => ({ labels: { tool }, value: seconds })),
  }
}

/** Counts what is said to tools and what comes of it, and acts. */
export function measureWith(handles: Handles<Table>, silences: Silences) {
  for (const action of Object.keys(ACTS)) {
    for (const outcome of ['accepted', 'refused']) handles.acts_total.inc({ action, outcome }, 0)
  }
  return ({ event, state }: Measured<State, DispatchInput, DispatchEvent>): void => {
    switch (event.type) {
      case 'execution.commanded': {
        const { tool } = event
        handles.tool_commands_total.inc({ tool })
        handles.tool_stalled_total.inc({ tool }, 0)
        silences.commanded(tool)
        return
      }
      case 'attempt.heard': {
        const tool = toolOf(state)
        if (tool !== undefined) silences.heard(tool)
        return
      }
      case 'result.accepted': {
        const { requested_tool: tool, result_status: status } = event.data.result_contract.object
        handles.tool_results_total.inc({ tool, status })
        silences.heard(tool)
        return
      }
      case 'exception.opened': {
        const { exception_type, requested_tool: tool } = event.data.object
        if (exception_type === 'tool_execution_pause') handles.tool_stalled_total.inc({ tool })
        return
      }
      case 'recovery.accepted':
        handles.acts_total.inc({ action: actionOf(event), outcome: 'accepted' })
        return
      case 'recovery.refused':
        handles.acts_total.inc({ action: actionOf(event), outcome: 'refused' })
        return
      case 'batch.changed':
        handles.batches_total.inc({ status: event.data.status })
        return
      case 'batch-item.accepted':
        handles.batch_items_total.inc({ outcome: 'accepted' })
        return
      case 'batch-item.refused':
        handles.batch_items_total.inc({ outcome: 'refused' })
        return
      case 'batch-item.unanswered':
        handles.batch_items_total.inc({ outcome: 'unanswered' }, event.data.count)
        return
      case 'recovery.requested':
      case 'batch.advanced':
      case 'batch.chunk-known':
      case 'batch.whole':
      case 'batch.ticked':
      case 'batch.registered':
      case 'batch-item.asked':
      case 'execution.bound':
      case 'exception.resolved':
      case 'tool.known':
      case 'agent.known':
      case 'run.expired':
        return
    }
  }
}

function toolOf(state: State): string | undefined {
  return state.status === 'commanded' || state.status === 'stalled'
    ? state.accepted.pins.tool
    : undefined
}

type Answer = Extract<DispatchEvent, { type: 'recovery.accepted' | 'recovery.refused' }>

/** What an act is called; a name outside the list is whatever its sender wrote. */
function actionOf({ data: { act } }: Answer): string {
  const { recovery_action } = act.object
  return Object.hasOwn(ACTS, recovery_action) ? recovery_action : 'unknown'
}
