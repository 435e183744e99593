import type { AddressInfo } from 'node:net'
import { STUCK_AFTER } from '@prooftrail/contracts'
import { makeAccess } from '@prooftrail/runtime'
import { memoryReader } from '@prooftrail/testing/runtime'
import express from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { memoryActs } from '../act-trail/acts.fixtures.ts'
import { consoleKey, goodRun, runOf, TOKEN, WO } from '../console.fixtures.ts'
import { queueOf } from '../parked/entry.ts'
import { rowsOf } from '../parked/parked.fixtures.ts'
import { mountRoutes } from '../routes.ts'
import { consoleService } from '../service.ts'
import { openSampler } from '../sre/open.ts'
import { memoryViews } from '../views/views.fixtures.ts'
import { liveOver } from './live.fixtures.ts'

const OPERATOR = 'an-operator-token-of-forty-characters-ok'
const run = runOf(goodRun())
const other = { ...run, work_order_id: 'wo_other', task_token: 'tt_other' }
const third = { ...run, work_order_id: 'wo_third', task_token: 'tt_third', agent_id: 'agent-2' }

interface Told {
  event: string
  id: string | undefined
  data: Record<string, unknown>
}

/** The console's streams on a port of their own. */
async function given() {
  const store = memoryReader(consoleService, { [WO]: run, wo_other: other, wo_third: third })
  const { live, changes, queue } = liveOver(store, { perSession: 3 })
  const app = express()
  const config = { port: 0, key: consoleKey, serviceKeys: [], publicUrl: '' }
  const urls = {
    attestationUrl: '',
    dispatchUrl: '',
    intakeUrl: '',
    receiptUrl: '',
    stuckAfter: STUCK_AFTER,
    actsKeptDays: 400,
    metricsOf: [],
  }
  mountRoutes(app, {
    ...{ store, live, queue, config: { ...config, ...urls } },
    sampler: openSampler([]),
    ...{ acts: memoryActs(), views: memoryViews(), forget: async () => undefined },
    parked: {
      rows: rowsOf(() => [], queueOf),
      codec: { decode: () => undefined },
      ask: async () => undefined,
      read: async () => new Map(),
    },
    access: makeAccess({ open: false, operatorToken: OPERATOR }),
  })
  const server = app.listen(0, '127.0.0.1')
  onTestFinished(async () => {
    await live.stop()
    server.closeAllConnections()
    server.close()
  })
  await new Promise((resolve) => server.once('listening', resolve))
  // A server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo
  const ask = (path: string, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers })
  const follow = async (path: string, headers: Record<string, string> = {}) => {
    const answer = await ask(path, headers)
    expect(answer.status).toBe(200)
    return reading(answer)
  }
  const change = (...states: (typeof run)[]) => {
    changes.changed(
      states.map((state) => ({ id: state.work_order_id, version: 1, state })),
      true,
    )
    return changes.flush()
  }
  return { ask, follow, change }
}

/** What a stream tells, one event after the other. */
function reading(answer: Response) {
  const reader = answer.body?.getReader()
  let text = ''
  return async function next(wanted?: string): Promise<Told> {
    for (;;) {
      const end = text.indexOf('\n\n')
      if (end < 0) {
        const { value, done = true } = (await reader?.read()) ?? {}
        if (done) throw new Error(`the stream ended before ${wanted}`)
        text += new TextDecoder().decode(value)
        continue
      }
      const lines = text.slice(0, end).split('\n')
      text = text.slice(end + 2)
      const member = (name: string) =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
      const event = member('event')
      if (event === undefined || (wanted !== undefined && event !== wanted)) continue
      return { event, id: member('id'), data: JSON.parse(member('data') ?? '') }
    }
  }
}

const asOperator = { authorization: `Bearer ${OPERATOR}` }
const idsOf = ({ data }: Told) =>
  (data.runs as { work_order_id: string }[]).map(({ work_order_id }) => work_order_id)

describe('the stream of all runs', () => {
  test('begins with how things stand, and tells each run that changes', async () => {
    const { follow, change } = await given()
    const next = await follow('/v1/stream', asOperator)
    expect(await next()).toMatchObject({ event: 'hello' })
    expect(await next()).toMatchObject({ event: 'age', data: { behind_seconds: 0 } })
    expect(await next()).toMatchObject({ event: 'queue', data: { waiting: 0 } })
    await change(run, other)
    const told = await next('runs')
    expect(idsOf(told).sort()).toEqual([WO, 'wo_other'].sort())
    expect(told.data.runs).toMatchObject([{ lifecycle_state: 'attested', changes: 9 }, {}])
  })

  test('goes on where its reader was cut off', async () => {
    const { follow, change } = await given()
    const first = await follow('/v1/stream', asOperator)
    const { id = '' } = await first('age')
    expect(id).toMatch(/^\d+$/)
    await change(run)
    const again = await follow('/v1/stream', { ...asOperator, 'last-event-id': id })
    expect(idsOf(await again('runs'))).toEqual([WO])
    const asked = await follow(`/v1/stream?last_event_id=${id}`, asOperator)
    expect(idsOf(await asked('runs'))).toEqual([WO])
  })

  test('says when a reader has to read anew', async () => {
    const { follow } = await given()
    const next = await follow('/v1/stream', { ...asOperator, 'last-event-id': '12' })
    await next('hello')
    expect(await next()).toMatchObject({ event: 'reset' })
  })

  test('is for viewers, and for so many of one session', async () => {
    const { ask, follow } = await given()
    expect((await ask('/v1/stream')).status).toBe(401)
    expect((await ask('/v1/stream', { authorization: `Bearer ${TOKEN}` })).status).toBe(401)
    for (let n = 0; n < 3; n += 1) await follow('/v1/stream', asOperator)
    const refused = await ask('/v1/stream', asOperator)
    expect(refused.status).toBe(429)
    expect(await refused.json()).toMatchObject({ code: 'PT-9042' })
  })
})

describe('the stream of one run', () => {
  test('tells its handle’s holder that run, and no other', async () => {
    const { follow, change } = await given()
    const next = await follow(`/v1/tasks/${TOKEN}/stream`)
    expect(idsOf(await next('runs'))).toEqual([WO])
    await next('age')
    await change(other)
    await change(run)
    expect(idsOf(await next())).toEqual([WO])
  })

  test('is one of so many of its agent, however many handles that has', async () => {
    const { ask, follow } = await given()
    await follow(`/v1/tasks/${TOKEN}/stream`)
    await follow('/v1/tasks/tt_other/stream')
    await follow('/v1/tasks/wo_other/stream', { authorization: 'Bearer tt_other' })
    for (const path of [`/v1/tasks/${TOKEN}/stream`, '/v1/tasks/tt_other/stream']) {
      expect((await ask(path)).status).toBe(429)
    }
    expect((await ask('/v1/tasks/tt_third/stream')).status).toBe(200)
    expect((await ask(`/v1/tasks/${WO}/stream`, asOperator)).status).toBe(200)
  })

  test('opens to whoever may read the run', async () => {
    const { ask } = await given()
    expect((await ask(`/v1/tasks/${WO}/stream`, asOperator)).status).toBe(200)
    expect((await ask(`/v1/tasks/${WO}/stream`)).status).toBe(401)
    expect((await ask(`/v1/tasks/${WO}/stream`, { authorization: 'Bearer tt_other' })).status).toBe(
      401,
    )
    expect((await ask('/v1/tasks/tt_nobody/stream')).status).toBe(404)
  })
})
