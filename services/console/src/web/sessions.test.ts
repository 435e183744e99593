import type { AddressInfo } from 'node:net'
import { makeAccess } from '@prooftrail/runtime'
import express from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { mountSessions, type SessionsConfig } from './sessions.ts'
import { memoryLinks } from './sign-in-link.fixtures.ts'
import { makeSignInToken } from './sign-in-link.ts'

const SECRET = 'a-secret-of-the-deployment-of-some-length'
const TOKEN = 'an-operator-token-of-forty-characters-ok'

interface Asked {
  method?: string
  cookie?: string
  headers?: Record<string, string>
  body?: unknown
}

/** A console with one door that reads and one that acts, both for operators. */
async function given(config: Partial<SessionsConfig> = {}) {
  const access = makeAccess({ open: false, operatorToken: TOKEN })
  const app = express()
  mountSessions(app, access, {
    publicUrl: 'http://127.0.0.1:7007',
    ...{ secret: SECRET, useLink: memoryLinks() },
    operatorToken: TOKEN,
    ...config,
  })
  app.get('/v1/read', access.requireOperator, (_req, res) => void res.json({}))
  app.post('/v1/act', access.requireOperator, (_req, res) => void res.json({}))
  const server = app.listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  // A server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo
  const origin = `http://127.0.0.1:${port}`
  return async (path: string, { method = 'GET', cookie, headers = {}, body }: Asked = {}) => {
    const answer = await fetch(`${origin}${path}`, {
      method,
      headers: {
        ...(cookie === undefined ? {} : { cookie }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const set = answer.headers.get('set-cookie') ?? ''
    return { status: answer.status, body: Object(await answer.json()), set }
  }
}

const cookieIn = (set: string) => set.split(';')[0] ?? ''
const byLink = (at = Date.now()) => ({
  method: 'POST',
  body: { link: makeSignInToken(SECRET, at) },
})

describe('a one-time link', () => {
  test('opens a session once, whose cookie no script reads', async () => {
    const ask = await given()
    const link = byLink()
    const first = await ask('/v1/session', link)
    expect(first.body).toMatchObject({ signed_in: true, name: 'operator' })
    expect(first.set).toContain('HttpOnly; SameSite=Lax')
    expect((await ask('/v1/read', { cookie: cookieIn(first.set) })).status).toBe(200)
    const again = await ask('/v1/session', link)
    expect([again.status, again.body.code]).toEqual([401, 'PT-7021'])
    expect(again.set).toBe('')
  })

  test('opens one session, whichever processes of the console it is shown to', async () => {
    const useLink = memoryLinks()
    const [one, other] = [await given({ useLink }), await given({ useLink })]
    const link = byLink()
    const answers = await Promise.all([one('/v1/session', link), other('/v1/session', link)])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401])
  })

  test.each([
    ['is made with another secret', makeSignInToken('another-secret-of-some-length-x', Date.now())],
    ['is older than 12 hours', makeSignInToken(SECRET, Date.now() - 13 * 3_600_000)],
    ['is no link', 'e30.'],
  ])('opens nothing where it %s', async (_, link) => {
    const ask = await given()
    expect((await ask('/v1/session', { method: 'POST', body: { link } })).status).toBe(401)
  })
})

describe('a session', () => {
  test('is worth its token, and nothing once it was changed or its key is another', async () => {
    const ask = await given()
    const { set } = await ask('/v1/session', { method: 'POST', body: { token: TOKEN } })
    const cookie = cookieIn(set)
    expect((await ask('/v1/act', { method: 'POST', cookie })).status).toBe(200)
    const other = await given({ secret: 'another-secret-of-some-length-x' })
    expect((await other('/v1/read', { cookie })).status).toBe(401)
    const changed = `${cookie.slice(0, -3)}AAA`
    expect((await ask('/v1/read', { cookie: changed })).status).toBe(401)
    expect(cookie).not.toContain(TOKEN)
  })

  test('opens for no unknown token, and ends when it is told to', async () => {
    const ask = await given()
    expect((await ask('/v1/session', { method: 'POST', body: { token: 'guess' } })).status).toBe(
      401,
    )
    const ended = await ask('/v1/session', { method: 'DELETE' })
    expect(ended.set).toContain('Max-Age=0')
  })

  test('ends by itself', async () => {
    let now = Date.now() - 13 * 3_600_000
    const ask = await given({ now: () => now })
    const { set } = await ask('/v1/session', { method: 'POST', body: { token: TOKEN } })
    now = Date.now()
    expect((await ask('/v1/read', { cookie: cookieIn(set) })).status).toBe(401)
  })

  test('is bound to its host where the console is reached by https', async () => {
    const ask = await given({ publicUrl: 'https://console.example' })
    const { set } = await ask('/v1/session', { method: 'POST', body: { token: TOKEN } })
    expect(set).toMatch(/^__Host-prooftrail=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Secure/)
  })
})

describe('an act from elsewhere', () => {
  const foreign = [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example' },
  ]

  test.each(foreign)('is refused where a cookie would carry it: %j', async (headers) => {
    const ask = await given()
    const { set } = await ask('/v1/session', byLink())
    const answer = await ask('/v1/act', { method: 'POST', cookie: cookieIn(set), headers })
    expect([answer.status, answer.body.code]).toEqual([403, 'PT-7022'])
  })

  test('goes on where the request shows a Bearer of its own', async () => {
    const ask = await given()
    const headers = { authorization: `Bearer ${TOKEN}`, origin: 'https://tool.example' }
    expect((await ask('/v1/act', { method: 'POST', headers })).status).toBe(200)
  })
})
