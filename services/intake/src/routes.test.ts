import type { AddressInfo } from 'node:net'
import { proveKey, signRequest } from '@prooftrail/contracts'
import { makeAccess } from '@prooftrail/runtime'
import { isServed, memoryReader } from '@prooftrail/testing/runtime'
import { taskToken } from '@prooftrail/trail'
import { canonicalize, digestOf } from '@prooftrail/trail/encoding'
import express from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { AnnouncementBudget } from './announcement-budget.ts'
import {
  AT,
  aContext,
  agentKey,
  anAgent,
  announcedTool,
  anOrder,
  aTool,
  intakeKey,
  otherKey,
  signed,
  submitted,
} from './intake.fixtures.ts'
import type { TurnedAway } from './load/admission-control.ts'
import { openSignatures } from './load/senders.ts'
import { openRegistry } from './registry.ts'
import { mountRoutes } from './routes.ts'
import { intake } from './service.ts'
import type { State } from './state.ts'

const { decide, evolve } = intake

const OPERATOR = { authorization: 'Bearer operator-token' }
const taskSecret = new Uint8Array(32).fill(7)

describe('given an order at the door', () => {
  test('when it is good, then the broker has it before the answer names its address', async () => {
    const door = await openDoor()
    const link = signed(anOrder())
    const answer = await door.post('/v1/work-orders', link)
    const { work_order_id } = link.object
    const status_url = `https://intake.example.com/v1/work-orders/${work_order_id}`
    expect(answer.status).toBe(202)
    expect(answer.headers.get('location')).toBe(status_url)
    expect(await answer.json()).toEqual({ work_order_id, status_url })
    expect(door.produced).toEqual([{ name: 'work-order.submitted', value: link }])
  })

  test('when the agent signs the sending too, then it gets the handle, as often as it asks', async () => {
    const link = signed(anOrder())
    const { work_order_id } = link.object
    for (const door of [await openDoor(), await openDoor({ orders: [link] })]) {
      const answer = await door.post('/v1/work-orders', link, sent(link))
      expect(answer.status).toBe(202)
      expect(await answer.json()).toMatchObject({
        task_token: taskToken(taskSecret, work_order_id),
      })
    }
  })

  test('when somebody sends it who saw it elsewhere, then no answer has the handle', async () => {
    const link = signed(anOrder())
    const old = Date.parse(AT) - 301_000
    const strangers: Record<string, string>[] = [
      {},
      sent(link, otherKey),
      sent(link, agentKey, old),
      sent(signed(anOrder({ quote_id: 'q-2' }))),
      { ...sent(link), 'signature-input': 'prooftrail=()' },
    ]
    for (const [i, headers] of strangers.entries()) {
      const door = await openDoor()
      const answer = await door.post('/v1/work-orders', link, headers)
      expect(answer.status).toBe(i === 0 ? 202 : 401)
      expect(await answer.text()).not.toContain('tt_')
      expect(door.produced).toHaveLength(i === 0 ? 1 : 0)
    }
  })

  const good = signed(anOrder())
  const { expires_at: _, ...unfinished } = anOrder()
  const cases: [string, unknown, number, string][] = [
    ['no JSON', '{', 400, 'PT-1010'],
    ['a member twice', JSON.stringify(good).replace('{', '{"after":[],'), 400, 'PT-1010'],
    ['a null', { ...good.toJSON(), object: { ...good.object, quote_id: null } }, 403, 'PT-1005'],
    ['an unknown member beside the link', { ...good.toJSON(), extra: 1 }, 400, 'PT-1010'],
    ['an unknown member in the order', signed(anOrder({ extra: 1 })), 400, 'PT-1020'],
    // members taken out on purpose
    ['a missing member', signed(unfinished as typeof good.object), 400, 'PT-1020'],
    ['another schema version', signed(anOrder({ schema_version: 'v0' })), 400, 'PT-1021'],
    ['an id that is not derived', signed(anOrder({ work_order_id: 'wo_x' })), 400, ''],
    [
      'something it follows',
      { ...good.toJSON(), after: [{ name: 'work_order', digest: digestOf(1) }] },
      400,
      'PT-1007',
    ],
    ['no object', { after: [], key_id: 'k', signature: 's' }, 400, 'PT-1010'],
    ['an unknown agent', signed(anOrder({ agent_id: 'nobody' })), 403, 'PT-1003'],
    ['a key of another agent', signed(anOrder(), otherKey), 403, 'PT-1004'],
    [
      'a wrong signature',
      { ...signed(anOrder(), otherKey).toJSON(), key_id: agentKey.key_id },
      403,
      'PT-1005',
    ],
    [
      'a key that did not count',
      signed(anOrder({ issued_at: '2026-01-01T00:00:00.000Z' })),
      403,
      'PT-1006',
    ],
    ['a clock ahead', signed(anOrder({ issued_at: '2026-11-23T12:30:00.000Z' })), 403, 'PT-1012'],
    [
      '1.5 MB and more',
      signed(anOrder({ workflow_context: { text: 'x'.repeat(1_500_000) } })),
      413,
      'PT-1009',
    ],
    ['a body past all limits', ' '.repeat(3_000_000), 413, 'PT-1009'],
  ]
  test.each(cases)(
    'when it has %s, then a problem says so and nothing is sent',
    async (_, body, status, code) => {
      const door = await openDoor()
      const answer = await door.post('/v1/work-orders', body)
      expect(answer.status).toBe(status)
      expect(answer.headers.get('content-type')).toMatch('application/problem+json')
      expect(await answer.json()).toMatchObject({
        status,
        code: code || expect.stringMatching(/^PT-10(02|20)$/),
        title: expect.any(String),
        detail: expect.stringMatching(/./),
      })
      expect(door.produced).toEqual([])
    },
  )

  test('when the same was decided already, then it is answered alike and not sent again', async () => {
    const link = signed(anOrder())
    const door = await openDoor({ orders: [link] })
    const answer = await door.post('/v1/work-orders', link)
    expect(answer.status).toBe(202)
    expect(door.produced).toEqual([])
  })

  test('when its key has another body, then 409 names the first digest', async () => {
    const door = await openDoor({ orders: [signed(anOrder())] })
    const answer = await door.post('/v1/work-orders', signed(anOrder({ quote_id: 'q-2' })))
    expect(answer.status).toBe(409)
    expect(await answer.json()).toMatchObject({
      code: 'PT-1008',
      first_digest: digestOf(anOrder()),
    })
    expect(door.produced).toEqual([])
  })

  test('when a rule is broken that the loop judges, then it is taken: the answer is an event', async () => {
    const door = await openDoor()
    const answer = await door.post('/v1/work-orders', signed(anOrder({ requested_tool: 'none' })))
    expect(answer.status).toBe(202)
    expect(door.produced).toHaveLength(1)
  })
})

