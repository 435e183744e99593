import type { AddressInfo } from 'node:net'
import type { RecoveryAct } from '@prooftrail/contracts'
import { type Lookup, makeAccess } from '@prooftrail/runtime'
import { given } from '@prooftrail/testing/runtime'
import { exampleKey, verifiedBy } from '@prooftrail/testing/trail'
import { Link, type SigningKey } from '@prooftrail/trail'
import express from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { MAX_ACT_BYTES } from './acts/read-act.ts'
import {
  after,
  context,
  contextTool,
  heldInput,
  produced,
  toolKey,
  WORK_ORDER_ID,
} from './dispatch.fixtures.ts'
import { type Doors, mountRoutes } from './routes.ts'
import { dispatch } from './service.ts'
import type { AgentState, State } from './state.ts'

const TOKEN = 'operator-token-of-32-characters!'
const HANDLE = `tt_${'a'.repeat(32)}`
const agentKey = exampleKey('agent-example', ['agent'])
const otherKey = exampleKey('agent-other', ['agent'])
const operatorKey = exampleKey('dispatch', ['operator'])

const judging = context({
  tools: new Map([['tokenops', contextTool]]),
  verified: verifiedBy(toolKey),
})
const bound = given(dispatch, judging)
  .when(heldInput())
  .events.flatMap((event) => (event.type === 'execution.bound' ? [event.data] : []))
const settled = bound.reduce<State>(
  (_, one) => given(dispatch, judging).when(heldInput(), produced(one)).state,
  { status: 'absent' },
)

function agentOf({ party, key_id, privateKey }: SigningKey): AgentState {
  const keys = [{ kid: key_id, x: privateKey.x }]
  const registered_at = '2026-11-01T09:00:00.000Z'
  return { status: 'agent', agent_id: party, account: party, keys, registered_at, revision: 0 }
}

/** The door on a real port over one run, and which runs it looked at. */
async function open(says: Partial<Doors> = {}) {
  const app = express()
  const looked: string[] = []
  const parties = new Map<string, State>([
    ['agent/agent-example', agentOf(agentKey)],
    ['agent/agent-other', agentOf(otherKey)],
  ])
  const find = async (ids: readonly string[]) =>
    new Map(ids.flatMap((id) => (parties.has(id) ? [[id, parties.get(id) as State]] : [])))
  mountRoutes(app, {
    store: {
      read: async (ids: readonly string[]) => {
        looked.push(...ids)
        return new Map(
          ids.includes(WORK_ORDER_ID) ? [[WORK_ORDER_ID, { state: settled, version: 1 }]] : [],
        )
      },
      find: async (filter: Record<string, unknown>) =>
        filter['ix.task_token'] === HANDLE ? [{ id: WORK_ORDER_ID, state: settled }] : [],
    },
    // only what the door asks of it
    lookup: { get: find } as unknown as Lookup<State>,
    access: makeAccess({ open: false, operatorToken: TOKEN }),
    operators: new Map(),
    signAct: (kind, act, refs) => Link.sign(kind, act, refs, operatorKey),
    request: async () => {},
    now: () => Date.parse(after(10)),
    ...says,
  } as Doors)
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => void server.close())
  // a listening TCP server has an AddressInfo
  const { port } = server.address() as AddressInfo
  const post = async (body: unknown, token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const init = {
      method: 'POST',
      headers,
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }
    const res = await fetch(`http://127.0.0.1:${port}/v1/tasks/${WORK_ORDER_ID}/acts?dry_run`, init)
    const text = await res.text()
    return { status: res.status, text, body: text.startsWith('{') ? JSON.parse(text) : {} }
  }
  const get = async (id: string, token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const res = await fetch(`http://127.0.0.1:${port}/v1/tasks/${id}/acts`, { headers })
    return { status: res.status, body: Object(await res.json()) }
  }
  return { get, post, looked }
}

