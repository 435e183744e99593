import { problem, type Reader, type RouteTools } from '@prooftrail/runtime'
import type { TrailKey } from '@prooftrail/trail'
import type { Express, Response } from 'express'
import { bundleOf } from './bundle.ts'
import { mountKeyLists } from './key-list-routes.ts'
import { loggedEntries } from './logged-entries.ts'
import type { State, Tools } from './state.ts'
import { readTilePath, sendNote, sendTile } from './tile-answers.ts'

export type Doors = RouteTools<State> &
  Pick<Tools, 'origin' | 'services' | 'reader' | 'fault' | 'keyLog'>

const PAGE = 1_000

/**
 * `GET /v1/trails/:work_order_id`: the bundle; 404 PT-6020 until sealed; wants the task's handle or
 * an operator token. `GET /v1/entries?after=`: what trails say of their entries; wants a viewer.
 * Public: `GET /keys.json`, `/checkpoint`, `/tile/…` (C2SP tlog-tiles),
 * and `/checkpoint/cosigned`: the newest one that witnesses cosigned.
 */
export function mountRoutes(
  app: Express,
  { store, access, origin, services, reader, fault, keyLog }: Doors,
): void {
  const refuseFaulty = (res: Response): boolean => {
    const found = fault()
    if (found) problem(res, 503, found.code, found.detail, { retryable: found.code === 'PT-6021' })
    return found !== undefined
  }

  app.get('/v1/trails/:work_order_id', async (req, res) => {
    const id = req.params.work_order_id
    // Past the memory: another process may have sealed it.
    const state = (await store.read([id])).get(id)?.state
    if (!(await access.mayRead(req, state?.status === 'sealed' ? state.task_token : undefined))) {
      return problem(res, 401, 'PT-6023', 'a bundle wants its task handle or an operator token')
    }
    if (refuseFaulty(res)) return
    const bundle = state && (await bundleOf(id, state, { origin, reader }))
    if (!bundle) return problem(res, 404, 'PT-6020', `${id} has no sealed trail`)
    res.set('cache-control', 'private, no-cache').json(bundle)
  })

  app.get('/v1/entries', access.requireViewer, async (req, res) => {
    const { after } = req.query
    const page = await loggedEntries(store, typeof after === 'string' ? after : '')
    res.set('cache-control', 'private, no-cache').json(page)
  })

  const allKeys = shared(async () => [...services.keys, ...(await partyKeys(store))])
  app.get('/keys.json', async (_req, res) => {
    const keys = await allKeys()
    res
      .set('cache-control', 'public, no-cache')
      .type('application/jwk-set+json')
      .send(JSON.stringify({ keys }))
  })

  app.get('/checkpoint', async (_req, res) => {
    if (refuseFaulty(res)) return
    const [{ size, note }, cosigned] = await Promise.all([reader.head(), reader.cosigned()])
    sendNote(res, cosigned?.size === size ? cosigned.note : note)
  })

  app.get('/checkpoint/cosigned', async (_req, res) => {
    if (refuseFaulty(res)) return
    const cosigned = await reader.cosigned()
    if (!cosigned) return problem(res, 404, 'PT-6024', 'no witness has cosigned a checkpoint')
    sendNote(res, cosigned.note)
  })

  app.get('/tile/*path', async (req, res) => {
    if (refuseFaulty(res)) return
    const tile = readTilePath(req.path.slice(1))
    const bytes = tile && (await reader.tile(tile))
    if (!tile || !bytes) return problem(res, 404, 'PT-6022', `${req.path} is no tile of this log`)
    sendTile(res, tile, bytes)
  })

  mountKeyLists(app, keyLog)
}

/** Keys of all registered agents and tools, page by page. */
async function partyKeys(store: Reader<State>): Promise<TrailKey[]> {
  const keys = new Map<string, TrailKey>()
  let last = ''
  for (;;) {
    const page = await store.find(
      { 'ix.party': { $gt: last } },
      { sort: { 'ix.party': 1 }, limit: PAGE },
    )
    for (const { state } of page) {
      if (state.status === 'keys') for (const key of state.keys) keys.set(key.kid, key)
    }
    const end = page.at(-1)
    if (end === undefined || page.length < PAGE) return [...keys.values()]
    last = end.id
  }
}

/** One run at a time; who asks meanwhile gets the run that starts next, never an older answer. */
function shared<T>(run: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> | undefined
  let next: Promise<T> | undefined
  return () => {
    if (next) return next
    const after = running ?? Promise.resolve()
    const mine = after
      .catch(() => undefined)
      .then(() => {
        next = undefined
        return run()
      })
    next = mine
    running = mine
    return mine
  }
}