describe('given what the door does before it knows who asks', () => {
  const large = { workflow_context: { text: 'x'.repeat(100_000) } }

  test('when a large order is sent as it was signed, then it is taken; spelled otherwise it is not the agent’s', async () => {
    const link = signed(anOrder(large))
    const asSigned = canonicalize(link.toJSON())
    const door = await openDoor()
    expect((await door.post('/v1/work-orders', asSigned)).status).toBe(202)
    const other = await door.post('/v1/work-orders', JSON.stringify(link))
    expect(await other.json()).toMatchObject({ status: 403, code: 'PT-1005' })
    expect(door.produced).toHaveLength(1)
  })

  test('when the request itself is signed, then a large order may be spelled in any way', async () => {
    const link = signed(anOrder(large))
    const door = await openDoor()
    expect((await door.post('/v1/work-orders', link, sent(link))).status).toBe(202)
    const stranger = await door.post('/v1/work-orders', link, sent(link, otherKey))
    expect(await stranger.json()).toMatchObject({ code: 'PT-1005' })
    const forged = { ...link.toJSON(), signature: signed(anOrder(), otherKey).signature }
    const body = JSON.stringify(forged)
    const request = { method: 'POST', path: '/v1/work-orders', body }
    const headers = signRequest(request, agentKey.privateKey, Date.parse(AT))
    expect(await (await door.post('/v1/work-orders', body, headers)).json()).toMatchObject({
      code: 'PT-1005',
    })
  })

  test('when what an agent signed is refused, then it counts for its quota; a stranger’s does not', async () => {
    const door = await openDoor()
    await door.post('/v1/work-orders', signed(anOrder({ schema_version: 'v0' })))
    await door.post('/v1/work-orders', signed(anOrder(), otherKey))
    await door.post('/v1/work-orders', '{')
    expect(door.refused).toEqual(['agent-1 true'])
  })

  test.each([
    { code: 'PT-1062', seconds: 9 },
    { code: 'PT-1064', seconds: 3 },
  ] as const)(
    'when the agent is to come again later ($code), then it is told when, and strangers what they lack',
    async (away) => {
      const door = await openDoor({ away })
      const answer = await door.post('/v1/work-orders', signed(anOrder()))
      expect(answer.status).toBe(429)
      expect(answer.headers.get('retry-after')).toBe(String(away.seconds))
      expect(await answer.json()).toMatchObject({ code: away.code, status: 429 })
      const stranger = await door.post('/v1/work-orders', signed(anOrder(), otherKey))
      expect(stranger.status).toBe(403)
      expect(door.produced).toEqual([])
    },
  )
})

