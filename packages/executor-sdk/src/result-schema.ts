/** The JSON Schema of what a tool's function returns; closed, so that a misspelt member is found. */

const text = { type: 'string', minLength: 1 } as const
const texts = { type: 'array', items: text } as const
const optionalText = { type: 'string' } as const

function closed(required: Record<string, object>, optional: Record<string, object> = {}) {
  return {
    type: 'object',
    additionalProperties: false,
    required: Object.keys(required),
    properties: { ...required, ...optional },
  }
}

const list = (items: object) => ({ type: 'array', items })

export const resultSchema = closed(
  { result_package: { type: 'object', minProperties: 1 }, human_summary: text },
  {
    evidence: list(
      closed(
        {
          evidence_class: text,
          required: { type: 'boolean' },
          state: { enum: ['present', 'missing', 'stale', 'unresolved', 'not_required'] },
          references: texts,
        },
        { detail: optionalText },
      ),
    ),
    open_items: list(closed({ code: text, about: text }, { detail: optionalText })),
    next_actions: list(closed({ action: text }, { about: text, detail: optionalText })),
    links: list(closed({ name: text, object: { type: 'object' } })),
    exceptions: list(
      closed(
        {
          exception_type: {
            enum: [
              'callback_failure',
              'credit_hold',
              'tool_execution_pause',
              'result_quality_review',
              'settlement_mismatch',
              'manual_review_required',
            ],
          },
          severity: { enum: ['low', 'medium', 'high', 'blocked'] },
          summary: text,
        },
        {
          status: {
            enum: [
              'open',
              'under_review',
              'waiting_on_requesting_agent',
              'recovery_requested',
              'replay_ready',
              'resolved',
              'closed',
            ],
          },
          missing_items: texts,
          next_action: text,
        },
      ),
    ),
  },
)
