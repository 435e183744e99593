import type { ParkedAct, parkedRoutes } from '@prooftrail/contracts/doors'
import {
  type Call,
  type Handlers,
  makeCursor,
  type Refused,
  readCursor,
  refuse,
  reply,
} from '@prooftrail/runtime'
import { type AskedActs, actOn, type Item } from './act-on.ts'
import { queueOf } from './entry.ts'
import { viewOf } from './show.ts'
import type { ParkedTools, RowFilter } from './tools.ts'

type Routes = typeof parkedRoutes
type Own = Omit<Handlers<Routes>, 'GET /v1/tasks/:token/parked'>
type One = `POST /v1/parked/:id/${ParkedAct}`
type Flags = Pick<Call<One, Routes[One]>, 'query' | 'caller'>

const UNCACHED = { headers: { 'cache-control': 'no-store' } }

/** Parked messages: listed and shown to viewers, sent again and discarded by operators. */
export function parkedHandlers(parked: ParkedTools): Own {
  return {
    'GET /v1/parked': async ({ query: { limit = 50, cursor, ...asked } }) => {
      const filter = filterOf(asked, Date.now())
      const list = { ...asked, parked: true }
      const position = cursor === undefined ? undefined : readCursor(list, cursor)
      if (typeof position === 'object') return position
      const [since = '', parked_id = ''] = position?.split(' ') ?? []
      const after = position === undefined ? undefined : { since, parked_id }
      const found = await parked.rows.page(filter, { after, limit: limit + 1 })
      const entries = found.slice(0, limit)
      const last = found.length > limit ? entries.at(-1) : undefined
      const next_cursor = last && makeCursor(list, `${last.since} ${last.parked_id}`)
      return reply({ entries, ...(next_cursor ? { next_cursor } : {}) }, UNCACHED)
    },
    'GET /v1/parked/counts': async () => reply({ open: await parked.rows.counts() }, UNCACHED),
    'GET /v1/parked/:id': async ({ params: { id }, caller }) => {
      const entry = (await parked.read([id])).get(id)
      if (entry?.last === undefined) return unknown(id)
      const queue = queueOf(entry)
      const open = queue === undefined ? [] : await parked.rows.openOf(queue)
      const isOperator = caller.is('operator')
      return reply(await viewOf(entry, open, { codec: parked.codec, isOperator }), UNCACHED)
    },
    'POST /v1/parked/:id/send': (call) => one('send', call),
    'POST /v1/parked/:id/discard': (call) => one('discard', call),
    'POST /v1/parked/acts': async ({ body, ...call }) => {
      const items = await decide(body, call)
      if ('code' in items) return items
      return reply({ act: body.act, ...summaryOf(items), items }, UNCACHED)
    },
  }

  async function one(act: ParkedAct, { params: { id }, body, ...call }: Call<One, Routes[One]>) {
    const items = await decide({ act, ids: [id], ...body }, call)
    if ('code' in items) return items
    const own = items.find(({ parked_id }) => parked_id === id)
    if (own === undefined || own.status === 'refused') {
      return own ? refuse(own.code, own.detail, { parked_id: id }) : unknown(id)
    }
    return reply({ act, ...own, ...(items.length > 1 ? { items } : {}) }, UNCACHED)
  }

  async function decide(asked: AskedActs, { query, caller }: Flags): Promise<Item[] | Refused> {
    const reason = asked.reason?.trim()
    if (asked.act === 'discard' && !reason) {
      return refuse('PT-7046', 'reason is missing: discarding needs one')
    }
    const { reason: _, ...rest } = asked
    return actOn({ ...rest, ...(reason ? { reason } : {}) }, parked, {
      by: caller.name ?? 'operator',
      isDry: query.dry_run === true,
      withEarlier: query.with_earlier === true,
    })
  }
}

type Asked = Omit<Call<'GET /v1/parked', Routes['GET /v1/parked']>['query'], 'limit' | 'cursor'>

/** What a list selects. @param now epoch ms */
function filterOf(
  { state = 'open', topic, older_than, newer_than, ...names }: Asked,
  now: number,
): RowFilter {
  const ago = (seconds: number) => new Date(now - seconds * 1000).toISOString()
  return {
    ...names,
    ...(state === 'any' ? {} : { state }),
    ...(topic === undefined ? {} : { topic: fullName(topic) }),
    ...(older_than === undefined ? {} : { until: ago(older_than) }),
    ...(newer_than === undefined ? {} : { from: ago(newer_than) }),
  }
}

/** A topic by its whole name, or by the short one that people say. */
function fullName(topic: string): string {
  return topic.startsWith('prooftrail.') ? topic : `prooftrail.${topic}.v1`
}

function unknown(id: string): Refused {
  return refuse('PT-7041', `nothing is known of ${id.slice(0, 80)}`)
}

/** How many of them, and of the refused ones how many by which code. */
function summaryOf(items: readonly Item[]) {
  const refused: Record<string, number> = {}
  for (const one of items) {
    if (one.status === 'refused') refused[one.code] = (refused[one.code] ?? 0) + 1
  }
  const done = items.filter(({ status }) => status !== 'refused').length
  return { asked: items.length, done, refused }
}