test('given ten orders of an agent that wait for credits, when one more comes, then it is sent away with a code of its own', async () => {
  const answer = await (await openDoor({ awaiting: 10 })).post('/v1/work-orders', signed(anOrder()))
  expect(answer.headers.get('retry-after')).toBe('60')
  expect(await answer.json()).toMatchObject({ status: 429, code: 'PT-1066' })
  const one = await openDoor({ awaiting: 9 })
  expect((await one.post('/v1/work-orders', signed(anOrder()))).status).toBe(202)
})

describe('given more orders than intake takes', () => {
  test('when one more comes, then it is told when to come again, unread', async () => {
    const door = await openDoor({ retryAfter: 17 })
    const answer = await door.post('/v1/work-orders', '{ no order, and nobody looks')
    expect(answer.status).toBe(429)
    expect(answer.headers.get('retry-after')).toBe('17')
    expect(answer.headers.get('content-type')).toMatch('application/problem+json')
    expect(await answer.json()).toMatchObject({ code: 'PT-1062', status: 429 })
    expect(door.produced).toEqual([])
  })

  test('when somebody reads or registers, then that goes on', async () => {
    const door = await openDoor({ retryAfter: 17 })
    const { x } = otherKey.privateKey
    const public_key = { kty: 'OKP', crv: 'Ed25519', x }
    const proof = proveKey('agent-3', otherKey.privateKey)
    const agent = { agent_id: 'agent-3', public_key, proof }
    expect((await door.get('/v1/tools')).status).toBe(200)
    expect((await door.post('/v1/agents', agent, OPERATOR)).status).toBe(202)
  })
})

describe('given an order that was decided', () => {
  const link = signed(anOrder())
  const id = link.object.work_order_id
  const handle = { authorization: `Bearer ${taskToken(taskSecret, id)}` }

  test('when its handle asks, then its state is told', async () => {
    const door = await openDoor({ orders: [link] })
    const answer = await door.get(`/v1/work-orders/${id}`, handle)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({
      work_order_id: id,
      state: 'accepted',
      agent_id: 'agent-1',
      requested_tool: 'settling',
      manifest_version: '1.0.0',
      work_order_digest: digestOf(link.object),
      accepted_at: AT,
    })
  })

  test('when its agent signs the question, then its handle is told with it', async () => {
    const door = await openDoor({ orders: [link] })
    const request = { method: 'GET', path: `/v1/work-orders/${id}` }
    const ask = (key: typeof agentKey) =>
      door.get(request.path, signRequest(request, key.privateKey, Date.parse(AT)))
    expect(await (await ask(agentKey)).json()).toMatchObject({
      state: 'accepted',
      task_token: taskToken(taskSecret, id),
    })
    const stranger = await ask(otherKey)
    expect(stranger.status).toBe(401)
    expect(await stranger.json()).toMatchObject({ code: 'PT-1063' })
  })

  test('when it was rejected, then all reasons are told', async () => {
    const rejected = signed(anOrder({ requested_capability: 'other' }))
    const door = await openDoor({ orders: [rejected] })
    const answer = await door.get(`/v1/work-orders/${id}`, OPERATOR)
    expect(await answer.json()).toMatchObject({
      state: 'rejected',
      reason_codes: ['PT-1025'],
      reasons: [{ code: 'PT-1025', detail: 'offered: settlement_review' }],
      rejected_at: AT,
    })
  })

  const strangers: [string, Record<string, string>][] = [
    ['nobody', {}],
    ['a wrong token', { authorization: 'Bearer wrong' }],
    [
      'the handle of another task',
      { authorization: `Bearer ${taskToken(taskSecret, 'wo_other')}` },
    ],
  ]
  test.each(strangers)('when %s asks, then 401', async (_, headers) => {
    const door = await openDoor({ orders: [link] })
    const answer = await door.get(`/v1/work-orders/${id}`, headers)
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
  })

  test('when another id is asked for, then 404', async () => {
    const door = await openDoor({ orders: [link] })
    const answer = await door.get('/v1/work-orders/wo_other', OPERATOR)
    expect(answer.status).toBe(404)
    expect(await answer.json()).toMatchObject({ code: 'PT-1061' })
  })

  test('when access is open, then nobody needs credentials', async () => {
    const door = await openDoor({ orders: [link], open: true })
    expect((await door.get(`/v1/work-orders/${id}`)).status).toBe(200)
  })
})

