import type { SavedView, viewRoutes } from '@prooftrail/contracts/doors'
import { type Caller, type Handlers, type Refused, refuse, reply } from '@prooftrail/runtime'
import { FULL, type Scope, shelfOf, viewOf, withView } from './shelf.ts'
import type { ViewStore } from './store.ts'

/** Whoever loses so many races meets a shelf that many change at once. */
const MOST_RACES = 8
const UNCACHED = { headers: { 'cache-control': 'no-store' } }
const ALL: Scope = { of: 'all' }

/** Views of lists: a person's own, and those that operators share. */
export function viewHandlers(store: ViewStore): Handlers<typeof viewRoutes> {
  return {
    'GET /v1/views': async ({ query: { page }, caller }) => {
      const shelves = await Promise.all(
        [own(caller), ALL].map((scope) => store.read(shelfOf(scope))),
      )
      const all = shelves.flatMap(({ views }) => views)
      return reply({ views: all.filter((one) => (page ?? one.page) === one.page) }, UNCACHED)
    },
    'POST /v1/views': async ({ body, caller }) => {
      if (body.shared && !caller.is('operator')) return notShared(caller)
      const scope = body.shared ? ALL : own(caller)
      const said = { by: (caller.name ?? 'operator').slice(0, 200), at: new Date().toISOString() }
      const view = viewOf(body, scope, said)
      const fault = await change(store, scope, (views) => {
        const next = withView(views, view)
        const full = 'take a view away before another is kept'
        return next === FULL ? refuse('PT-7066', full) : next
      })
      return fault ?? reply(view, UNCACHED)
    },
    'DELETE /v1/views/:id': async ({ params: { id }, caller }) => {
      const { views } = await store.read(shelfOf(ALL))
      const isShared = views.some(({ view_id }) => view_id === id)
      if (isShared && !caller.is('operator')) return notShared(caller)
      const fault = await change(store, isShared ? ALL : own(caller), (known) => {
        const left = known.filter(({ view_id }) => view_id !== id)
        const unknown = `no view ${id.slice(0, 80)}`
        return left.length === known.length ? refuse('PT-7065', unknown) : left
      })
      return fault ?? reply({ view_id: id, status: 'deleted' as const }, UNCACHED)
    },
  }
}

/** Changes a shelf as it stands, again where somebody else was faster. @returns why it was not changed */
async function change(
  store: ViewStore,
  scope: Scope,
  next: (views: readonly SavedView[]) => readonly SavedView[] | Refused,
): Promise<Refused | undefined> {
  const shelf = shelfOf(scope)
  for (let race = 0; race < MOST_RACES; race += 1) {
    const { version, views } = await store.read(shelf)
    const changed = next(views)
    if ('code' in changed) return changed
    if (await store.replace(shelf, version, changed)) return undefined
  }
  return refuse('PT-9034', 'many change these views at once', { retryable: true })
}

/** By the whole name: two that begin alike are two. */
function own({ name = 'operator' }: Caller): Scope {
  return { of: 'one', name }
}

function notShared({ name, role }: Caller): Refused {
  return refuse('PT-8008', `shared views are an operator’s; ${name} has ${role}`)
}