function act(more: Partial<RecoveryAct> = {}): RecoveryAct {
  return {
    object_type: 'agent_recovery_request',
    work_order_id: WORK_ORDER_ID,
    recovery_action: 'replay_from_checkpoint',
    requested_by: 'agent-example',
    idempotency_key: 'k1',
    issued_at: after(9),
    ...more,
  }
}

function signed(object: object, key: SigningKey) {
  const { after: follows, key_id, signature } = Link.sign('recovery_request', object, [], key)
  return { act: { name: 'recovery_request', object, after: follows, key_id, signature } }
}

describe('the door of acts', () => {
  const good = signed(act(), agentKey)
  const asked = { work_order_id: WORK_ORDER_ID, recovery_action: 'close', idempotency_key: 'c' }

  test.each([
    ['an act that nobody signed', asked, 401, 'PT-8001'],
    [
      'an act under a key that nobody has',
      signed(act(), exampleKey('nobody', ['agent'])),
      403,
      'PT-2022',
    ],
    [
      'a signature that is not its own',
      { act: { ...good.act, object: act({ reason: 'x' }) } },
      403,
      'PT-2022',
    ],
    ['no act at all', '[', 400, 'PT-2023'],
  ])(
    'given %s, then no run is looked at, and nothing of one is said',
    async (_, body, status, code) => {
      const { post, looked } = await open()
      const answer = await post(body)
      expect(answer).toMatchObject({ status, body: { code } })
      expect(looked).toEqual([])
      expect(answer.text).not.toMatch(/"(state|allowed_acts)"/)
    },
  )

  test('given another agent, then the run is as unknown to it as one that is not there', async () => {
    const { post } = await open()
    const foreign = await post(signed(act({ requested_by: 'agent-other' }), otherKey))
    const absent = act({ requested_by: 'agent-other', work_order_id: 'wo_none' })
    const none = await post(signed(absent, otherKey))
    expect(foreign.status).toBe(404)
    expect(foreign.text).toBe(none.text)
  })

  test('given the run’s own agent or an operator, then the answer says where the run stands', async () => {
    const { post } = await open()
    for (const [body, token] of [
      [good],
      [{ ...asked, recovery_action: 'advance_queue', reason: 'r' }, TOKEN],
    ] as const) {
      const { body: answer } = await post(body, token)
      expect(answer).toMatchObject({ state: expect.any(String), allowed_acts: expect.any(Array) })
    }
  })

  test('given the order’s id or the task’s handle, then it is the same run, and says which acts it takes now', async () => {
    const { get } = await open()
    const { status, body } = await get(WORK_ORDER_ID, TOKEN)
    expect(status).toBe(200)
    expect(await get(HANDLE)).toEqual({ status, body })
    expect((await get(WORK_ORDER_ID)).status).toBe(401)
    expect((await get(`tt_${'b'.repeat(32)}`)).status).toBe(404)
    // the table allows more of a ready run, but no ticket is open and no callback was given up
    expect(body).toMatchObject({
      ...{ state: 'ready', credits_held: 0, credits_debited: 10 },
      open_acts: [{ action: 'close', by: ['operator'] }],
    })
    expect(body.allowed_acts).toEqual(['retry_callback', 'close_exception', 'close'])
    expect(body.open_acts[0].command).toBe(`prooftrail close ${WORK_ORDER_ID} --reason TEXT`)
  })

  test('given an act that its agent signed and nobody knows, then it is a fault of its form', async () => {
    const { post } = await open()
    const odd = await post(signed(act({ recovery_action: 'toString' as never }), agentKey))
    expect(odd).toMatchObject({ status: 400, body: { code: 'PT-2023' } })
  })

  test('given more bytes than any act has, then they are not read', async () => {
    const { post, looked } = await open()
    const { status } = await post(' '.repeat(MAX_ACT_BYTES + 100_000))
    expect(status).toBe(413)
    expect(looked).toEqual([])
  })
})