describe('given an agent to register', () => {
  const { x } = agentKey.privateKey
  const jwk = { kty: 'OKP', crv: 'Ed25519', x, kid: agentKey.key_id, use: 'sig' }
  const proof = (id = 'agent-9') => proveKey(id, agentKey.privateKey)

  test('when an operator sends its public key, then it is announced with an account of its own', async () => {
    const door = await openDoor()
    const answer = await door.post(
      '/v1/agents',
      { agent_id: 'agent-9', public_key: jwk, proof: proof() },
      OPERATOR,
    )
    expect(answer.status).toBe(202)
    expect(await answer.json()).toEqual({
      agent_id: 'agent-9',
      account: 'agent-9',
      key_id: agentKey.key_id,
      status_url: 'https://intake.example.com/v1/agents/agent-9',
    })
    expect(door.produced).toEqual([
      {
        name: 'agent.announced',
        value: {
          agent_id: 'agent-9',
          account: 'agent-9',
          keys: [{ kid: agentKey.key_id, x }],
          announced_at: AT,
          key_id: intakeKey.key_id,
          signature: expect.stringMatching(/==$/),
        },
      },
    ])
  })

  test("when its key is another party's, then a problem says whose and nothing is sent", async () => {
    const door = await openDoor({ held: new Map([[agentKey.key_id, 'agent/agent-1']]) })
    const body = { agent_id: 'agent-9', public_key: jwk, proof: proof() }
    const answer = await door.post('/v1/agents', body, OPERATOR)
    expect(answer.status).toBe(409)
    expect(await answer.json()).toMatchObject({
      code: 'PT-1048',
      detail: `${agentKey.key_id} belongs to agent/agent-1`,
    })
    expect(door.produced).toEqual([])
    const again = { agent_id: 'agent-1', public_key: jwk, proof: proof('agent-1') }
    expect((await door.post('/v1/agents', again, OPERATOR)).status).toBe(202)
  })

  test('when account, tools and the end of the key are given, then they are announced', async () => {
    const door = await openDoor()
    const public_key = { ...jwk, exp: 1_900_000_000 }
    const named = { agent_id: 'agent-9', public_key, proof: proof() }
    const body = { ...named, account: 'team', tools: ['settling'] }
    await door.post('/v1/agents', body, OPERATOR)
    expect(door.produced).toMatchObject([
      { value: { account: 'team', tools: ['settling'], keys: [{ exp: 1_900_000_000 }] } },
    ])
  })

  test('when nobody shows that the agent holds the key, then a problem says so', async () => {
    const unshown: object[] = [
      {},
      { proof: proof('agent-8') },
      { proof: proveKey('agent-9', otherKey.privateKey) },
    ]
    for (const more of unshown) {
      const door = await openDoor()
      const body = { agent_id: 'agent-9', public_key: jwk, ...more }
      const answer = await door.post('/v1/agents', body, OPERATOR)
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ code: 'PT-1052' })
      expect(door.produced).toEqual([])
    }
  })

  test('when its key is registered for it already, then nothing needs to be shown again', async () => {
    const door = await openDoor()
    const body = { agent_id: 'agent-1', public_key: jwk, tools: ['settling'] }
    expect((await door.post('/v1/agents', body, OPERATOR)).status).toBe(202)
  })

  test("when it names another agent's account, then a problem says whose", async () => {
    const door = await openDoor({ accounts: new Map([['team', 'agent/agent-1']]) })
    const body = { agent_id: 'agent-9', public_key: jwk, proof: proof(), account: 'team' }
    const answer = await door.post('/v1/agents', body, OPERATOR)
    expect(answer.status).toBe(409)
    expect(await answer.json()).toMatchObject({
      code: 'PT-1055',
      detail: 'account: team belongs to agent/agent-1',
    })
    expect(door.produced).toEqual([])
  })

  test('when a key of it is revoked, then that is announced, for a key that it has', async () => {
    const door = await openDoor()
    const said = { key_id: agentKey.key_id, reason: 'stolen' }
    expect((await door.post('/v1/agents/agent-1/revoke', said, OPERATOR)).status).toBe(202)
    expect(door.produced).toMatchObject([
      {
        name: 'agent.announced',
        value: { agent_id: 'agent-1', keys: [], revoke: agentKey.key_id },
      },
    ])
    const other = { key_id: otherKey.key_id, reason: 'stolen' }
    const path = '/v1/agents/agent-1/revoke'
    expect((await door.post(path, other, OPERATOR)).status).toBe(404)
    expect((await door.post(path, { key_id: agentKey.key_id }, OPERATOR)).status).toBe(400)
    expect((await door.post(path, said)).status).toBe(401)
  })

  const cases: [string, unknown, string][] = [
    [
      'a private key',
      { agent_id: 'a', public_key: { ...jwk, d: agentKey.privateKey.d } },
      'PT-1051',
    ],
    ['another curve', { agent_id: 'a', public_key: { ...jwk, crv: 'X25519' } }, 'PT-1050'],
    [
      'a kid that is not the thumbprint',
      { agent_id: 'a', public_key: { ...jwk, kid: 'k' } },
      'PT-1050',
    ],
    [
      'a small-order key',
      { agent_id: 'a', public_key: { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) } },
      'PT-1050',
    ],
    ['no key', { agent_id: 'a' }, 'PT-1050'],
    ['an unknown member', { agent_id: 'a', public_key: jwk, roles: [] }, 'PT-1050'],
    ['an id with a slash', { agent_id: 'a/b', public_key: jwk }, 'PT-1050'],
    ['no JSON', 'agent', 'PT-1050'],
  ]
  test.each(cases)('when %s is sent, then 400 and nothing is announced', async (_, body, code) => {
    const door = await openDoor()
    const answer = await door.post('/v1/agents', body, OPERATOR)
    expect(answer.status).toBe(400)
    const text = await answer.text()
    expect(JSON.parse(text)).toMatchObject({ code })
    expect(text).not.toContain(agentKey.privateKey.d)
    expect(door.produced).toEqual([])
  })

  test('when somebody else than an operator sends it, then 401', async () => {
    const door = await openDoor()
    const answer = await door.post('/v1/agents', { agent_id: 'a', public_key: jwk })
    expect(answer.status).toBe(401)
    expect(door.produced).toEqual([])
  })

  test('when it is registered, then an operator may read it and its limits, and nobody else', async () => {
    const door = await openDoor({ awaiting: 3 })
    const answer = await door.get('/v1/agents/agent-1', OPERATOR)
    expect(await answer.json()).toEqual({
      ...anAgent(),
      limits: {
        ...{ orders_per_minute: 600, bytes_per_minute: 1_000 },
        ...{ waiting_orders: 20, waiting_bytes: 2_000 },
        orders_without_credits: { now: 3, most: 10 },
      },
    })
    expect((await door.get('/v1/agents/agent-1')).status).toBe(401)
    expect((await door.get('/v1/agents/nobody', OPERATOR)).status).toBe(404)
  })

  test('when a viewer lists them, then each comes once, page by page, by its account', async () => {
    const ids = ['agent-2', 'agent-3', 'agent-4', 'agent-5']
    const agents = ids.map((agent_id, n) => ({ ...anAgent(), agent_id, account: `x${9 - n}` }))
    const door = await openDoor({ agents })
    const pages: string[][] = []
    let more = ''
    do {
      const answer = await door.get(`/v1/agents?limit=2${more}`, OPERATOR)
      const page = Object(await answer.json())
      pages.push(page.agents.map(({ agent_id }: { agent_id: string }) => agent_id))
      more = page.next_cursor === undefined ? '' : `&cursor=${page.next_cursor}`
    } while (more !== '' && pages.length < 9)
    expect(pages).toEqual([['agent-1', 'agent-5'], ['agent-4', 'agent-3'], ['agent-2']])
    const asked = door.asked.filter(({ filter }) => 'ix.account' in filter)
    expect(asked).toHaveLength(3)
    expect(asked.every((one) => isServed(intake.indexes ?? [], one))).toBe(true)
    expect((await door.get('/v1/agents')).status).toBe(401)
    expect((await door.get('/v1/agents?cursor=x', OPERATOR)).status).toBe(400)
  })
})

