/** The closed lists of objects: the values a member may have. Their names are the members'. */

export const EXECUTION_MODES = ['controlled_pilot', 'standard'] as const
export const CALLBACK_POLICIES = [
  'callback_required',
  'callback_optional',
  'status_polling_only',
] as const
export const RESULT_STATUS = ['ready', 'partial', 'failed'] as const
export const EVIDENCE_STATUS = ['sufficient', 'partial', 'insufficient'] as const
/** A ticket's may also say that it has nothing to do with evidence. */
export const TICKET_EVIDENCE_STATUS = [...EVIDENCE_STATUS, 'unknown', 'not_applicable'] as const
export const VERDICTS = ['ready', 'partial', 'failed', 'refused'] as const
export const DECISIONS = ['accepted', 'rejected'] as const
export const CALLBACK_STATUS = ['ready', 'pending', 'delivered', 'failed', 'parked'] as const
/** What a result contract may say: the callback is due, or none is. */
export const CONTRACT_CALLBACK_STATUS = ['pending', 'ready'] as const
export const ATTEMPT_OUTCOMES = ['delivered', 'failed', 'unknown'] as const
export const EXCEPTION_TYPES = [
  'evidence_gap',
  'callback_failure',
  'credit_hold',
  'tool_execution_pause',
  'result_quality_review',
  'settlement_mismatch',
  'manual_review_required',
] as const
export const SEVERITIES = ['low', 'medium', 'high', 'blocked'] as const
export const TICKET_STATUS = [
  'open',
  'under_review',
  'waiting_on_requesting_agent',
  'recovery_requested',
  'replay_ready',
  'resolved',
  'closed',
] as const
export const RUNTIME_STATES = ['ready_for_operator_review', 'closed', 'refused'] as const
export const SETTLEMENT_PROVIDERS = [
  'stripe_stablecoin',
  'x402',
  'circle_usdc',
  'ap2_mandate',
  'manual_invoice',
  'custom_provider',
] as const
export const USAGE_RECEIPT_POLICY =
  'usage_receipts_record_credits_consumed_after_work_runs' as const
export const CALLBACK_EVENT_TYPES = [
  'task_result_ready',
  'task_result_partial',
  'task_result_failed',
] as const
export const LIFECYCLE_STATES = [
  'created',
  'preflight_checked',
  'contract_ready',
  'contract_accepted',
  'trusted',
  'quoted',
  'credit_pending',
  'credit_funded',
  'queued',
  'operating',
  'result_ready',
  'attested',
  'settlement_receipt_issued',
  'usage_receipt_issued',
  'callback_pending',
  'callback_delivered',
  'exception_open',
  'replay_ready',
  'failed',
  'closed',
] as const
export const CONSOLE_STATES = [
  'created',
  'preflight_checked',
  'contract_ready',
  'contract_accepted',
  'trusted',
  'quoted',
  'credit_pending',
  'credit_funded',
  'queued',
  'operating',
  'result_ready',
  'attested',
  'receipt_issued',
  'callback_pending',
  'callback_delivered',
  'exception_open',
  'replay_ready',
  'failed',
  'closed',
] as const
/** What the console counts: its states and two that only it knows. */
export const CONSOLE_COUNTERS = [...CONSOLE_STATES, 'trust_pending', 'evidence_partial'] as const
export const TASK_RUN_STATES = [
  'quoted',
  'credit_pending',
  'funded',
  'run_created',
  'queued',
  'evidence_review',
  'tool_execution',
  'result_packaged',
  'receipt_issued',
  'callback_ready',
  'callback_delivered',
  'closed',
  'paused',
  'failed',
] as const
export const WORKFLOW_STATES = [
  'workflow_intake',
  'intake_review',
  'routed',
  'operating',
  'output_ready',
  'delivery_ready',
  'queued',
  'callback_pending',
  'replay_ready',
  'closed',
] as const
export const RUN_EVENT_TYPES = [
  'run_created',
  'credit_reserved',
  'evidence_review_started',
  'evidence_status_changed',
  'tool_execution_started',
  'result_package_ready',
  'credits_debited',
  'usage_receipt_issued',
  'callback_payload_ready',
  'callback_delivered',
  'run_closed',
  'run_paused',
  'run_failed',
  'lifecycle_state_changed',
  'preflight_checked',
  'contract_ready',
  'contract_accepted',
  'trust_approved',
  'settlement_intent_created',
  'settlement_provider_confirmed',
  'credit_funded_from_settlement',
  'exception_opened',
  'replay_package_ready',
  'callback_failed',
  'task_closed',
] as const

export type ExecutionMode = (typeof EXECUTION_MODES)[number]
export type CallbackPolicy = (typeof CALLBACK_POLICIES)[number]
export type ResultStatus = (typeof RESULT_STATUS)[number]
export type EvidenceStatus = (typeof EVIDENCE_STATUS)[number]
export type Verdict = (typeof VERDICTS)[number]
export type CallbackStatus = (typeof CALLBACK_STATUS)[number]
export type ExceptionType = (typeof EXCEPTION_TYPES)[number]
export type Severity = (typeof SEVERITIES)[number]
export type LifecycleState = (typeof LIFECYCLE_STATES)[number]
export type ConsoleState = (typeof CONSOLE_STATES)[number]
export type TaskRunState = (typeof TASK_RUN_STATES)[number]
export type WorkflowState = (typeof WORKFLOW_STATES)[number]
export type RunEventType = (typeof RUN_EVENT_TYPES)[number]
