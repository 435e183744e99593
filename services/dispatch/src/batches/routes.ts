import type { BatchRequested } from '@prooftrail/contracts'
import { type BATCH_LATER, batchRoutes } from '@prooftrail/contracts/doors'
import {
  type Call,
  type Caller,
  type Handlers,
  mountDoors,
  type Refused,
  refuse,
  reply,
} from '@prooftrail/runtime'
import type { Express } from 'express'
import { codes } from '../codes.ts'
import { type BatchDoors, jsonOf, PAGE, through, until } from './answer.ts'
import { HALF_MADE, type LaterRequest, requestsOf, takes } from './decide-batch.ts'
import { dryRun } from './dry-run.ts'
import { Gate } from './gate.ts'
import { makeBatch } from './make-batch.ts'
import { chunkDocuments, isBatchId } from './names.ts'
import { readBatch } from './read-batch.ts'
import type { Batch } from './state.ts'
import { chunksFrom, findBatch, newestBatches, notThere } from './stored.ts'
import { batchView, itemView } from './views.ts'

/** The doors of batches: operators make and drive them, viewers see them. */
export function mountBatches(app: Express, doors: BatchDoors): void {
  const { access } = doors
  mountDoors(app, { routes: batchRoutes, handlers: handlersOf(doors), access, codes })
}

const FRESH = { headers: { 'cache-control': 'no-store' } }

function handlersOf(doors: BatchDoors): Handlers<typeof batchRoutes> {
  const { batchLimits: limits, now = Date.now } = doors
  // a batch has thousands of runs: those of one are read at a time, so that everything else goes on
  const making = new Gate(1)
  const judging = new Gate(1)

  const later =
    (request: LaterRequest) =>
    async ({ params: { id }, bytes, caller }: Later) => {
      const batch = await batchNamed(doors, id)
      const reason = reasonIn(jsonOf(await bytes()))
      if (!takes(batch, request)) throw notNow(batch, request)
      if (request === 'run') await requireWhole(doors, batch)
      return ask(doors, batch, { request, reason, caller })
    }

  return {
    'POST /v1/batches': async ({ query, bytes, caller }) => {
      // whose bytes come slowly takes nobody's place meanwhile
      const body = await bytes()
      return through(making, async () => {
        const by = nameOf(caller)
        const asked = readBatch(jsonOf(body), { by, now: now(), limits })
        if ('code' in asked) return refuse(asked.code, asked.detail)
        return makeBatch(doors, asked, query.dry_run === true)
      })
    },

    'GET /v1/batches': async ({ query: { after, limit = 20 } }) => {
      const found = await newestBatches(doors, { limit: limit + 1, ...(after ? { after } : {}) })
      const page = found.slice(0, limit)
      const batches = page.map(batchView).map(({ changes: _, ...one }) => one)
      return reply(
        { batches, next: found.length > limit ? page.at(-1)?.batch_id : undefined },
        FRESH,
      )
    },

    'GET /v1/batches/:id': async ({ params: { id } }) =>
      reply(batchView(await batchNamed(doors, id)), FRESH),

    'GET /v1/batches/:id/runs': async ({ params: { id }, query }) => {
      const { after = -1, limit = 100, status } = query
      const batch = await batchNamed(doors, id)
      const found: NonNullable<ReturnType<typeof itemView>>[] = []
      for await (const chunk of chunksFrom(doors, batch, after + 1)) {
        for (const place of chunk.items.keys()) {
          const one = itemView(batch, chunk, place)
          if (one && one.index > after && (status ?? one.status) === one.status) found.push(one)
        }
        if (found.length > limit) break
      }
      const runs = found.slice(0, limit)
      const next = found.length > limit ? runs.at(-1)?.index : undefined
      return reply({ batch_id: batch.batch_id, runs, next }, FRESH)
    },

    'GET /v1/batches/:id/dry-run': ({ params: { id }, query: { after = -1, limit = PAGE } }) =>
      through(judging, async () => {
        const batch = await batchNamed(doors, id)
        const chunks = itemsOf(doors, batch)
        return reply(
          await dryRun(batch.batch_id, batch.terms, chunks, { after, limit }, doors),
          FRESH,
        )
      }),

    'POST /v1/batches/:id/run': later('run'),
    'POST /v1/batches/:id/pause': later('pause'),
    'POST /v1/batches/:id/resume': later('resume'),
    'POST /v1/batches/:id/stop': later('stop'),
  }
}

type Later = Call<
  'POST /v1/batches/:id/run',
  (typeof batchRoutes)[`POST /v1/batches/:id/${(typeof BATCH_LATER)[number]}`]
>

async function ask(
  doors: BatchDoors,
  { batch_id, changes }: Batch,
  {
    request,
    reason,
    caller,
  }: { request: LaterRequest; reason?: string | undefined; caller: Caller },
) {
  const { requestBatch, now = Date.now } = doors
  const asked: BatchRequested = {
    ...{ batch_id, request, requested_by: nameOf(caller) },
    requested_at: new Date(now()).toISOString(),
    ...(reason === undefined ? {} : { reason }),
  }
  await requestBatch(asked)
  const after = await until(async () => {
    const found = await findBatch(doors, batch_id)
    return found && found.changes.length > changes.length ? found : undefined
  })
  const stands = after ?? (await batchNamed(doors, batch_id))
  return reply(batchView(stands), { status: after ? 200 : 202 })
}

/** As acts name an operator. */
function nameOf({ name = 'operator' }: Caller): string {
  return name.slice(0, 200)
}

/** Why somebody asks. @throws Refused PT-2062 */
function reasonIn(body: unknown): string | undefined {
  const { reason } = Object(body)
  if (reason === undefined) return undefined
  if (typeof reason === 'string' && /\S/.test(reason)) return reason.slice(0, 1_000)
  throw refuse('PT-2062', 'reason is no text')
}

async function* itemsOf(doors: BatchDoors, batch: Batch) {
  for await (const { items } of chunksFrom(doors, batch)) yield items
}

/** @throws Refused PT-2061 */
async function batchNamed(doors: BatchDoors, id: string): Promise<Batch> {
  const batch = isBatchId(id) ? await findBatch(doors, id) : undefined
  if (batch === undefined) throw refuse('PT-2061', `no batch ${id.slice(0, 80)}`)
  return batch
}

/** A batch whose making was cut short asks for nothing. @throws Refused PT-2065 */
async function requireWhole(doors: BatchDoors, batch: Batch): Promise<void> {
  const { batch_id, terms, stands, whole } = batch
  const missing = whole ? [] : await notThere(doors, chunkDocuments(batch_id, terms))
  if (missing.length === 0) return
  const detail = `run of a batch whose runs are not all there: ${HALF_MADE}`
  throw refuse('PT-2065', detail, { batch_status: stands, allowed: ['stop'] })
}

function notNow(batch: Batch, request: LaterRequest): Refused {
  const allowed = requestsOf(batch)
  const takesNow = allowed.length > 0 ? `it takes ${allowed.join(', ')}` : 'it takes nothing more'
  const detail = `${request} of a batch that is ${batch.stands}; ${takesNow}`
  return refuse('PT-2065', detail, { batch_status: batch.stands, allowed })
}
