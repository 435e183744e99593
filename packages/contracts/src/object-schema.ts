/** JSON Schemas of objects, from the Avro records and the closed lists: one source for both forms. */
import { LINK_NAMES } from '@prooftrail/trail'
import type { RecordShape, Shape } from './avro/shape.ts'
import * as lists from './lists.ts'

/** A JSON Schema (2020-12). */
export type JsonSchema = { readonly [keyword: string]: unknown }

const TIME: JsonSchema = {
  type: 'string',
  pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$',
  format: 'date-time',
}
const DIGEST: JsonSchema = { pattern: '^sha256:[0-9a-f]{64}$' }
const DECIMAL: JsonSchema = { pattern: '^-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,18})?$' }
const COUNT: JsonSchema = { minimum: 0 }
const NAME: JsonSchema = { minLength: 1, maxLength: 200 }
const KEY_ID: JsonSchema = { pattern: '^[A-Za-z0-9_-]{43}$' }
const SIGNATURE: JsonSchema = { pattern: '^[A-Za-z0-9+/]{86}==$' }
const URL: JsonSchema = { minLength: 1, maxLength: 2048 }
const OBJECT: JsonSchema = { type: 'object' }
const LINKS: JsonSchema = { items: { enum: LINK_NAMES } }
const id = (prefix: string): JsonSchema => ({ pattern: `^${prefix}_[a-z2-7]{32}$` })
const exactly = (value: string): JsonSchema => ({ const: value })
const oneOf = (values: readonly string[]): JsonSchema => ({ enum: values })

/**
 * Tickets in a contract: each becomes an event of the ledger entry, and a verifier looks for a
 * ticket's id among this many numbers (wire format section 5).
 */
const MAX_EXCEPTIONS = 64

/** Members that mean the same wherever they stand. */
const EVERYWHERE: Readonly<Record<string, JsonSchema>> = {
  work_order_id: id('wo'),
  task_token: id('tt'),
  agent_task_run_id: id('run'),
  execution_binding_id: id('eb'),
  tool_command_id: id('cmd'),
  result_contract_id: id('rc'),
  settlement_id: id('stl'),
  callback_event_id: id('cb'),
  ledger_entry_id: id('le'),
  decision_id: id('dec'),
  exception_id: id('ex'),
  issued_at: TIME,
  created_at: TIME,
  occurred_at: TIME,
  expires_at: TIME,
  digest: DIGEST,
  statement_digest: DIGEST,
  key_id: KEY_ID,
  signature: SIGNATURE,
  proof_trail: LINKS,
  proof_requirements: LINKS,
  execution_mode: oneOf(lists.EXECUTION_MODES),
  callback_url: URL,
}

