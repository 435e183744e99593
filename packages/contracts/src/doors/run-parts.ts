/** Parts of a run, as the console shows them. */
import Type from 'typebox'
import { oneOf, time } from './schemas.ts'

const text = Type.Optional(Type.String())
const count = Type.Integer({ minimum: 0 })
const credits = Type.Optional(count)

export const pilotView = Type.Object({
  work_order_id: Type.String(),
  pilot_id: text,
  tool: text,
  execution_mode: text,
  runtime_state: text,
  proof_trail: Type.Array(Type.String()),
})

const stepEvent = Type.Object({
  sequence: Type.Integer({ minimum: 1 }),
  state: Type.String(),
  description: Type.String(),
  step: text,
  occurred_at: time,
})

const pilotStep = Type.Object({
  sequence: Type.Integer({ minimum: 1 }),
  name: Type.String(),
  step: text,
  status: oneOf(['done', 'open', 'waiting', 'stopped', 'not_due']),
  occurred_at: Type.Optional(time),
})

export const stepsView = Type.Object({
  work_order_id: Type.String(),
  pilot_id: text,
  tool: text,
  events: Type.Array(stepEvent),
  steps: Type.Array(pilotStep),
})

export const toolEvent = Type.Object({
  event_id: Type.String(),
  binding_id: Type.String(),
  work_order_id: Type.String(),
  task_token: Type.String(),
  tool: Type.String(),
  event_type: Type.String(),
  occurred_at: time,
  state_after_event: text,
  result_contract_url: text,
  receipt_url: text,
  callback_status: text,
})

/** A ticket with its present status. */
export const exceptionView = Type.Object({
  object_type: Type.String(),
  exception_id: Type.String(),
  work_order_id: Type.String(),
  exception_type: Type.String(),
  severity: Type.String(),
  status: Type.String(),
  settled: Type.Boolean(),
  summary: text,
  missing_items: Type.Optional(Type.Array(Type.String())),
  next_action: text,
  created_at: time,
  resolution: text,
  resolved_at: Type.Optional(time),
})

const receiptStatus = Type.Object({
  settlement_receipt: Type.Object({
    status: oneOf(['linked', 'expected', 'not_in_trail']),
    settlement_id: text,
    credits_funded: credits,
  }),
  usage_receipt: Type.Object({
    status: oneOf(['issued', 'expected', 'not_owed']),
    receipt_id: text,
    credits_held: credits,
    credits_debited: credits,
    credits_released: credits,
    remaining_credits: credits,
  }),
})

const proofEnvelope = Type.Object({
  ready: Type.Boolean(),
  revision: Type.Optional(count),
  log_index: Type.Optional(count),
  links: Type.Array(Type.Object({ name: Type.String(), sealed: Type.Boolean(), digest: text })),
  missing: Type.Array(Type.String()),
})

const option = Type.Object({
  action: Type.String(),
  applies: Type.Boolean(),
  reason: Type.String(),
  by: Type.Array(Type.String()),
  credits: count,
  command: Type.String(),
})

const readiness = Type.Object({
  ready: Type.Boolean(),
  conditions: Type.Array(
    Type.Object({ condition: Type.String(), met: Type.Boolean(), reason: Type.String() }),
  ),
  reasons: Type.Array(Type.String()),
})

export const pilotReport = Type.Object({
  object_type: Type.Literal('pilot_report'),
  work_order_id: Type.String(),
  task_token: text,
  agent_id: text,
  requested_capability: text,
  as_of: time,
  pilot: pilotView,
  lifecycle_state: Type.String(),
  runtime_state: Type.String(),
  verdict: text,
  reasons: Type.Array(Type.Object({ code: Type.String(), detail: Type.String() })),
  retry_state: Type.Object({
    execution: Type.Object({
      state: oneOf(['not_started', 'under_way', 'result_accepted', 'out_of_attempts', 'refused']),
      attempt: count,
      max_attempts: Type.Optional(count),
    }),
    callback: Type.Object({
      state: oneOf(['not_tried', 'not_due', 'scheduled', 'delivered', 'stopped']),
      attempt: count,
      next_attempt_at: text,
    }),
  }),
  callback_delivery: Type.Object({
    callback_status: Type.String(),
    callback_url: text,
    callback_event_id: text,
    http_status: Type.Optional(Type.Integer()),
    delivered_at: text,
    attempts: Type.Array(
      Type.Object({
        attempt: count,
        started_at: Type.String(),
        finished_at: text,
        outcome: Type.String(),
        http_status: Type.Optional(Type.Integer()),
        error_code: text,
        address: text,
      }),
    ),
  }),
  receipt_status: receiptStatus,
  proof_envelope: proofEnvelope,
  evidence: Type.Optional(
    Type.Object({ evidence_status: Type.String(), evidence_score: Type.Integer() }),
  ),
  human_summary: text,
  missing_items: Type.Array(
    Type.Object({ code: Type.String(), about: Type.String(), detail: text }),
  ),
  next_actions: Type.Array(Type.Object({ action: Type.String(), about: text, detail: text })),
  exceptions: Type.Array(
    Type.Object({
      exception_id: Type.String(),
      exception_type: Type.String(),
      severity: Type.String(),
      status: Type.String(),
      settled: Type.Boolean(),
      summary: text,
      missing_items: Type.Optional(Type.Array(Type.String())),
      safe_to_replay: Type.Optional(Type.Boolean()),
      next_action: text,
      resolution: text,
    }),
  ),
  options: Type.Array(option),
  offer_readiness: readiness,
  steps: Type.Array(pilotStep),
  events: Type.Array(stepEvent),
})
