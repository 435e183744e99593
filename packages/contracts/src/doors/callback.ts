import Type from 'typebox'
import type { Routes } from './route.ts'
import { time } from './schemas.ts'

const secret = Type.Object({
  agent_id: Type.String(),
  version: Type.Integer(),
  secret: Type.String(),
  public_key: Type.String(),
})

const text = Type.Optional(Type.String())

const delivery = Type.Object({
  callback_event_id: Type.String(),
  callback_url: text,
  callback_hash: Type.String(),
  callback_status: Type.String(),
  attempt: Type.Integer({ minimum: 0 }),
  attempts: Type.Array(
    Type.Object({
      attempt: Type.Integer({ minimum: 1 }),
      started_at: Type.String(),
      finished_at: text,
      outcome: Type.String(),
      http_status: Type.Optional(Type.Integer()),
      error_code: text,
      address: text,
      response_digest: text,
    }),
  ),
  next_attempt_at: text,
  under_way: Type.Optional(
    Type.Object({ attempt: Type.Integer({ minimum: 1 }), since: Type.Optional(time) }),
  ),
  body_kept: Type.Boolean(),
})

/** Callback: what agents check deliveries with, and how deliveries go. */
export const callbackRoutes = {
  'GET /v1/agents/:agent_id/webhook-secret': {
    who: 'operator',
    says: 'the secret that the agent’s callbacks are signed with, and the public key of their second signature',
    answer: secret,
    codes: ['PT-5022'],
  },
  'POST /v1/agents/:agent_id/webhook-secret': {
    who: 'operator',
    says: 'the same',
    answer: secret,
    codes: ['PT-5022'],
  },
  'GET /v1/callbacks/:work_order_id': {
    who: 'task',
    says: 'deliveries attempt by attempt, newest last',
    answer: Type.Object({ work_order_id: Type.String(), deliveries: Type.Array(delivery) }),
    codes: ['PT-5020'],
  },
  'GET /v1/callbacks/:work_order_id/body': {
    who: 'task',
    says: 'the newest callback’s bytes, while they are kept',
    types: ['application/json'],
    codes: ['PT-5020'],
  },
} as const satisfies Routes
