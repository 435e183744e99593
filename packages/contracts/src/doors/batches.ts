import { BATCH_STATUS, EXCEPTION_TYPES, RECOVERY_ACTIONS } from '@prooftrail/trail/vocabulary'
import Type from 'typebox'
import type { Routes } from './route.ts'
import { credits, limit, oneOf, time } from './schemas.ts'

const count = Type.Integer({ minimum: 0 })
const text = Type.Optional(Type.String())

/** What became of a run of a batch. */
export const BATCH_ITEM_STATUS = [
  'waiting',
  'asked',
  'accepted',
  'refused',
  'unanswered',
  'not_asked',
] as const
export type BatchItemStatus = (typeof BATCH_ITEM_STATUS)[number]

/** What is said of a batch that is there. */
export const BATCH_LATER = ['run', 'pause', 'resume', 'stop'] as const

/** What every act of a batch says: an act without what each run has for itself. */
const act = Type.Object({ recovery_action: oneOf(RECOVERY_ACTIONS), reason: Type.String() })

const row = {
  batch_id: Type.String(),
  status: oneOf(BATCH_STATUS),
  act,
  exception_type: Type.Optional(oneOf(EXCEPTION_TYPES)),
  selected: text,
  requested_by: Type.String(),
  total: count,
  per_second: count,
  created_at: time,
  expires_at: time,
  counts: Type.Object({
    accepted: count,
    refused: count,
    asked: count,
    unanswered: count,
    waiting: count,
    not_asked: count,
  }),
  allowed: Type.Array(oneOf(BATCH_LATER)),
  settled: Type.Boolean({ description: 'it has ended, and nothing is under way any more' }),
  ended_at: Type.Optional(time),
}

/** A batch with everything that was done to it. */
const batch = Type.Object({
  ...row,
  changes: Type.Array(
    Type.Object({
      status: oneOf(BATCH_STATUS),
      changed_by: Type.String(),
      changed_at: time,
      reason: text,
    }),
  ),
})

const run = Type.Object({
  index: count,
  work_order_id: Type.String(),
  status: oneOf(BATCH_ITEM_STATUS),
  at: Type.Optional(time),
  code: text,
  detail: text,
})

const dryRun = Type.Object({
  dry_run: Type.Literal(true),
  total: count,
  accepted: count,
  refused: count,
  credits,
  by_code: Type.Record(Type.String(), count),
  refusals: Type.Array(
    Type.Object({
      index: count,
      work_order_id: Type.String(),
      code: Type.String(),
      detail: Type.String(),
    }),
  ),
  next: Type.Optional(count),
})

/** Behind which run of the batch a page begins. */
const after = Type.Optional(Type.Integer({ minimum: 0, maximum: 999_999_999 }))

/** How long a selection may be in bytes, whatever BATCH_MAX_RUNS allows. */
const MAX_SELECTION = 8 * 1024 * 1024

function later(says: string) {
  return {
    who: 'operator',
    says,
    body: { schema: Type.Object({ reason: text }), maxBytes: 16 * 1024, raw: true },
    status: [200, 202],
    answer: batch,
    passedOn: true,
    codes: ['PT-2061', 'PT-2062', 'PT-2065'],
  } as const
}

/** Dispatch: acts in bulk. */
export const batchRoutes = {
  'POST /v1/batches': {
    who: 'operator',
    says: 'the batch, its runs frozen as they stand, once it is known; with `dry_run` what it would come to, and nothing is written',
    query: Type.Object({ dry_run: Type.Optional(Type.Boolean()) }),
    body: {
      schema: Type.Object(
        {
          act,
          work_order_ids: Type.Array(Type.String()),
          exception_type: Type.Optional(oneOf(EXCEPTION_TYPES)),
          selected: text,
          per_second: Type.Optional(Type.Integer({ minimum: 1 })),
          hours: Type.Optional(Type.Integer({ minimum: 1, maximum: 168 })),
        },
        { additionalProperties: false },
      ),
      maxBytes: MAX_SELECTION,
      raw: true,
    },
    status: [201, 200, 202],
    answer: Type.Union([batch, dryRun]),
    passedOn: true,
    codes: ['PT-2025', 'PT-2062', 'PT-2063', 'PT-2064', 'PT-2066', 'PT-2067'],
  },
  'GET /v1/batches': {
    who: 'viewer',
    says: 'batches, newest first; `next` where there are more',
    query: Type.Object({
      after: Type.Optional(Type.String({ pattern: '^bt_[0-9a-f]{32}$' })),
      limit: limit(100, 20),
    }),
    answer: Type.Object({ batches: Type.Array(Type.Object(row)), next: text }),
    passedOn: true,
    codes: [],
  },
  'GET /v1/batches/:id': {
    who: 'viewer',
    says: 'where it stands, how many runs were answered how, who did what and why',
    answer: batch,
    passedOn: true,
    codes: ['PT-2061'],
  },
  'GET /v1/batches/:id/runs': {
    who: 'viewer',
    says: 'its runs in their order, each with its answer; those of one status alone',
    query: Type.Object({
      after,
      limit: limit(1_000, 100),
      status: Type.Optional(oneOf(BATCH_ITEM_STATUS)),
    }),
    answer: Type.Object({
      batch_id: Type.String(),
      runs: Type.Array(run),
      next: Type.Optional(count),
    }),
    passedOn: true,
    codes: ['PT-2061'],
  },
  'GET /v1/batches/:id/dry-run': {
    who: 'viewer',
    says: 'what it would come to now, with the credits in sum; refusals page by page',
    query: Type.Object({ after, limit: limit(1_000, 100) }),
    answer: dryRun,
    passedOn: true,
    codes: ['PT-2061', 'PT-2067'],
  },
  'POST /v1/batches/:id/run': later('the batch, which asks for its runs'),
  'POST /v1/batches/:id/pause': later('the batch, which asks for nothing until it is resumed'),
  'POST /v1/batches/:id/resume': later('the batch, which goes on where it was'),
  'POST /v1/batches/:id/stop': later('the batch, which asks for nothing more'),
} as const satisfies Routes
