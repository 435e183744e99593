import type { Ref } from '@prooftrail/trail'
import { RECOVERY_ACTIONS } from '@prooftrail/trail/vocabulary'
import Type from 'typebox'
import type { Routes } from './route.ts'
import { credits, oneOf, time } from './schemas.ts'

const text = Type.Optional(Type.String())
const ref = Type.Object({
  name: Type.String(),
  digest: Type.Unsafe<Ref['digest']>({ type: 'string' }),
})

const replay = Type.Object({
  result_number: Type.Integer({ minimum: 0 }),
  credits,
  ends_at: time,
})

/** Where a run stands, what an act on it follows, what is held, and which acts it takes now. */
const view = {
  work_order_id: Type.String(),
  agent_id: Type.String(),
  state: Type.String(),
  allowed_acts: Type.Array(oneOf(RECOVERY_ACTIONS)),
  open_acts: Type.Array(
    Type.Object({
      action: oneOf(RECOVERY_ACTIONS),
      by: Type.Array(Type.String()),
      command: Type.String(),
    }),
  ),
  credits_held: credits,
  follows: Type.Optional(ref),
  result_number: Type.Optional(Type.Integer({ minimum: 0 })),
  open_evidence: Type.Optional(Type.Array(Type.String())),
  open_tickets: Type.Unknown(),
  acts_accepted: Type.Integer({ minimum: 0 }),
  credits_debited: credits,
  evidence_request: Type.Optional(Type.Unknown()),
  replay: Type.Optional(replay),
}

const answered = Type.Object({
  dry_run: Type.Optional(Type.Literal(true)),
  act: Type.Object({
    status: Type.String(),
    idempotency_key: text,
    digest: text,
    recovery_action: Type.Optional(oneOf(RECOVERY_ACTIONS)),
    changes: text,
  }),
  credits: Type.Optional(credits),
  leads_to: text,
  run: Type.Partial(Type.Object(view)),
})

/** Dispatch: what can be done with a run, and doing it. */
export const actRoutes = {
  'GET /v1/tasks/:id/acts': {
    who: 'task',
    says: 'where the run stands, what an act on it follows, and [which acts](../../docs/acts.md) it takes now',
    answer: Type.Object(view),
    passedOn: true,
    codes: ['PT-2021'],
  },
  'POST /v1/tasks/:id/acts': {
    who: 'signer or operator',
    says: 'the run after the act: 202 where that takes longer. `{ act }` is signed; what an operator asks for is signed here (`OPERATOR_KEY_FILE`). With `dry_run` what it would do',
    query: Type.Object({ dry_run: Type.Optional(Type.Boolean()) }),
    body: {
      schema: Type.Object({}, { description: 'an act, as docs/acts.md has it' }),
      maxBytes: 500_000 + 64 * 1024,
      raw: true,
    },
    status: [200, 202],
    answer: answered,
    passedOn: true,
    codes: [
      ...(['PT-2021', 'PT-2022', 'PT-2023', 'PT-2024', 'PT-2025', 'PT-2026', 'PT-2027'] as const),
      ...(['PT-2028', 'PT-2029', 'PT-2030', 'PT-2031', 'PT-2032', 'PT-2033'] as const),
    ],
  },
} as const satisfies Routes
