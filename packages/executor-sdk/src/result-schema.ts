/** The JSON Schema of what a tool's function returns; closed, so that a misspelt member is found. */
import { EVIDENCE_STATES, EXCEPTION_TYPES, SEVERITIES, TICKET_STATUS } from '@prooftrail/contracts'

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

const oneOf = (values: readonly string[]) => ({ enum: values })
const list = (items: object) => ({ type: 'array', items })

export const resultSchema = closed(
  { result_package: { type: 'object', minProperties: 1 }, human_summary: text },
  {
    evidence: list(
      closed(
        {
          evidence_class: text,
          required: { type: 'boolean' },
          state: oneOf(EVIDENCE_STATES),
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
          // what is missing of the evidence is for the SDK to say
          exception_type: oneOf(EXCEPTION_TYPES.filter((type) => type !== 'evidence_gap')),
          severity: oneOf(SEVERITIES),
          summary: text,
        },
        {
          status: oneOf(TICKET_STATUS),
          missing_items: texts,
          next_action: text,
        },
      ),
    ),
  },
)
