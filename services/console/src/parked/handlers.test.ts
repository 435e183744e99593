import type { AddressInfo } from 'node:net'
import { type Codec, type Parked, Poison } from '@prooftrail/contracts'
import { parkedRoutes } from '@prooftrail/contracts/doors'
import { makeAccess, mountDoors } from '@prooftrail/runtime'
import express from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { codes } from '../codes.ts'
import { context } from '../console.fixtures.ts'
import { consoleService } from '../service.ts'
import type { State } from '../state.ts'
import { parkedOf } from './decide.ts'
import { type ParkedState, queueOf } from './entry.ts'
import { parkedHandlers } from './handlers.ts'
import { at, claimed, entryOf, parked, rowsOf } from './parked.fixtures.ts'
import type { ParkedTools } from './tools.ts'

const TOKEN = 'operator-token'
const CONTEXT = { ...context, genuine: { has: () => false }, genuineParked: { has: () => false } }

/** The doors of parked messages over these entries; the console's own decisions are made. */
async function given(...entries: ParkedState[]) {
  const states = new Map<string, State>(entries.map((one) => [one.parked_id, one]))
  const asked: string[] = []
  let n = 0
  const all = () => [...states.values()].flatMap((state) => parkedOf(state) ?? [])
  const codec: Pick<Codec, 'decode'> = {
    decode(_topic, bytes) {
      const text = Buffer.from(bytes).toString()
      if (text.startsWith('{')) return JSON.parse(text)
      throw new Poison('PT-9001', 'no frame')
    },
  }
  const parkedTools: ParkedTools = {
    codec,
    rows: rowsOf(all, queueOf),
    async ask(id, data) {
      asked.push(id)
      n += 1
      let state = states.get(id) ?? { status: 'absent' }
      const input = { id: `a${n}`, type: 'parked.asked', at: at(100 + n), data } as const
      for (const event of consoleService.decide(state, input, CONTEXT)) {
        state = consoleService.evolve(state, event)
      }
      states.set(id, state)
    },
    async read(ids) {
      const found = ids
        .map((id) => states.get(id))
        .flatMap((state) => (state && parkedOf(state)) ?? [])
      return new Map(found.map((one) => [one.parked_id, one]))
    },
  }
  const { 'GET /v1/tasks/:token/parked': _, ...routes } = parkedRoutes
  const app = express()
  mountDoors(app, {
    ...{ routes, handlers: parkedHandlers(parkedTools), codes },
    access: makeAccess({ open: false, operatorToken: TOKEN }),
  })
  const server = app.listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  // a server that listens on a port has an address with one
  const { port } = server.address() as AddressInfo
  const call = async (path: string, body?: unknown, token: string | undefined = TOKEN) => {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/parked${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: Object(await answer.json()) }
  }
  return { call, asked, states }
}

/** The n-th parked input of one document. */
function blocked(n: number, changes: Partial<Parked> = {}): ParkedState {
  const code = n === 0 ? 'PT-9005' : 'PT-9006'
  const said = { input: `input-${n}`, offset: String(7 + n), position: n, reason_code: code }
  return entryOf(parked({ ...said, ...changes }), 1)
}

