import Type from 'typebox'
import type { Routes } from './route.ts'

const loggedEntry = Type.Object({
  work_order_id: Type.String(),
  name: Type.String(),
  leaf: Type.String(),
  index: Type.Optional(Type.Integer({ minimum: 0 })),
})

const note = { types: ['text/plain'], passedOn: true } as const
const tile = { types: ['application/octet-stream'], passedOn: true } as const
const logCodes = ['PT-6012', 'PT-6013', 'PT-6021'] as const

/** Attestation: bundles, keys, and the public log. */
export const attestationRoutes = {
  'GET /v1/trails/:work_order_id': {
    who: 'task',
    says: 'the bundle, once the trail is sealed ([its form](../../docs/wire-format.md))',
    answer: Type.Object({}, { description: 'a trail bundle, as docs/wire-format.md has it' }),
    passedOn: true,
    codes: ['PT-6020', ...logCodes],
  },
  'GET /v1/entries': {
    who: 'viewer',
    says: 'for `log fsck`: the entries of all trails, leaf and index, page by page with `next`',
    query: Type.Object({ after: Type.Optional(Type.String({ maxLength: 200, default: '' })) }),
    answer: Type.Object({ entries: Type.Array(loggedEntry), next: Type.Optional(Type.String()) }),
    passedOn: true,
    codes: [],
  },
  'GET /keys.json': {
    who: 'public',
    says: 'the public keys of services, agents and tools, as a JWK Set',
    types: ['application/jwk-set+json'],
    passedOn: true,
    codes: [],
  },
  'GET /checkpoint': {
    who: 'public',
    says: 'the newest checkpoint',
    ...note,
    codes: logCodes,
  },
  'GET /checkpoint/cosigned': {
    who: 'public',
    says: 'the newest that [witnesses](../../docs/operating.md#a-witness) cosigned',
    ...note,
    codes: ['PT-6024', ...logCodes],
  },
  'GET /tile/*path': {
    who: 'public',
    says: '`<L>/<N>[.p/<W>]`, `entries/<N>[.p/<W>]`: tiles (C2SP tlog-tiles)',
    ...tile,
    codes: ['PT-6022', ...logCodes],
  },
  'GET /key-lists/checkpoint': {
    who: 'public',
    says: 'the log of signed key lists (`KEY_LISTS_DIR`): its checkpoint',
    ...note,
    codes: ['PT-6025'],
  },
  'GET /key-lists/checkpoint/cosigned': {
    who: 'public',
    says: 'the cosigned one',
    ...note,
    codes: ['PT-6024'],
  },
  'GET /key-lists/tile/*path': {
    who: 'public',
    says: 'its tiles',
    ...tile,
    codes: ['PT-6022'],
  },
  'GET /key-lists/:file': {
    who: 'public',
    says: '`<version>.json`: a signed key list',
    types: ['application/json'],
    passedOn: true,
    codes: ['PT-6025'],
  },
} as const satisfies Routes
