import type { ResultContract } from '@prooftrail/contracts'
import { deriveId } from '@prooftrail/trail'

/** What a contract says of the run that it ends; `n` counts results. */
export interface ExampleRun {
  work_order_id: string
  task_token: string
  requested_tool: string
  requested_capability: string
  n?: number
}

const EVIDENCE = { ready: 'sufficient', partial: 'partial', failed: 'insufficient' } as const

/** A complete contract of a run: ready over sufficient evidence, where nothing else is said. */
export function exampleContract(
  { n = 0, ...run }: ExampleRun,
  changes: Partial<ResultContract> & Pick<ResultContract, 'issued_at'>,
  result: Partial<ResultContract['machine_result']> = {},
): ResultContract {
  const { work_order_id, requested_tool } = run
  const { result_status = 'ready' } = changes
  const evidence_status = result.evidence_status ?? EVIDENCE[result_status]
  return {
    object_type: 'agent_result_contract',
    contract_version: '2.0',
    result_contract_id: deriveId('rc', work_order_id, n),
    agent_task_run_id: deriveId('run', work_order_id, 0),
    execution_binding_id: deriveId('eb', work_order_id, 0),
    ...run,
    lifecycle_state: 'result_ready',
    result_status,
    machine_result: {
      tool: requested_tool,
      evidence_status,
      evidence_score: evidence_status === 'sufficient' ? 100 : 0,
      open_items: [],
      next_actions: [{ action: 'review' }],
      result_package: { package_type: `${requested_tool}_result_package` },
      ...result,
    },
    human_summary: 'All evidence was reviewed.',
    proof_objects: {},
    receipts: { usage_receipt: deriveId('usage', work_order_id, n) },
    callback: { callback_event_id: deriveId('cb', work_order_id, n), callback_status: 'pending' },
    exceptions: [],
    ...changes,
  }
}