describe('lists', () => {
  test('go page by page, oldest first, by every filter; each page says where the next begins', async () => {
    const many = Array.from({ length: 7 }, (_, n) =>
      entryOf(
        claimed({ input: `i${n}`, offset: String(n), reason_code: n % 2 ? 'PT-1005' : 'PT-1003' }),
        n,
      ),
    )
    const { call } = await given(...many, blocked(0))
    const seen: string[] = []
    let after = ''
    for (let pages = 0; pages < 10; pages += 1) {
      const { body } = await call(`?service=intake&limit=3${after}`)
      seen.push(...body.entries.map((one: { since: string }) => one.since))
      if (body.next_cursor === undefined) break
      after = `&cursor=${body.next_cursor}`
    }
    expect(seen).toEqual(Array.from({ length: 7 }, (_, n) => at(n)))
    const ago = Math.max(0, Math.round((Date.now() - Date.parse(at(3))) / 1000))
    const of = async (query: string) =>
      (await call(`?service=intake&${query}=${ago}`)).body.entries.length
    expect((await of('newer_than')) + (await of('older_than'))).toBe(7)
    const odd = await call('?code=PT-1005&topic=work-order.submitted')
    expect(odd.body.entries).toHaveLength(3)
    expect((await call('?document=wo_1')).body.entries).toMatchObject([{ service: 'dispatch' }])
    expect((await call('/counts')).body.open).toContainEqual(
      expect.objectContaining({ code: 'PT-1005', count: 3, oldest: at(1) }),
    )
  })

  test.each([
    ['state=lost', 'state'],
    ['limit=0', 'limit'],
    ['limit=501', 'limit'],
    ['older_than=x', 'older_than'],
    ['colour=red', 'colour'],
    ['code=a&code=b', 'code'],
  ])('?%s is refused by name', async (query, named) => {
    const { call } = await given()
    const { status, body } = await call(`?${query}`)
    expect({ status, code: body.code }).toEqual({ status: 400, code: 'PT-7047' })
    expect(body.detail).toContain(named)
  })
})

describe('one of them', () => {
  test('says what came, why, what to do, what comes before it and what may be asked', async () => {
    const [first, second] = [
      blocked(0),
      blocked(1, { value: Buffer.from('{"a":1}').toString('base64') }),
    ]
    const { call } = await given(first, second)
    const { body } = await call(`/${second.parked_id}`)
    expect(body).toMatchObject({
      ...{
        code: 'PT-9006',
        title: 'A message behind a parked one',
        blocks: true,
        document: 'wo_1',
      },
      earlier: [first.parked_id],
      what_to_do: expect.stringContaining('first one first'),
      message: { key: 'wo_1', value: { a: 1 } },
      acts: [
        { act: 'send', allowed: true },
        { act: 'discard', allowed: true },
      ],
    })
    const unreadable = (await call(`/${first.parked_id}`)).body.message
    expect(unreadable).toMatchObject({ unreadable: expect.stringContaining('PT-9001') })
  })

  test('nobody without a role sees any, or acts', async () => {
    const { call, asked } = await given(blocked(0))
    const { parked_id } = blocked(0)
    const answers = await Promise.all([
      call('', undefined, ''),
      call(`/${parked_id}`, undefined, ''),
      call(`/${parked_id}/send`, {}, ''),
      call('/acts', { act: 'send', ids: [parked_id] }, ''),
    ])
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401])
    expect(asked).toEqual([])
  })
})

