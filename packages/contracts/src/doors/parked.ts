import Type from 'typebox'
import type { Routes } from './route.ts'
import { cursor, limit, oneOf, time } from './schemas.ts'

/** How a parked message stands; `any` in lists. */
export const PARKED_STATES = ['open', 'sent', 'discarded', 'noted'] as const
export type ParkedStanding = (typeof PARKED_STATES)[number]
export const PARKED_ACTS = ['send', 'discard'] as const
export type ParkedAct = (typeof PARKED_ACTS)[number]

const text = Type.Optional(Type.String())
const name = Type.Optional(Type.String({ minLength: 1, maxLength: 300 }))
const count = Type.Integer({ minimum: 0 })
const seconds = Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000_000 }))
const id = Type.String({ pattern: '^pm_[0-9a-f]{24}$' })
const reason = Type.Optional(Type.String({ minLength: 1, maxLength: 500 }))

/** A parked message as a line of a list. */
const rowMembers = {
  parked_id: id,
  state: oneOf(PARKED_STATES),
  code: Type.String(),
  detail: Type.String(),
  service: Type.String(),
  topic: Type.String(),
  partition: Type.Integer(),
  offset: Type.String(),
  since: time,
  place: count,
  times: count,
  sends: count,
  blocks: Type.Boolean(),
  document: text,
  claimed: Type.Optional(Type.Boolean()),
  agent: text,
  tool: text,
}
export const parkedRow = Type.Object(rowMembers)

const message = Type.Object({
  key: text,
  bytes: count,
  headers: Type.Record(Type.String(), Type.String()),
  value: Type.Optional(Type.Unknown()),
  unreadable: text,
  begins: text,
})

export const parkedView = Type.Object({
  ...rowMembers,
  title: Type.String(),
  what_to_do: Type.String(),
  last_parked: time,
  first_time: Type.String(),
  input: Type.String(),
  acts: Type.Array(
    Type.Object({ act: oneOf(PARKED_ACTS), allowed: Type.Boolean(), code: text, detail: text }),
  ),
  decided: Type.Array(
    Type.Object({ act: oneOf(PARKED_ACTS), by: Type.String(), at: time, reason: text }),
  ),
  earlier: Type.Array(Type.String()),
  message,
})

export const parkedItem = Type.Object({
  parked_id: id,
  status: oneOf(['done', 'would_be_done', 'refused']),
  state: text,
  code: text,
  detail: text,
})

const flags = Type.Object({
  dry_run: Type.Optional(Type.Boolean()),
  with_earlier: Type.Optional(Type.Boolean()),
})

/** One act on one message; of what is sent with it, an answer each. */
function actOnOne(act: ParkedAct) {
  return {
    who: 'operator',
    says:
      act === 'send'
        ? 'sends it again, to its topic and as it was; its state after it'
        : 'gives it up, for a reason that is kept; its state after it',
    query: flags,
    malformed: 'PT-7046',
    body: { schema: Type.Object({ reason }), maxBytes: 16 * 1024, malformed: 'PT-7046' },
    answer: Type.Object({
      ...{ act: oneOf(PARKED_ACTS), parked_id: id, status: Type.String(), state: Type.String() },
      items: Type.Optional(Type.Array(parkedItem)),
    }),
    codes: ['PT-7041', 'PT-7042', 'PT-7043', 'PT-7044', 'PT-7045', 'PT-7046'],
  } as const
}

/** Parked messages: listed and shown to viewers, sent again and discarded by operators. */
export const parkedRoutes = {
  'GET /v1/parked': {
    who: 'viewer',
    says: '[parked messages](../../docs/operating.md#parked-messages), oldest first; `next_cursor` where the list goes on. A topic by its short name too; `older_than` and `newer_than` in seconds',
    query: Type.Object({
      state: Type.Optional(
        Type.Unsafe<ParkedStanding | 'any'>({
          ...oneOf([...PARKED_STATES, 'any']),
          default: 'open',
        }),
      ),
      ...{ code: name, topic: name, service: name, agent: name, tool: name, document: name },
      older_than: seconds,
      newer_than: seconds,
      limit: limit(500, 50),
      cursor,
    }),
    malformed: 'PT-7047',
    answer: Type.Object({
      entries: Type.Array(parkedRow),
      next_cursor: Type.Optional(Type.String()),
    }),
    codes: ['PT-7047', 'PT-9039'],
  },
  'GET /v1/parked/counts': {
    who: 'viewer',
    says: 'open ones by topic and code, with the oldest',
    answer: Type.Object({
      open: Type.Array(
        Type.Object({ topic: Type.String(), code: Type.String(), count, oldest: time }),
      ),
    }),
    codes: [],
  },
  'GET /v1/parked/:id': {
    who: 'viewer',
    says: 'one of them: what came, decoded and masked, why, what may be asked, what comes before it',
    answer: parkedView,
    codes: ['PT-7041'],
  },
  'POST /v1/parked/:id/send': actOnOne('send'),
  'POST /v1/parked/:id/discard': actOnOne('discard'),
  'POST /v1/parked/acts': {
    who: 'operator',
    says: 'one act on many, each in its order and with an answer of its own; 10,000 at most',
    query: flags,
    malformed: 'PT-7046',
    body: {
      schema: Type.Object(
        {
          act: oneOf(PARKED_ACTS),
          ids: Type.Array(id, { minItems: 1, maxItems: 10_000, uniqueItems: true }),
          reason,
        },
        { additionalProperties: false },
      ),
      maxBytes: 512 * 1024,
      malformed: 'PT-7046',
    },
    answer: Type.Object({
      act: oneOf(PARKED_ACTS),
      asked: count,
      done: count,
      refused: Type.Record(Type.String(), count),
      items: Type.Array(parkedItem),
    }),
    codes: ['PT-7041', 'PT-7042', 'PT-7043', 'PT-7044', 'PT-7045', 'PT-7046'],
  },
  'GET /v1/tasks/:token/parked': {
    who: 'task',
    says: 'what of the run is parked: where, why, since when, what to do',
    answer: Type.Object({
      work_order_id: Type.String(),
      parked: Type.Array(
        Type.Object({
          ...{ parked_id: id, state: oneOf(PARKED_STATES), code: Type.String() },
          ...{ service: Type.String(), topic: Type.String(), since: time, times: count },
          ...{ blocks: Type.Boolean(), title: Type.String(), what_to_do: Type.String() },
        }),
      ),
    }),
    codes: ['PT-7001'],
  },
} as const satisfies Routes
