import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { example } from '../toolkit/agent.ts'
import { type RegisteredAgent, startWorld, type TestWorld } from '../world.ts'

/**
 * Acts in bulk on the real stack: a batch goes on where it was after all services were started again,
 * asks for every run once, and no single act waits for it. What a kill does to it, the faults show.
 */

const READY = 180
const PARTIAL = 20

let world: TestWorld
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world?.stop())

interface View {
  batch_id: string
  status: string
  settled: boolean
  counts: Record<'accepted' | 'refused' | 'asked' | 'waiting' | 'unanswered' | 'not_asked', number>
  changes: { status: string; changed_by: string; reason?: string }[]
}

interface Run {
  index: number
  work_order_id: string
  status: string
  code?: string
}

async function post(path: string, body: unknown = {}) {
  const answer = await fetch(`${world.url('dispatch')}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: answer.status, body: Object(await answer.json()) }
}

/** The batch once it is as wanted; while dispatch is away nobody knows. */
async function batchOnce(id: string, what: string, is: (view: View) => boolean): Promise<View> {
  return world.until(
    `batch that ${what}`,
    async () => {
      const answer = await world.get('dispatch', `/v1/batches/${id}`).catch(() => undefined)
      const view = answer?.body as unknown as View | undefined
      return answer?.status === 200 && view && is(view) ? view : undefined
    },
    90_000,
  )
}

async function runsOf(id: string): Promise<Run[]> {
  const { body } = await world.get('dispatch', `/v1/batches/${id}/runs?limit=1000`)
  return Object(body).runs
}

/** Runs that are settled, and the ids of their orders. */
async function settledRuns(
  agent: RegisteredAgent,
): Promise<{ ready: string[]; partial: string[] }> {
  const orders = Array.from({ length: READY + PARTIAL }, (_, n) =>
    agent.order(n < READY ? {} : { evidence: example('tokenops-missing-item').evidence }),
  )
  for (const order of orders) await world.publish(order)
  const ids = orders.map(({ object }) => object.work_order_id)
  await world.until(
    'all results',
    async () => {
      const dry = await post('/v1/batches?dry_run', {
        ...{ act: { recovery_action: 'close', reason: 'are they there' }, work_order_ids: ids },
      })
      return dry.body.accepted === ids.length || undefined
    },
    120_000,
  )
  return { ready: ids.slice(0, READY), partial: ids.slice(READY) }
}

describe('given a few hundred runs', () => {
  test('a batch is dry-run, run, paused, resumed over a restart, and every run has one answer', async () => {
    const agent = await world.newAgent('batch')
    const { ready, partial } = await settledRuns(agent)
    const [moved = '', ...others] = ready
    const close = { recovery_action: 'close', reason: 'the pilot is over' }
    const ids = [...others, moved, 'wo_nobody_knows']

    const made = await post('/v1/batches', { act: close, work_order_ids: ids, per_second: 20 })
    expect(made).toMatchObject({ status: 201, body: { status: 'created', total: READY + 1 } })
    const { batch_id: id } = made.body
    const dry = await world.get('dispatch', `/v1/batches/${id}/dry-run`)
    expect(dry.body).toMatchObject({
      ...{ total: READY + 1, accepted: READY, refused: 1, credits: 0 },
      by_code: { 'PT-2021': 1 },
    })
    // a run that goes on by itself meanwhile
    const single = await post(`/v1/tasks/${moved}/acts`, {
      ...{ ...close, work_order_id: moved, idempotency_key: 'single' },
    })
    expect(single.body.act.status).toBe('accepted')

    expect(await post(`/v1/batches/${id}/run`, { reason: 'agreed' })).toMatchObject({ status: 200 })
    await batchOnce(id, 'has begun', ({ counts }) => counts.accepted > 20)
    expect((await post(`/v1/batches/${id}/pause`)).body.status).toBe('paused')
    const paused = await batchOnce(id, 'is paused', ({ counts }) => counts.asked === 0)
    expect(paused.counts.waiting).toBeGreaterThan(0)

    // whoever asks for a single act does not wait for the batch
    const [one = ''] = partial
    expect((await post(`/v1/batches/${id}/resume`)).body.status).toBe('running')
    const asked = Date.now()
    const answer = await post(`/v1/tasks/${one}/acts`, {
      ...{ ...close, work_order_id: one, idempotency_key: 'alone' },
    })
    expect(answer.body.act.status).toBe('accepted')
    expect(Date.now() - asked).toBeLessThan(5_000)

    const { counts } = await batchOnce(id, 'goes on', (view) => view.counts.accepted > 60)
    expect(counts.waiting).toBeGreaterThan(0)
    await world.stop()
    world = await startWorld()

    const done = await batchOnce(id, 'is done', ({ settled }) => settled)
    expect(done).toMatchObject({
      status: 'done',
      counts: { accepted: READY - 1, refused: 2, asked: 0, unanswered: 0, waiting: 0 },
    })
    expect(done.changes.map(({ status }) => status)).toEqual([
      'created',
      'running',
      'paused',
      'running',
      'done',
    ])
    const runs = await runsOf(id)
    expect(runs.map(({ index }) => index)).toEqual([...ids.keys()])
    const refused = runs.filter(({ status }) => status === 'refused')
    expect(refused.map(({ work_order_id, code }) => [work_order_id, code])).toEqual([
      [moved, 'PT-2024'],
      ['wo_nobody_knows', 'PT-2021'],
    ])
    // one act each
    for (const run of others) {
      const { body } = await world.get('dispatch', `/v1/tasks/${run}/acts`)
      expect(body).toMatchObject({ state: 'closed', acts_accepted: 1 })
    }
    const [first = ''] = others
    const trail = await world.trailOf(first, 1)
    expect(trail.bundle.pilot.runtime_state).toBe('closed')
    const decisions = trail.bundle.links.filter(({ name }) => name.startsWith('operator_decision'))
    expect(decisions).toHaveLength(1)
    // by whoever made the batch
    expect(trail.object('operator_decision')).toMatchObject({ requested_by: 'operator', ...close })

    expect(await post(`/v1/batches/${id}/run`)).toMatchObject({
      status: 409,
      body: { code: 'PT-2065' },
    })
  }, 300_000)
})