describe('acts', () => {
  test('a later one is not sent before an earlier one of its document, nor instead of it', async () => {
    const [first, second, third] = [blocked(0), blocked(1), blocked(2)]
    const { call, asked } = await given(first, second, third)
    const refused = await call(`/${third.parked_id}/send`, {})
    expect(refused).toMatchObject({ status: 409, body: { code: 'PT-7044' } })
    expect(refused.body.detail).toContain(first.parked_id)
    expect(asked).toEqual([])
    const all = await call(`/${third.parked_id}/send?with_earlier`, {})
    expect(all).toMatchObject({ status: 200, body: { status: 'done', state: 'sent' } })
    expect(asked).toEqual([first.parked_id, second.parked_id, third.parked_id])
  })

  test('in bulk they are sent in their order, whatever the order of the ids', async () => {
    const [first, second, third] = [blocked(0), blocked(1), blocked(2)]
    const { call, asked } = await given(first, second, third)
    const ids = [third, first, second].map(({ parked_id }) => parked_id)
    const dry = await call('/acts?dry_run', { act: 'send', ids })
    expect(dry.body).toMatchObject({ asked: 3, done: 3, refused: {} })
    expect(asked).toEqual([])
    await call('/acts', { act: 'send', ids })
    expect(asked).toEqual([first.parked_id, second.parked_id, third.parked_id])
    const again = await call('/acts', { act: 'send', ids })
    expect(again.body).toMatchObject({ done: 0, refused: { 'PT-7042': 3 } })
    expect(asked).toHaveLength(3)
  })

  test('once the earlier one is discarded, the later one may go', async () => {
    const [first, second] = [blocked(0), blocked(1)]
    const { call } = await given(first, second)
    await call(`/${first.parked_id}/discard`, { reason: 'no use' })
    expect(await call(`/${second.parked_id}/send`, {})).toMatchObject({ status: 200 })
  })

  test('what a stranger wrote holds up nobody: it stands in no queue', async () => {
    const forged = entryOf(claimed({ input: 'forged' }), 1)
    const real = entryOf(
      claimed({ input: 'real', party: 'agent/agent-1', reason_code: 'PT-1065' }),
      2,
    )
    const { call } = await given(forged, real)
    expect(await call(`/${real.parked_id}/send`, {})).toMatchObject({ status: 200 })
  })

  test('10,000 at once are answered one by one', async () => {
    const many = Array.from({ length: 10_000 }, (_, n) =>
      entryOf(claimed({ input: `i${n}`, offset: String(n) }), 1),
    )
    const { call } = await given(...many)
    const ids = many.map(({ parked_id }) => parked_id)
    const { body } = await call('/acts', { act: 'discard', ids, reason: 'a flood' })
    expect(body).toMatchObject({ asked: 10_000, done: 10_000 })
    const more = await call('/acts', { act: 'send', ids: [...ids, `pm_${'0'.repeat(24)}`] })
    expect(more).toMatchObject({ status: 400, body: { code: 'PT-7046' } })
  }, 60_000)

  test.each([
    [{ act: 'send' }, 'ids'],
    [{ act: 'send', ids: [] }, 'ids'],
    [{ act: 'send', ids: ['x'] }, 'ids/0'],
    [{ act: 'open', ids: [] }, 'act'],
    [{ act: 'discard', ids: [blocked(0).parked_id] }, 'reason'],
    [{ act: 'discard', ids: [blocked(0).parked_id], reason: ' ' }, 'reason'],
    [{ act: 'send', ids: [blocked(0).parked_id, blocked(0).parked_id] }, 'duplicate'],
    [{ act: 'send', ids: [blocked(0).parked_id], force: true }, 'force'],
  ])('a body %o is refused by what is wrong', async (body, named) => {
    const { call, asked } = await given(blocked(0))
    const answer = await call('/acts', body)
    expect({ status: answer.status, code: answer.body.code }).toEqual({
      status: 400,
      code: 'PT-7046',
    })
    expect(answer.body.detail).toContain(named)
    expect(asked).toEqual([])
  })

  test('what is not there, and what is no message, is told from what may be sent', async () => {
    const own = entryOf(parked({ topic: 'due', partition: -1, offset: '-1' }))
    const { call } = await given(own)
    expect(await call(`/${own.parked_id}/send`, {})).toMatchObject({
      ...{ status: 409, body: { code: 'PT-7045' } },
    })
    const missing = `pm_${'0'.repeat(24)}`
    expect(await call(`/${missing}/send`, {})).toMatchObject({
      status: 404,
      body: { code: 'PT-7041' },
    })
  })
})

describe('what blocks the document of a tool', () => {
  const blocking = (seconds: number) => {
    const { service, ...said } = entryOf(parked(), seconds)
    return { ...said, service: `tool/${service}` }
  }

  test('is freed by the tool’s own door: who discards it here is told which, and what to say there', async () => {
    const entry = blocking(1)
    const { call } = await given(entry)
    for (const query of ['?dry_run', '']) {
      const body = { act: 'discard', ids: [entry.parked_id], reason: 'gone' }
      const { items } = (await call(`/acts${query}`, body)).body
      expect(items[0].detail).toContain('POST /v1/parked/discard')
      expect(items[0].detail).toContain(JSON.stringify({ document: 'wo_1', input: 'input-1' }))
    }
  })

  test('of a service is freed by the decision itself', async () => {
    const entry = entryOf(parked())
    const { call } = await given(entry)
    const body = { act: 'discard', ids: [entry.parked_id], reason: 'gone' }
    expect((await call('/acts', body)).body.items[0]).not.toHaveProperty('detail')
  })
})
