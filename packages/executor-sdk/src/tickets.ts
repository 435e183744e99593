import type {
  ExceptionTicket,
  ExceptionType,
  ExecutionCommand,
  NextAction,
} from '@prooftrail/contracts'
import { ticketId } from '@prooftrail/trail'
import { gapsOf } from './next-steps.ts'
import type { Assessment, TicketDraft } from './tool.ts'

/**
 * The tickets of a result contract. Their number is that of the attempt, from 1: 0 is dispatch's, for
 * a run out of attempts, and a later attempt's ticket never takes an earlier one's id; a tool that opens two of
 * one type in one attempt gives them one ticket.
 */

/** The one ticket of evidence that is not usable; undefined when all of it is. */
export function evidenceGap(
  command: ExecutionCommand,
  assessment: Assessment,
  actions: readonly NextAction[],
  at: string,
): ExceptionTicket | undefined {
  if (assessment.evidence_status === 'sufficient') return undefined
  const gaps = gapsOf(assessment.lines)
  const missing_items = gaps.map((line) => line.evidence_class)
  return {
    ...head(command, 'evidence_gap', at),
    severity: assessment.evidence_status === 'partial' ? 'medium' : 'high',
    status: 'waiting_on_requesting_agent',
    summary: gaps.map((line) => `${line.evidence_class} is ${line.state}`).join('; '),
    evidence_status: assessment.evidence_status,
    missing_items,
    safe_to_replay: true,
    next_action:
      actions.find(({ about }) => missing_items.includes(about ?? ''))?.action ?? 'add_evidence',
  }
}

/** A ticket that the tool opened. */
export function ownTicket(
  command: ExecutionCommand,
  draft: TicketDraft,
  assessment: Assessment,
  at: string,
): ExceptionTicket {
  const { exception_type, severity, status, summary, missing_items, next_action } = draft
  return {
    ...head(command, exception_type, at),
    severity,
    status: status ?? 'open',
    summary,
    evidence_status: assessment.evidence_status,
    ...(missing_items ? { missing_items } : {}),
    safe_to_replay: true,
    ...(next_action ? { next_action } : {}),
  }
}

/** The ticket of a tool that could not conclude. */
export function pauseTicket(
  command: ExecutionCommand,
  summary: string,
  at: string,
): ExceptionTicket {
  return {
    ...head(command, 'tool_execution_pause', at),
    severity: 'high',
    status: 'open',
    summary,
    evidence_status: 'not_applicable',
    safe_to_replay: true,
    next_action: 'replay_from_checkpoint',
  }
}

function head(command: ExecutionCommand, exception_type: ExceptionType, at: string) {
  const { work_order_id, agent_task_run_id, task_token, requested_tool } = command
  return {
    object_type: 'agent_exception_ticket',
    exception_id: ticketId(work_order_id, exception_type, command.attempt),
    work_order_id,
    agent_task_run_id,
    task_token,
    requested_tool,
    exception_type,
    created_at: at,
    issued_at: at,
  }
}
