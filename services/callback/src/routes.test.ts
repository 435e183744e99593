import type { AddressInfo } from 'node:net'
import { makeAccess } from '@prooftrail/runtime'
import express from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { contextAt, keyFor, receiptInput } from './callback.fixtures.ts'
import { evolve, initial } from './evolve.ts'
import { mountRoutes } from './routes.ts'
import { callback } from './service.ts'
import { agentSecret } from './sign.ts'
import type { State } from './state.ts'

const master = Buffer.alloc(32, 7)
const WORK_ORDER = 'wo_1'
const state = callback.decide(initial, receiptInput(), contextAt()).reduce(evolve, initial)

/** The doors on a real port, over one known document. */
async function open() {
  const app = express()
  const known = new Map<string, { state: State; version: number }>([
    [WORK_ORDER, { state, version: 1 }],
  ])
  mountRoutes(app, {
    store: { read: async () => known },
    access: makeAccess({ open: false, operatorToken: 'operator-token' }),
    secrets: { current: master, versions: new Map([['agent-b', 3]]) },
    webhookKey: keyFor('webhook'),
  })
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => void server.close())
  // a listening TCP server has an AddressInfo
  const { port } = server.address() as AddressInfo
  return async (path: string, token?: string, method = 'GET') => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const res = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers })
    const text = await res.text()
    return { status: res.status, headers: res.headers, text, json: () => JSON.parse(text) }
  }
}

describe('the door of webhook secrets', () => {
  test.each(['GET', 'POST'])(
    '%s hands an operator the derived secret, never cached',
    async (method) => {
      const ask = await open()
      const res = await ask('/v1/agents/agent-b/webhook-secret', 'operator-token', method)
      expect(res.status).toBe(200)
      expect(res.headers.get('cache-control')).toBe('no-store')
      expect(res.json()).toEqual({
        agent_id: 'agent-b',
        version: 3,
        secret: agentSecret(master, 'agent-b', 3),
        public_key: expect.stringMatching(/^whpk_[A-Za-z0-9+/]{43}=$/),
      })
    },
  )

  test('nobody else gets one, the holder of a task handle neither', async () => {
    const ask = await open()
    for (const token of [undefined, 'wrong', 'tt_example']) {
      const res = await ask('/v1/agents/agent-b/webhook-secret', token)
      expect(res.status).toBe(401)
      expect(res.text).not.toContain('whsec_')
    }
  })
})

describe('the door of deliveries', () => {
  test.each(['operator-token', 'tt_example'])('%s reads status and attempts', async (token) => {
    const ask = await open()
    const res = await ask(`/v1/callbacks/${WORK_ORDER}`, token)
    expect(res.json()).toMatchObject({
      work_order_id: WORK_ORDER,
      deliveries: [{ callback_status: 'pending', attempts: [], under_way: { attempt: 1 } }],
    })
    expect(res.text).not.toContain('agent_callback_payload')
  })

  test('the body is the very bytes', async () => {
    const ask = await open()
    const res = await ask(`/v1/callbacks/${WORK_ORDER}/body`, 'tt_example')
    expect(res.text).toBe(state.deliveries[0]?.payload?.body)
    expect(res.headers.get('prooftrail-callback-hash')).toBe(state.deliveries[0]?.callback_hash)
  })

  test('another handle reads nothing, and learns of no order whether it is there', async () => {
    const ask = await open()
    expect((await ask(`/v1/callbacks/${WORK_ORDER}`, 'tt_other')).json()).toMatchObject({
      status: 401,
      code: 'PT-8001',
    })
    expect((await ask(`/v1/callbacks/${WORK_ORDER}/body`)).status).toBe(401)
    const unknown = await ask('/v1/callbacks/wo_2', 'tt_other')
    expect(unknown.text).toBe((await ask(`/v1/callbacks/${WORK_ORDER}`, 'tt_other')).text)
    expect((await ask('/v1/callbacks/wo_2', 'operator-token')).json()).toMatchObject({
      status: 404,
      code: 'PT-5020',
    })
  })
})
