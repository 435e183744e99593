import Type from 'typebox'
import type { Routes } from './route.ts'

/** What every service answers besides its own routes. */
export const commonRoutes = {
  'GET /healthz': {
    who: 'public',
    says: 'it lives',
    answer: Type.Object({ status: Type.Literal('ok') }),
    codes: ['PT-9030', 'PT-9035'],
  },
  'GET /readyz': {
    who: 'public',
    says: 'it reaches what it needs; beside it, what is not as it should be and stops nothing',
    answer: Type.Object({
      status: Type.Literal('ready'),
      warnings: Type.Optional(
        Type.Array(Type.Object({ code: Type.String(), detail: Type.String() })),
      ),
    }),
    codes: ['PT-9031'],
  },
  'GET /metrics': {
    who: 'public',
    says: 'its metrics',
    types: ['application/openmetrics-text', 'text/plain'],
    codes: [],
  },
  'POST /v1/parked/discard': {
    who: 'operator',
    says: 'gives a parked input up, so that what follows in its document goes on',
    body: {
      schema: Type.Object({ document: Type.String(), input: Type.String() }),
      maxBytes: 16 * 1024,
    },
    answer: Type.Object({
      document: Type.String(),
      input: Type.String(),
      status: Type.Literal('discarded'),
    }),
    codes: [],
  },
} as const satisfies Routes
