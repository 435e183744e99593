import Type from 'typebox'
import type { Routes } from './route.ts'
import { cursor, limit, oneOf, time } from './schemas.ts'

/** What an act was on: a run, a batch of them, or a parked message. */
export const ACTED_ON = ['run', 'batch', 'parked'] as const
/** What became of it. `done`: what is done to batches and parked messages is only told when it was done. */
export const ACT_ANSWERS = ['accepted', 'refused', 'done'] as const

const text = Type.Optional(Type.String())
const name = Type.Optional(Type.String({ minLength: 1, maxLength: 200 }))

/** One act, with its answer. */
export const listedAct = Type.Object({
  key: Type.String({ description: 'tells it from all others; lists are in its order' }),
  at: time,
  on: oneOf(ACTED_ON),
  action: Type.String(),
  by: Type.String(),
  answer: oneOf(ACT_ANSWERS),
  code: text,
  detail: text,
  reason: text,
  work_order_id: text,
  batch_id: text,
  parked_id: text,
  digest: Type.Optional(Type.String({ description: 'of the signed act' })),
  idempotency_key: text,
})

/** The console: every act that anybody asked for. */
export const actTrailRoutes = {
  'GET /v1/acts': {
    who: 'viewer',
    says: 'every act, single or of a batch: who asked for what, when, why, and the answer; newest first, page by page as lists of runs are. `since` and `until` are times',
    query: Type.Object({
      by: name,
      action: name,
      on: Type.Optional(oneOf(ACTED_ON)),
      answer: Type.Optional(oneOf(ACT_ANSWERS)),
      run: name,
      batch: name,
      since: Type.Optional(Type.String({ format: 'date-time' })),
      until: Type.Optional(Type.String({ format: 'date-time' })),
      limit: limit(200, 50),
      cursor,
    }),
    answer: Type.Object({ acts: Type.Array(listedAct), next_cursor: text }),
    codes: ['PT-9039'],
  },
} as const satisfies Routes
