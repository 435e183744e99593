/** Closed lists of a ledger entry. */

export const LIFECYCLE_STATES = [
  ...['created', 'preflight_checked', 'contract_ready', 'contract_accepted', 'trusted', 'quoted'],
  ...['credit_pending', 'credit_funded', 'queued', 'operating', 'result_ready', 'attested'],
  ...['settlement_receipt_issued', 'usage_receipt_issued', 'callback_pending'],
  ...['callback_delivered', 'exception_open', 'replay_ready', 'failed', 'closed'],
]

export const RUN_STATES = [
  ...['quoted', 'credit_pending', 'funded', 'run_created', 'queued', 'evidence_review'],
  ...['tool_execution', 'result_packaged', 'receipt_issued', 'callback_ready'],
  ...['callback_delivered', 'closed', 'paused', 'failed'],
]

export const EVENT_TYPES = [
  ...['run_created', 'credit_reserved', 'evidence_review_started', 'evidence_status_changed'],
  ...['tool_execution_started', 'result_package_ready', 'credits_debited', 'usage_receipt_issued'],
  ...['callback_payload_ready', 'callback_delivered', 'run_closed', 'run_paused', 'run_failed'],
  ...['lifecycle_state_changed', 'preflight_checked', 'contract_ready', 'contract_accepted'],
  ...['trust_approved', 'settlement_intent_created', 'settlement_provider_confirmed'],
  ...['credit_funded_from_settlement', 'exception_opened', 'replay_package_ready'],
  ...['callback_failed', 'task_closed'],
]
