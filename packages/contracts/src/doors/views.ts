import Type from 'typebox'
import type { Routes } from './route.ts'
import { oneOf, time } from './schemas.ts'

/** The lists of the operator's page that a view can be of. */
export const VIEW_PAGES = [
  'runs',
  'acts',
  'batches',
  'parked',
  'tools',
  'agents',
  'accounts',
] as const

const value = Type.String({ maxLength: 400 })
/** What stands in the list's address: filters, order, columns. */
const search = Type.Record(
  Type.String({ pattern: '^[a-z][a-z_]{0,39}$' }),
  Type.Union([value, Type.Array(value, { maxItems: 40 })]),
  { maxProperties: 40, additionalProperties: false },
)
const name = Type.String({ pattern: '^\\S(.{0,78}\\S)?$', description: 'up to 80 characters' })

/** A list of the page as somebody keeps it. */
export const savedView = Type.Object({
  view_id: Type.String(),
  page: oneOf(VIEW_PAGES),
  name,
  search,
  shared: Type.Boolean({ description: 'everybody sees it; else its owner alone' }),
  saved_by: Type.String(),
  saved_at: time,
})

/** The console: views of its lists that people keep. */
export const viewRoutes = {
  'GET /v1/views': {
    who: 'viewer',
    says: 'the views of a list: the caller’s own, then those that are shared, each by name',
    query: Type.Object({ page: Type.Optional(oneOf(VIEW_PAGES)) }),
    answer: Type.Object({ views: Type.Array(savedView) }),
    codes: [],
  },
  'POST /v1/views': {
    who: 'viewer',
    says: 'keeps a view, in place of the one of this name; an operator may share it. At most 100 of a person’s own, and 200 shared',
    body: {
      schema: Type.Object(
        { page: oneOf(VIEW_PAGES), name, search, shared: Type.Optional(Type.Boolean()) },
        { additionalProperties: false },
      ),
      maxBytes: 16 * 1024,
    },
    answer: savedView,
    codes: ['PT-7066'],
  },
  'DELETE /v1/views/:id': {
    who: 'viewer',
    says: 'takes a view away: one’s own, or as an operator a shared one',
    answer: Type.Object({ view_id: Type.String(), status: Type.Literal('deleted') }),
    codes: ['PT-7065'],
  },
} as const satisfies Routes
