import type {
  EvidenceStatus,
  ExceptionTicket,
  ExecutionCommand,
  Json,
  MachineResult,
  Manifest,
  ResultContract,
  ResultStatus,
} from '@prooftrail/contracts'
import { kindOf, type LinkName, ownLinks } from '@prooftrail/trail/format'
import { assessEvidence, scoreEvidence } from './assess-evidence.ts'
import { nextActions, openItems } from './next-steps.ts'
import { evidenceGap, ownTicket, pauseTicket } from './tickets.ts'
import type { ToolResult } from './tool.ts'

/**
 * From what a tool concluded to the objects that are signed (wire format section 5).
 * B1 Every required member is there, for a failed run too; ids are those of the command.
 * B2 The same command, result and time give the same objects.
 */

/** The objects of one result, unsigned. */
export interface BuiltResult {
  /** The tool's own, in the order of the trail. */
  links: { name: LinkName; object: { [member: string]: Json } }[]
  contract: ResultContract
}

/** Why a run ended without a conclusion. */
export interface RunFault {
  /** PT-3nnn */
  code: string
  detail: string
}

const RESULT_STATUS: Record<EvidenceStatus, ResultStatus> = {
  sufficient: 'ready',
  partial: 'partial',
  insufficient: 'failed',
}

/**
 * The objects of a run that concluded.
 * @param result checked by `checkResult`
 * @param at when the conclusion was recorded
 */
export function buildResult(
  manifest: Manifest,
  command: ExecutionCommand,
  result: ToolResult,
  at: string,
): BuiltResult {
  const assessment = result.evidence
    ? scoreEvidence(manifest, result.evidence)
    : assessEvidence(manifest, command)
  const { evidence_status, evidence_score, lines } = assessment
  const next_actions = nextActions(lines, result.next_actions, evidence_status)
  const gap = evidenceGap(command, assessment, next_actions, at)
  const own = (result.exceptions ?? []).map((draft) => ownTicket(command, draft, assessment, at))
  return {
    links: (result.links ?? []).map(({ name, object }) => linkOf(command, name, object, at)),
    contract: contractOf(command, at, {
      machine_result: {
        tool: manifest.tool,
        evidence_status,
        evidence_score,
        open_items: openItems(lines, result.open_items),
        next_actions,
        result_package: result.result_package,
      },
      human_summary: result.human_summary,
      exceptions: gap ? [gap, ...own] : own,
    }),
  }
}

/** The objects of a run that could not conclude: complete, failed, with a ticket. */
export function buildFailure(
  manifest: Manifest,
  command: ExecutionCommand,
  fault: RunFault,
  at: string,
): BuiltResult {
  const { tool } = manifest
  const summary = `${tool} could not conclude (${fault.code}): ${fault.detail}`
  const empty = { evidence_status: 'insufficient', evidence_score: 0 } as const
  const failure = { status: 'failed', reason_code: fault.code, summary }
  return {
    links: ownLinks(manifest.proof_trail).map((name) => linkOf(command, name, failure, at)),
    contract: contractOf(command, at, {
      machine_result: {
        tool,
        ...empty,
        open_items: [{ code: 'tool_failed', about: tool, detail: summary }],
        next_actions: [
          {
            action: 'replay_from_checkpoint',
            about: tool,
            detail: 'No credits were debited. Ask for a replay once the tool is mended.',
          },
        ],
        result_package: {
          package_type: `${tool}_result_package`,
          operating_tool: tool,
          ...empty,
          ...failure,
        },
      },
      human_summary: `${summary}. The evidence was not judged, and no credits were debited. Next: replay once the tool is mended.`,
      exceptions: [pauseTicket(command, summary, at)],
    }),
  }
}

/** The id that the command allots to a link, by the link's name. */
export function allottedId(command: ExecutionCommand, name: string): string {
  if (name === 'work_order') return command.work_order_id
  if (name === 'execution_command') return command.tool_command_id
  const id = command.ids[name]
  if (id === undefined) throw new Error(`the command allots no id to ${name}`)
  return id
}

function linkOf(
  command: ExecutionCommand,
  name: LinkName,
  object: { [member: string]: Json },
  at: string,
): BuiltResult['links'][number] {
  const member = kindOf(name).id
  if (member === undefined) throw new Error(`${name} has no id of its own`)
  return {
    name,
    object: {
      ...object,
      object_type: name,
      [member]: allottedId(command, name),
      work_order_id: command.work_order_id,
      issued_at: at,
    },
  }
}

interface Conclusion {
  machine_result: MachineResult
  human_summary: string
  exceptions: ExceptionTicket[]
}

function contractOf(command: ExecutionCommand, at: string, conclusion: Conclusion): ResultContract {
  const { machine_result, human_summary, exceptions } = conclusion
  const others = command.proof_requirements.filter((name) => name !== 'result_contract')
  const isDue =
    command.callback_url !== undefined && command.callback_policy !== 'status_polling_only'
  return {
    object_type: 'agent_result_contract',
    contract_version: '2.0',
    result_contract_id: allottedId(command, 'result_contract'),
    work_order_id: command.work_order_id,
    task_token: command.task_token,
    agent_task_run_id: command.agent_task_run_id,
    execution_binding_id: command.execution_binding_id,
    requested_tool: command.requested_tool,
    requested_capability: command.requested_capability,
    lifecycle_state: 'result_ready',
    result_status: RESULT_STATUS[machine_result.evidence_status],
    machine_result,
    human_summary,
    proof_objects: Object.fromEntries(others.map((name) => [name, allottedId(command, name)])),
    receipts: {
      ...(others.includes('settlement_receipt')
        ? { settlement_receipt: allottedId(command, 'settlement_receipt') }
        : {}),
      usage_receipt: allottedId(command, 'usage_receipt'),
    },
    callback: {
      callback_event_id: allottedId(command, 'callback_delivery'),
      ...(isDue ? { callback_url: command.callback_url } : {}),
      callback_status: isDue ? 'pending' : 'ready',
    },
    exceptions,
    issued_at: at,
  }
}
