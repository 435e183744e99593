import Type from 'typebox'
import type { Routes } from './route.ts'
import { credits, cursor, limit, linkOf, objectOf, oneOf, time } from './schemas.ts'

/** Orders of an account's movements; `-` is newest first. */
const ENTRY_SORTS = ['seq', '-seq'] as const
type EntrySort = (typeof ENTRY_SORTS)[number]

const totals = {
  credits_funded: credits,
  credits_held: credits,
  credits_debited: credits,
  remaining_credits: credits,
}

const entry = Type.Object({
  credit_entry: Type.String(),
  seq: Type.Integer({ minimum: 1 }),
  kind: oneOf(['fund', 'hold', 'short', 'debit', 'release']),
  settlement_id: Type.Optional(Type.String()),
  work_order_id: Type.Optional(Type.String()),
  credits,
  ...totals,
  at: time,
})

/** Receipt: accounts, what funded them and what consumed them. */
export const receiptRoutes = {
  'POST /v1/accounts/:account/funding': {
    who: 'admin',
    says: 'once the broker has it. Without `reference` the `Idempotency-Key` header is the reference, else one is drawn',
    body: {
      schema: Type.Object(
        {
          credits: Type.Integer({ minimum: 1 }),
          reference: Type.Optional(Type.String()),
          settlement_provider: Type.Optional(Type.String()),
          asset: Type.Optional(Type.String()),
          amount: Type.Optional(Type.String()),
        },
        { additionalProperties: false },
      ),
      maxBytes: 16 * 1024,
      raw: true,
    },
    status: 202,
    answer: Type.Object({
      account: Type.String(),
      reference: Type.String(),
      settlement_id: Type.String(),
      receipt_url: Type.String(),
    }),
    codes: ['PT-4002', 'PT-4010', 'PT-4015'],
  },
  'GET /v1/settlements/:id': {
    who: 'viewer',
    says: 'the signed settlement receipt, once it is issued',
    answer: linkOf(objectOf('SettlementReceipt')),
    passedOn: true,
    codes: ['PT-4011'],
  },
  'GET /v1/accounts': {
    who: 'viewer',
    says: 'accounts of registered agents by name, with their totals; `next_cursor` where the list goes on, also behind a page that is short or empty',
    query: Type.Object({
      waiting: Type.Optional(oneOf(['true'])),
      limit: limit(200, 50),
      cursor,
    }),
    malformed: 'PT-4014',
    answer: Type.Object({
      accounts: Type.Array(
        Type.Object({
          account: Type.String(),
          agent_id: Type.String(),
          ...totals,
          waiting_orders: Type.Integer({ minimum: 0 }),
        }),
      ),
      next_cursor: Type.Optional(Type.String()),
    }),
    passedOn: true,
    codes: ['PT-4014', 'PT-9039'],
  },
  'GET /v1/accounts/:account': {
    who: 'viewer',
    says: 'the account’s totals',
    answer: Type.Object({
      account: Type.String(),
      ...totals,
      waiting_orders: Type.Integer({ minimum: 0 }),
      settlement_id: Type.Optional(Type.String()),
      last_entry: Type.String(),
    }),
    passedOn: true,
    codes: ['PT-4012'],
  },
  'GET /v1/accounts/:account/entries': {
    who: 'viewer',
    says: 'its movements, oldest first unless asked otherwise; `next_cursor` where the list goes on',
    query: Type.Object({
      sort: Type.Optional(Type.Unsafe<EntrySort>({ ...oneOf(ENTRY_SORTS), default: 'seq' })),
      limit: limit(500, 100),
      cursor,
    }),
    malformed: 'PT-4014',
    answer: Type.Object({
      entries: Type.Array(entry),
      next_cursor: Type.Optional(Type.String()),
    }),
    passedOn: true,
    codes: ['PT-4014', 'PT-9039'],
  },
  'GET /v1/receipts/:id': {
    who: 'task',
    says: 'the signed usage receipt, by its id; by its work order’s, the newest',
    answer: linkOf(objectOf('UsageReceipt')),
    passedOn: true,
    codes: ['PT-4013'],
  },
} as const satisfies Routes