describe('given a registered tool', () => {
  test('when anybody lists the tools, then versions are told without manifests', async () => {
    const door = await openDoor()
    const answer = await door.get('/v1/tools')
    const [{ manifest: _, ...version }] = firstOf(aTool().versions)
    expect(await answer.json()).toEqual({
      tools: [{ tool: 'settling', revision: 0, versions: [version], current: '1.0.0' }],
    })
  })

  test('when anybody asks for it, then the manifests are told', async () => {
    const door = await openDoor()
    expect(await (await door.get('/v1/tools/settling')).json()).toEqual({
      ...aTool(),
      current: '1.0.0',
    })
    expect((await door.get('/v1/tools/none')).status).toBe(404)
  })
})

test('given an announced tool that was folded, when its order is judged, then it is accepted', () => {
  const state = decide({ status: 'absent' }, announcedTool(), aContext()).reduce(evolve, {
    status: 'absent',
  })
  if (state.status !== 'tool') throw new Error('no tool')
  const context = aContext({ tools: new Map([['settling', state.tool]]) })
  const [event] = decide({ status: 'absent' }, submitted(signed(anOrder())), context)
  expect(event).toMatchObject({ type: 'work-order.accepted' })
})

describe('given what an admin says of a tool', () => {
  const { x } = otherKey.privateKey
  const public_key = { kty: 'OKP', crv: 'Ed25519', x }

  test('when a name is registered with a key, then the word is signed and on its topic', async () => {
    const door = await openDoor()
    const answer = await door.post('/v1/tools', { tool: 'newtool', public_key }, OPERATOR)
    expect(answer.status).toBe(202)
    expect(await answer.json()).toMatchObject({ tool: 'newtool', key_id: otherKey.key_id })
    const [{ name, value } = { name: '', value: {} }] = door.produced
    expect(name).toBe('tool.directed')
    expect(value).toMatchObject({
      key: { kid: otherKey.key_id, x },
      operator: 'operator',
      key_id: intakeKey.key_id,
    })
    expect(aContext().isDoors(Object(value))).toBe(true)
  })

  test('when a key is revoked or the tool retired, then that is said of what there is', async () => {
    const door = await openDoor()
    const [kid] = aTool().keys.map((key) => key.kid)
    const said = { key_id: kid, reason: 'stolen' }
    expect((await door.post('/v1/tools/settling/revoke', said, OPERATOR)).status).toBe(202)
    const retire = { retired: true }
    expect((await door.post('/v1/tools/settling/retire', retire, OPERATOR)).status).toBe(202)
    expect(door.produced).toMatchObject([
      { value: { tool: 'settling', revoke: kid, reason: 'stolen' } },
      { value: { tool: 'settling', retire: true } },
    ])
  })

  const refused: [string, string, object, number, string][] = [
    ['no tool’s name', '', { tool: 'No Name', public_key }, 400, 'PT-1059'],
    [
      'a private key',
      '',
      { tool: 'a-tool', public_key: { ...public_key, d: 'd' } },
      400,
      'PT-1051',
    ],
    ['no key', '', { tool: 'a-tool' }, 400, 'PT-1059'],
    ['an unknown tool', '/other/retire', { retired: true }, 404, 'PT-1061'],
    ['a key that it has not', '/settling/revoke', { key_id: 'k', reason: 'r' }, 404, 'PT-1058'],
    ['no reason', '/settling/revoke', { key_id: 'k' }, 400, 'PT-1059'],
  ]
  test.each(refused)(
    'when it names %s, then a problem says so',
    async (_, path, said, status, code) => {
      const door = await openDoor()
      const answer = await door.post(`/v1/tools${path}`, said, OPERATOR)
      expect(answer.status).toBe(status)
      expect(await answer.json()).toMatchObject({ code })
      expect(door.produced).toEqual([])
      expect((await door.post(`/v1/tools${path}`, said)).status).toBe(401)
    },
  )

  test('when the list is asked for, then it comes page by page', async () => {
    const door = await openDoor()
    expect((await door.get('/v1/tools?limit=0')).status).toBe(400)
    expect((await door.get('/v1/tools?limit=1001')).status).toBe(400)
    const page = Object(await (await door.get('/v1/tools?limit=1')).json())
    expect(page).toMatchObject({ tools: [{ tool: 'settling' }] })
    const next = await door.get(`/v1/tools?limit=1&cursor=${page.next_cursor}`)
    expect(await next.json()).toEqual({ tools: [] })
    const made = await door.get('/v1/tools?cursor=settling')
    expect([made.status, await made.json()]).toMatchObject([400, { code: 'PT-9039' }])
  })
})

