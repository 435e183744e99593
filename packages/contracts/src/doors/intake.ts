import Type from 'typebox'
import type { Routes } from './route.ts'
import { credits, cursor, jwk, limit, linkOf, objectOf, publicKey, time } from './schemas.ts'

const text = Type.Optional(Type.String())

const order = Type.Object({
  work_order_id: Type.String(),
  state: Type.String(),
  agent_id: Type.String(),
  requested_tool: text,
  work_order_digest: text,
  accepted_at: Type.Optional(time),
  manifest_version: text,
  rejected_at: Type.Optional(time),
  reason_codes: Type.Optional(Type.Array(Type.String())),
  reasons: Type.Optional(Type.Array(Type.Object({ code: Type.String(), detail: Type.String() }))),
  task_token: text,
})

const agent = Type.Object({
  agent_id: Type.String(),
  account: Type.String(),
  keys: Type.Array(publicKey),
  tools: Type.Optional(Type.Array(Type.String())),
  registered_at: Type.Optional(time),
})

/** What one agent may have; each process of intake counts what it takes itself. */
const agentLimits = Type.Object({
  orders_per_minute: Type.Integer(),
  bytes_per_minute: Type.Integer(),
  waiting_orders: Type.Integer(),
  waiting_bytes: Type.Integer(),
  orders_without_credits: Type.Object({ now: Type.Integer(), most: Type.Integer() }),
})

const agentAnswer = Type.Object({
  agent_id: Type.String(),
  account: Type.String(),
  key_id: text,
  status_url: Type.String(),
})

const toolAnswer = Type.Object({
  tool: Type.String(),
  key_id: text,
  directed_at: time,
  status_url: Type.String(),
})

const revocation = {
  schema: Type.Object({ key_id: Type.String(), reason: Type.String() }),
  maxBytes: 64 * 1024,
  raw: true,
  tooLarge: 'PT-1009',
} as const

const toolVersion = Type.Object({
  version: Type.String(),
  manifest_digest: Type.String(),
  price: credits,
  registered_at: time,
  withdrawn_at: Type.Optional(time),
  checked: Type.Optional(Type.Boolean()),
  forced: Type.Optional(Type.Boolean()),
})

const tool = {
  tool: Type.String(),
  revision: Type.Integer({ minimum: 0 }),
  versions: Type.Array(toolVersion),
  pinned: text,
  retired_at: Type.Optional(Type.String()),
  current: text,
}

/** Intake: orders, agents and tools. */
export const intakeRoutes = {
  'POST /v1/work-orders': {
    who: 'signer',
    says: 'where to ask for the order; its handle too, where the request itself is signed (RFC 9421)',
    body: {
      schema: linkOf(objectOf('WorkOrder')),
      maxBytes: 2 * 1024 * 1024,
      raw: true,
      tooLarge: 'PT-1009',
    },
    status: 202,
    answer: Type.Object({
      work_order_id: Type.String(),
      status_url: Type.String(),
      task_token: text,
    }),
    passedOn: true,
    codes: [
      ...(['PT-1002', 'PT-1003', 'PT-1004', 'PT-1005', 'PT-1006', 'PT-1007', 'PT-1008'] as const),
      ...(['PT-1009', 'PT-1010', 'PT-1011', 'PT-1012', 'PT-1013', 'PT-1020', 'PT-1021'] as const),
      ...(['PT-1062', 'PT-1063', 'PT-1064', 'PT-1066'] as const),
    ],
  },
  'GET /v1/work-orders/:id': {
    who: 'signer or task',
    says: 'what was decided, once it was; to the agent’s signature its handle too',
    answer: order,
    passedOn: true,
    codes: ['PT-1061', 'PT-1063'],
  },
  'POST /v1/agents': {
    who: 'operator',
    says: 'where the registration is read once it counts',
    body: {
      schema: Type.Object({
        agent_id: Type.String(),
        public_key: jwk,
        proof: text,
        account: text,
        tools: Type.Optional(Type.Array(Type.String())),
      }),
      maxBytes: 64 * 1024,
      raw: true,
      tooLarge: 'PT-1009',
    },
    status: 202,
    answer: agentAnswer,
    codes: ['PT-1048', 'PT-1050', 'PT-1051', 'PT-1052', 'PT-1055'],
  },
  'POST /v1/agents/:id/revoke': {
    who: 'operator',
    says: 'ends one of its keys',
    body: revocation,
    status: 202,
    answer: agentAnswer,
    codes: ['PT-1058', 'PT-1059', 'PT-1061'],
  },
  'GET /v1/agents': {
    who: 'viewer',
    says: 'registrations, by the name of their account; `next_cursor` where the list goes on',
    query: Type.Object({ limit: limit(200, 50), cursor }),
    answer: Type.Object({ agents: Type.Array(agent), next_cursor: text }),
    passedOn: true,
    codes: ['PT-9039'],
  },
  'GET /v1/agents/:id': {
    who: 'viewer',
    says: 'a registration, once it counts, and how much the agent may have',
    answer: Type.Object({ ...agent.properties, limits: agentLimits }),
    passedOn: true,
    codes: ['PT-1061'],
  },
  'GET /v1/tools': {
    who: 'public',
    says: 'what tools there are, without their manifests; `next_cursor` where the list goes on',
    query: Type.Object({ limit: limit(1_000, 100), cursor }),
    malformed: 'PT-1059',
    answer: Type.Object({ tools: Type.Array(Type.Object(tool)), next_cursor: text }),
    passedOn: true,
    codes: ['PT-1059', 'PT-9039'],
  },
  'GET /v1/tools/:name': {
    who: 'public',
    says: 'a tool with its manifests; `current` is the version that new orders take',
    answer: Type.Object({
      ...tool,
      versions: Type.Array(Type.Object({ ...toolVersion.properties, manifest: Type.Unknown() })),
      keys: Type.Array(publicKey),
      registered_at: Type.Optional(time),
      announced_at: Type.Optional(time),
    }),
    passedOn: true,
    codes: ['PT-1061'],
  },
  'POST /v1/tools': {
    who: 'admin',
    says: 'gives a name to a key, or a tool one key more',
    body: {
      schema: Type.Object({ tool: Type.String(), public_key: jwk }),
      maxBytes: 64 * 1024,
      raw: true,
      tooLarge: 'PT-1009',
    },
    status: 202,
    answer: toolAnswer,
    codes: ['PT-1048', 'PT-1051', 'PT-1059'],
  },
  'POST /v1/tools/:name/revoke': {
    who: 'admin',
    says: 'ends one of its keys',
    body: revocation,
    status: 202,
    answer: toolAnswer,
    codes: ['PT-1058', 'PT-1059', 'PT-1061'],
  },
  'POST /v1/tools/:name/retire': {
    who: 'admin',
    says: 'ends, or takes up, orders of the tool; open ones go on',
    body: {
      ...revocation,
      schema: Type.Object({ retired: Type.Boolean(), reason: text }),
    },
    status: 202,
    answer: toolAnswer,
    codes: ['PT-1059', 'PT-1061'],
  },
} as const satisfies Routes
