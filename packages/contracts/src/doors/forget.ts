import { LIFECYCLE_STATES } from '@prooftrail/trail/vocabulary'
import Type from 'typebox'
import type { Routes } from './route.ts'
import { oneOf } from './schemas.ts'

/** What becomes of a run that an operator has forgotten. */
export const forgetRoutes = {
  'POST /v1/runs/:work_order_id/forget': {
    who: 'operator',
    says: '[deletes what a run says](../../docs/deletion.md) from the documents of all services, for a reason that is kept; only of a run that is at rest. `dry_run` says whether it would',
    query: Type.Object({ dry_run: Type.Optional(Type.Boolean()) }),
    malformed: 'PT-7051',
    body: {
      schema: Type.Object(
        { reason: Type.String({ minLength: 1, maxLength: 500 }) },
        { additionalProperties: false },
      ),
      maxBytes: 16 * 1024,
      malformed: 'PT-7051',
    },
    answer: Type.Object({
      work_order_id: Type.String(),
      agent_id: Type.Optional(Type.String()),
      lifecycle_state: oneOf(LIFECYCLE_STATES),
      status: oneOf(['forgotten', 'would_be_forgotten']),
    }),
    codes: ['PT-7001', 'PT-7050', 'PT-7051'],
  },
} as const satisfies Routes
