import { type ExecutionCommand, type Manifest, manifestDigest } from '@prooftrail/contracts'
import { deriveId, settlementId, workOrderId } from '@prooftrail/trail'
import { allocateIds } from '@prooftrail/trail/format'

/** What a case says about its command; evidence is taken as it is, other members replace. */
export type CommandOverrides = Partial<ExecutionCommand>

const ISSUED_AT = '2026-03-02T09:00:00.000Z'
const DEADLINE = '2026-03-02T09:05:00.000Z'

/**
 * A complete command for a tool, as dispatch would bind it, always the same: for cases and tests.
 * @param overrides members that differ; ids follow from the work order's
 */
export function exampleCommand(
  manifest: Manifest,
  overrides: CommandOverrides = {},
): ExecutionCommand {
  const { work_order_id = workOrderId('agent-example', 'case-1') } = overrides
  const settlement = settlementId('agent-example', 'funding-1', 0)
  const [requested_capability = manifest.tool] = manifest.capabilities
  return {
    object_type: 'execution_command',
    tool_command_id: deriveId('cmd', work_order_id, 0),
    work_order_id,
    task_token: 'tt_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    agent_id: 'agent-example',
    agent_task_run_id: deriveId('run', work_order_id, 0),
    execution_binding_id: deriveId('eb', work_order_id, 0),
    attempt: 1,
    deadline: DEADLINE,
    manifest_version: manifest.version,
    manifest_digest: manifestDigest(manifest),
    requested_tool: manifest.tool,
    requested_capability,
    execution_mode: 'controlled_pilot',
    pilot_id: manifest.pilot_id,
    evidence: {},
    // an order that is polled has no address for a callback
    ...(overrides.callback_policy === 'status_polling_only'
      ? {}
      : { callback_url: 'https://agent.example/callbacks' }),
    callback_policy: 'callback_required',
    proof_requirements: [...manifest.proof_trail],
    ids: allocateIds(work_order_id, manifest.proof_trail, 1, settlement),
    hold: {
      account: 'agent-example',
      credits_held: manifest.price.credits,
      credit_entry: 'agent-example/2',
    },
    issued_at: ISSUED_AT,
    ...overrides,
  }
}
