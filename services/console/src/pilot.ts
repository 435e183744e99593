import { ENDED_TRAILS } from '@prooftrail/trail/format'
import type { RunState, ToolState } from './state.ts'

/** The header that every pilot has, as the newest seal says it. */
export interface PilotView {
  work_order_id: string
  /** Absent for standard and refused orders. */
  pilot_id?: string
  tool?: string
  execution_mode?: string
  /** Absent until the first seal: a state that was not reached is not claimed. */
  runtime_state?: string
  proof_trail: readonly string[]
}

export function pilotOf(run: RunState): PilotView {
  const runtime_state = run.sealed.at(-1)?.runtime_state
  // What the log proves stands over what was pinned.
  const sealed = run.ledger.at(-1)?.object.pilot
  const pilot_id = sealed?.pilot_id ?? run.pilot_id
  return {
    work_order_id: run.work_order_id,
    ...(pilot_id === undefined ? {} : { pilot_id }),
    ...(run.requested_tool === undefined ? {} : { tool: run.requested_tool }),
    ...(run.execution_mode === undefined ? {} : { execution_mode: run.execution_mode }),
    ...(runtime_state === undefined ? {} : { runtime_state }),
    proof_trail: run.reasons
      ? ENDED_TRAILS.refused
      : (sealed?.proof_trail ?? run.pinned?.proof_trail ?? []),
  }
}

/** The five steps as the pinned manifest version names them; none while the tool is not known. */
export function stepNames(run: RunState, tool: ToolState | undefined): readonly string[] {
  const { manifest_version } = run.pinned ?? {}
  const pinned = tool?.versions.find(({ version }) => version === manifest_version)
  return (pinned ?? tool?.versions.at(-1))?.steps ?? []
}
