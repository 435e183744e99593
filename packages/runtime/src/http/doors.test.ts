import type { AddressInfo } from 'node:net'
import type { Routes } from '@prooftrail/contracts/doors'
import express from 'express'
import Type from 'typebox'
import { describe, expect, onTestFinished, test } from 'vitest'
import { makeAccess } from './access.ts'
import { refuse, reply } from './answers.ts'
import { mountDoors } from './doors.ts'

const OPERATOR = 'an-operator-token-of-forty-characters-ok'

const routes = {
  'GET /things/:id': {
    who: 'task',
    says: 'a thing',
    query: Type.Object({
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 9, default: 5 })),
      dry_run: Type.Optional(Type.Boolean()),
    }),
    answer: Type.Object({ id: Type.String(), limit: Type.Integer(), dry: Type.Boolean() }),
    codes: ['PT-1234'],
  },
  'POST /things': {
    who: 'admin',
    says: 'makes one',
    body: {
      schema: Type.Object({ name: Type.String() }, { additionalProperties: false }),
      maxBytes: 64,
    },
    status: 202,
    answer: Type.Object({ name: Type.String() }),
    codes: [],
  },
  'POST /raw': {
    who: 'signer',
    says: 'takes bytes',
    body: { schema: Type.Object({}), maxBytes: 8, raw: true, tooLarge: 'PT-1236' },
    answer: Type.Object({ length: Type.Integer() }),
    codes: ['PT-1235'],
  },
  'GET /files/*path': { who: 'public', says: 'bytes', types: ['text/plain'], codes: [] },
} as const satisfies Routes

const codes = {
  'PT-1234': { title: 'no such thing', http: 404, meaning: '', action: '' },
  'PT-1235': { title: 'come again', http: 429, meaning: '', action: '' },
  'PT-1236': { title: 'too much', http: 413, meaning: '', action: '' },
}

/** Doors that answer what they are asked; the thing `tt_mine` has the handle `tt_mine`. */
async function given() {
  const app = express()
  mountDoors(app, {
    routes,
    handlers: {
      'GET /things/:id': ({ params: { id }, query: { limit = 0, dry_run = false }, ...call }) => {
        if (!call.caller.mayRead(id === 'tt_mine' ? id : undefined)) return call.denied()
        return id === 'none' ? refuse('PT-1234', `no ${id}`) : { id, limit, dry: dry_run }
      },
      'POST /things': ({ body: { name } }) => ({ name }),
      'POST /raw': async ({ bytes, req }) => {
        if (req.get('x-busy')) return refuse('PT-1235', 'busy', {}, { 'Retry-After': '3' })
        return { length: (await bytes()).length }
      },
      'GET /files/*path': ({ params }) => reply(JSON.stringify(params), { type: 'text/plain' }),
    },
    access: makeAccess({ open: false, operatorToken: OPERATOR }),
    codes,
  })
  const server = app.listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  // A server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo
  return async (path: string, init: RequestInit & { as?: string } = {}) => {
    const { as, ...rest } = init
    const headers = { ...rest.headers, ...(as ? { authorization: `Bearer ${as}` } : {}) }
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { ...rest, headers })
    const text = await answer.text()
    const body = text.startsWith('{') ? JSON.parse(text) : text
    return { status: answer.status, headers: answer.headers, body }
  }
}

const post = (body: string, as?: string) => ({ method: 'POST', body, ...(as ? { as } : {}) })

describe('a door', () => {
  test('answers a stranger alike, whether or not there is what was asked for', async () => {
    const ask = await given()
    const [there, absent] = [await ask('/things/tt_mine'), await ask('/things/none')]
    for (const { status, headers, body } of [there, absent]) {
      expect([status, body.code]).toEqual([401, 'PT-8001'])
      expect(headers.get('www-authenticate')).toBe('Bearer')
      expect(headers.get('content-type')).toContain('application/problem+json')
    }
    expect(there.body).toEqual(absent.body)
    expect((await ask('/things/tt_mine', { as: 'tt_mine' })).status).toBe(200)
    expect((await ask('/things/other', { as: 'tt_mine' })).status).toBe(401)
  })

  test('judges who asks before what is asked', async () => {
    const ask = await given()
    expect((await ask('/things', post('{'))).body.code).toBe('PT-8001')
    expect((await ask('/things', post('{', OPERATOR))).body.code).toBe('PT-9033')
  })

  test('reads parameters by their schema, with defaults', async () => {
    const ask = await given()
    const as = OPERATOR
    expect((await ask('/things/a', { as })).body).toEqual({ id: 'a', limit: 5, dry: false })
    expect((await ask('/things/a?limit=9&dry_run', { as })).body).toEqual({
      ...{ id: 'a', limit: 9, dry: true },
    })
  })

  test.each([
    'limit=0',
    'limit=10',
    'limit=x',
    'limit=1&limit=2',
    'limit=',
    'other=1',
    'limit[]=1',
  ])('refuses parameters that are not its own: %s', async (query) => {
    const ask = await given()
    const { status, body } = await ask(`/things/a?${query}`, { as: OPERATOR })
    expect([status, body.code]).toEqual([400, 'PT-9033'])
  })

  test.each([
    ['no JSON', '{', 400, 'PT-9033'],
    ['a member twice', '{"name":"a","name":"b"}', 400, 'PT-9033'],
    ['a member that is not known', '{"name":"a","x":1}', 400, 'PT-9033'],
    ['none', '', 400, 'PT-9033'],
    ['too much', JSON.stringify({ name: 'x'.repeat(64) }), 413, 'PT-9038'],
  ])('refuses a body: %s', async (_, text, status, code) => {
    const ask = await given()
    const answer = await ask('/things', post(text, OPERATOR))
    expect([answer.status, answer.body.code]).toEqual([status, code])
  })

  test('answers with its own status, and what it refuses with that of the code', async () => {
    const ask = await given()
    expect(await ask('/things', post('{"name":"a"}', OPERATOR))).toMatchObject({
      ...{ status: 202, body: { name: 'a' } },
    })
    expect(await ask('/things/none', { as: OPERATOR })).toMatchObject({
      ...{ status: 404, body: { code: 'PT-1234', title: 'no such thing' } },
    })
  })

  test('that judges bytes itself may refuse before it reads them', async () => {
    const ask = await given()
    expect((await ask('/raw', post('12345678'))).body).toEqual({ length: 8 })
    expect((await ask('/raw', post('123456789'))).body.code).toBe('PT-1236')
    const busy = await ask('/raw', { ...post('123456789'), headers: { 'x-busy': '1' } })
    expect([busy.body.code, busy.headers.get('retry-after')]).toEqual(['PT-1235', '3'])
  })

  test('says which methods it takes', async () => {
    const ask = await given()
    const { status, headers, body } = await ask('/things', { as: OPERATOR })
    expect([status, headers.get('allow'), body.code]).toEqual([405, 'POST', 'PT-9037'])
  })

  test('takes the rest of a path as it stands', async () => {
    const ask = await given()
    const { headers, body } = await ask('/files/a/b/c')
    expect(body).toEqual({ path: 'a/b/c' })
    expect(headers.get('content-type')).toContain('text/plain')
  })
})