/** The headers of an order whose sending was signed. */
function sent(link: ReturnType<typeof signed>, key = agentKey, at = Date.parse(AT)) {
  const body = JSON.stringify(link)
  return signRequest({ method: 'POST', path: '/v1/work-orders', body }, key.privateKey, at)
}

function firstOf<T>(items: readonly T[]): [T] {
  const [first] = items
  if (first === undefined) throw new Error('none')
  return [first]
}

interface DoorOptions {
  /** Whose accounts are. */
  accounts?: Map<string, string>
  /** Agents besides agent-1. */
  agents?: ReturnType<typeof anAgent>[]
  /** Orders that were decided before. */
  orders?: ReturnType<typeof signed>[]
  /** Who holds which key, by kid. */
  held?: Map<string, string>
  open?: boolean
  /** Everybody is sent away for so long. */
  retryAfter?: number
  /** Every agent is sent away so. */
  away?: TurnedAway
  /** So many orders of the agent wait for credits. */
  awaiting?: number
}

/** The doors on a server of their own, with a store in memory and a broker that remembers. */
async function openDoor({
  agents = [],
  orders = [],
  held = new Map(),
  open = false,
  retryAfter,
  away,
  accounts = new Map(),
  awaiting = 0,
}: DoorOptions = {}) {
  const states = new Map<string, State>([
    ['agent/agent-1', { status: 'agent', agent: anAgent() }],
    ['tool/settling', { status: 'tool', tool: aTool() }],
  ])
  for (const agent of agents) states.set(`agent/${agent.agent_id}`, { status: 'agent', agent })
  const absent: State = { status: 'absent' }
  for (const link of orders) {
    const state = decide(absent, submitted(link), aContext()).reduce(evolve, absent)
    states.set(link.object.work_order_id, state)
  }
  const store = memoryReader(intake, Object.fromEntries(states))
  const produced: { name: string; value: unknown }[] = []
  const refused: string[] = []
  const app = express()
  mountRoutes(app, {
    ...{ store, taskSecret, key: intakeKey },
    registry: openRegistry(store),
    keyHolders: { find: async () => held },
    access: makeAccess({ open, operatorToken: 'operator-token' }),
    publicUrl: 'https://intake.example.com',
    signatures: openSignatures(openRegistry(store)),
    announcements: new AnnouncementBudget(() => 0),
    quotas: { ordersPerMinute: 600, bytesPerMinute: 1_000, waitingOrders: 20, waitingBytes: 2_000 },
    awaitingCredits: { most: 10, of: async () => new Map([['agent-1', awaiting]]) },
    admission: {
      turnAway: () => retryAfter,
      turnAwayAgent: () => away,
      refused: (agent, bytes) => void refused.push(`${agent} ${bytes > 100}`),
    },
    findAccounts: async () => accounts,
    produce: async (name, value) => {
      produced.push({ name, value })
    },
    now: () => Date.parse(AT),
  })
  const server = app.listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise((resolve) => server.once('listening', resolve))
  // listening on a host and port always yields an AddressInfo
  const { port } = server.address() as AddressInfo
  const url = (path: string) => `http://127.0.0.1:${port}${path}`
  return {
    produced,
    refused,
    asked: store.asked,
    get: (path: string, headers: Record<string, string> = {}) => fetch(url(path), { headers }),
    post: (path: string, body: unknown, headers: Record<string, string> = {}) =>
      fetch(url(path), {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      }),
  }
}