/** What a record says of its own members, by record and member. */
const OWN: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>> = {
  WorkOrder: {
    object_type: exactly('work_order'),
    schema_version: exactly('prooftrail-work-order/v1'),
    agent_id: NAME,
    idempotency_key: NAME,
    requested_tool: NAME,
    requested_capability: NAME,
    evidence: OBJECT,
    callback_policy: oneOf(lists.CALLBACK_POLICIES),
    client_id: NAME,
    pilot_id: NAME,
    workflow_context: OBJECT,
    requested_output: OBJECT,
    pilot_controls: OBJECT,
    contract_id: NAME,
    quote_id: NAME,
  },
  ExceptionTicket: {
    object_type: exactly('agent_exception_ticket'),
    exception_type: oneOf(lists.EXCEPTION_TYPES),
    severity: oneOf(lists.SEVERITIES),
    status: oneOf(lists.TICKET_STATUS),
    evidence_status: oneOf(lists.TICKET_EVIDENCE_STATUS),
  },
  OpenItem: { code: NAME, about: NAME },
  NextAction: { action: NAME },
  MachineResult: {
    evidence_status: oneOf(lists.EVIDENCE_STATUS),
    evidence_score: { minimum: 0, maximum: 100 },
    next_actions: { minItems: 1 },
    result_package: OBJECT,
  },
  ContractReceipts: { settlement_receipt: id('stl'), usage_receipt: id('usage') },
  ContractCallback: { callback_status: oneOf(lists.CONTRACT_CALLBACK_STATUS) },
  ResultContract: {
    object_type: exactly('agent_result_contract'),
    contract_version: exactly('2.0'),
    lifecycle_state: exactly('result_ready'),
    result_status: oneOf(lists.RESULT_STATUS),
    human_summary: { pattern: '\\S' },
    proof_objects: { propertyNames: { enum: LINK_NAMES } },
    exceptions: { maxItems: MAX_EXCEPTIONS },
  },
  SettlementReceipt: {
    object_type: exactly('settlement_receipt'),
    receipt_type: exactly('agent_settlement_receipt'),
    settlement_provider: oneOf(lists.SETTLEMENT_PROVIDERS),
    settlement_status: exactly('credits_funded'),
    credits_funded: COUNT,
    usage_receipt_policy: exactly(lists.USAGE_RECEIPT_POLICY),
    amount: DECIMAL,
  },
  UsageReceipt: {
    object_type: exactly('usage_receipt'),
    receipt_id: id('usage'),
    receipt_type: { pattern: '^[a-z][a-z0-9_-]{1,40}_usage_receipt$' },
    credits_held: COUNT,
    credits_debited: COUNT,
    credits_released: COUNT,
    remaining_credits: COUNT,
    result_status: oneOf(lists.RESULT_STATUS),
    evidence_status: oneOf(lists.EVIDENCE_STATUS),
    settlement_reference: id('stl'),
  },
  CallbackDelivery: {
    object_type: exactly('callback_delivery'),
    callback_hash: DIGEST,
    callback_status: oneOf(lists.CALLBACK_STATUS),
    attempt: COUNT,
  },
  CallbackAttempt: { outcome: oneOf(lists.ATTEMPT_OUTCOMES), attempt: { minimum: 1 } },
  RunStateEvent: {
    event_type: oneOf(lists.RUN_EVENT_TYPES),
    to_state: oneOf(lists.LIFECYCLE_STATES),
    from_state: oneOf(lists.LIFECYCLE_STATES),
  },
  EntryCredits: { held: COUNT, debited: COUNT, released: COUNT },
  // a refused order's header says what was asked for, registered or not
  PilotHeader: { runtime_state: oneOf(lists.RUNTIME_STATES) },
  EntryFollows: { index: COUNT },
  LedgerEntry: {
    object_type: exactly('agent_task_run'),
    state: oneOf(lists.TASK_RUN_STATES),
    verdict: oneOf(lists.VERDICTS),
    evidence_status: oneOf([...lists.EVIDENCE_STATUS, 'unknown']),
    revision: COUNT,
    objects: { minItems: 1 },
  },
}

/** The JSON Schema of a record's JSON form: closed, typed, with the closed lists. */
export function jsonSchemaOf(shape: Shape): JsonSchema {
  switch (shape.kind) {
    case 'json':
      return {}
    case 'string':
    case 'boolean':
      return { type: shape.kind }
    case 'int':
      return { type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 }
    case 'long':
      return {
        type: 'integer',
        minimum: Number.MIN_SAFE_INTEGER,
        maximum: Number.MAX_SAFE_INTEGER,
      }
    case 'array':
      return { type: 'array', items: jsonSchemaOf(shape.items) }
    case 'map':
      return { type: 'object', additionalProperties: jsonSchemaOf(shape.values) }
    case 'record':
      return recordSchema(shape)
  }
}

function recordSchema({ name, fields }: RecordShape): JsonSchema {
  const own = OWN[name.slice(name.lastIndexOf('.') + 1)] ?? {}
  const members = fields.map((field): [string, JsonSchema] => [
    field.name,
    { ...jsonSchemaOf(field.shape), ...(own[field.name] ?? EVERYWHERE[field.name] ?? {}) },
  ])
  return {
    type: 'object',
    additionalProperties: false,
    required: fields.filter(({ optional }) => !optional).map((field) => field.name),
    properties: Object.fromEntries(members),
  }
}
