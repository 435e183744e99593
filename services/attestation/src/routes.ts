import { attestationRoutes } from '@prooftrail/contracts/doors'
import {
  type Access,
  type Handlers,
  mountDoors,
  type Reader,
  type Refused,
  type Reply,
  refuse,
  reply,
} from '@prooftrail/runtime'
import type { TrailKey } from '@prooftrail/trail'
import type { Express } from 'express'
import { bundleOf } from './bundle.ts'
import { codes } from './codes.ts'
import { keyListHandlers } from './key-list-routes.ts'
import { loggedEntries } from './logged-entries.ts'
import type { State, Tools } from './state.ts'
import { noteReply, readTilePath, tileReply } from './tile-answers.ts'

export type Doors = {
  access: Pick<Access, 'caller'>
  store: Pick<Reader<State>, 'read' | 'find'>
} & Pick<Tools, 'origin' | 'services' | 'reader' | 'fault' | 'keyLog'>

const PAGE = 1_000
const PRIVATE = { 'cache-control': 'private, no-cache' }

/** Bundles for whoever may read the task; keys and log for everybody. */
export function mountRoutes(app: Express, doors: Doors): void {
  const handlers = { ...handlersOf(doors), ...keyListHandlers(doors.keyLog) }
  mountDoors(app, { routes: attestationRoutes, handlers, access: doors.access, codes })
}

type Own = Handlers<typeof attestationRoutes>

function handlersOf(doors: Doors): Omit<Own, keyof ReturnType<typeof keyListHandlers>> {
  const { store, origin, services, reader, fault } = doors
  const allKeys = shared(async () => [...services.keys, ...(await partyKeys(store))])

  /** What stands in the log is told while the log stands. */
  const whileSound = async (
    answer: () => Promise<Reply<string | Uint8Array> | Refused>,
  ): Promise<Reply<string | Uint8Array> | Refused> => faultOf() ?? answer()
  const faultOf = (): Refused | undefined => {
    const found = fault()
    return found && refuse(found.code, found.detail, { retryable: found.code === 'PT-6021' })
  }

  return {
    'GET /v1/trails/:work_order_id': async ({ params, caller, denied }) => {
      const id = params.work_order_id
      // Past the memory: another process may have sealed it.
      const state = (await store.read([id])).get(id)?.state
      if (!caller.mayRead(state?.status === 'sealed' ? state.task_token : undefined)) {
        return denied()
      }
      const found = faultOf()
      if (found) return found
      const bundle = state && (await bundleOf(id, state, { origin, reader }))
      if (!bundle) return refuse('PT-6020', `${id} has no sealed trail`)
      return reply(bundle, { headers: PRIVATE })
    },

    'GET /v1/entries': async ({ query: { after = '' } }) =>
      reply(await loggedEntries(store, after), { headers: PRIVATE }),

    'GET /keys.json': async () =>
      reply(JSON.stringify({ keys: await allKeys() }), {
        type: 'application/jwk-set+json; charset=utf-8',
        headers: { 'cache-control': 'public, no-cache' },
      }),

    'GET /checkpoint': () =>
      whileSound(async () => {
        const [{ size, note }, cosigned] = await Promise.all([reader.head(), reader.cosigned()])
        return noteReply(cosigned?.size === size ? cosigned.note : note)
      }),

    'GET /checkpoint/cosigned': () =>
      whileSound(async () => {
        const cosigned = await reader.cosigned()
        if (!cosigned) return refuse('PT-6024', 'no witness has cosigned a checkpoint')
        return noteReply(cosigned.note)
      }),

    'GET /tile/*path': ({ req }) =>
      whileSound(async () => {
        const tile = readTilePath(req.path.slice(1))
        const bytes = tile && (await reader.tile(tile))
        if (!tile || !bytes) return refuse('PT-6022', `${req.path} is no tile of this log`)
        return tileReply(tile, bytes)
      }),
  }
}

/** Keys of all registered agents and tools, page by page. */
async function partyKeys(store: Pick<Reader<State>, 'find'>): Promise<TrailKey[]> {
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
