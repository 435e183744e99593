/** Signing in with a real issuer on this machine. */
import type { AddressInfo } from 'node:net'
import { makeAccess } from '@prooftrail/runtime'
import express from 'express'
import { exportJWK, generateKeyPair } from 'jose'
import Provider from 'oidc-provider'
import { expect, onTestFinished, test } from 'vitest'
import { CALLBACK } from './oidc.ts'
import { mountSessions } from './sessions.ts'
import { memoryLinks } from './sign-in-link.fixtures.ts'

const CLIENT = { clientId: 'prooftrail-console', clientSecret: 'a-secret-between-the-two-of-them' }

async function listen(app: express.Express): Promise<string> {
  const server = app.listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  // A server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo
  return `http://127.0.0.1:${port}`
}

/** An issuer that gives whoever asks these roles, and a console that trusts it. */
async function given(roles: readonly string[]) {
  const consoleApp = express()
  const issuerApp = express()
  const [publicUrl, issuer] = await Promise.all([listen(consoleApp), listen(issuerApp)])
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.clientId,
        client_secret: CLIENT.clientSecret,
        redirect_uris: [`${publicUrl}${CALLBACK}`],
        response_types: ['code'],
        grant_types: ['authorization_code'],
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig' }] },
    routes: { jwks: '/.well-known/jwks.json' },
    claims: { openid: ['sub', 'roles'] },
    conformIdTokenClaims: false,
    cookies: { keys: ['of this test'] },
    features: { devInteractions: { enabled: true } },
    findAccount: (_ctx, id) => ({
      accountId: id,
      claims: () => ({ sub: id, roles: [...roles] }),
    }),
  })
  issuerApp.use(provider.callback())
  const access = makeAccess({
    open: false,
    oidc: { issuer, audience: CLIENT.clientId, rolesClaim: 'roles' },
  })
  mountSessions(consoleApp, access, {
    ...{ publicUrl, useLink: memoryLinks() },
    secret: 'a-secret-of-the-deployment-of-some-length',
    oidc: { issuer, ...CLIENT },
  })
  consoleApp.get('/v1/read', access.requireViewer, (_req, res) => void res.json({}))
  consoleApp.post('/v1/act', access.requireOperator, (_req, res) => void res.json({}))
  return { publicUrl, issuer, browser: makeBrowser() }
}

/** Follows redirects and forms as a browser does, with a jar of cookies for each origin. */
function makeBrowser() {
  const jars = new Map<string, Map<string, string>>()
  return async function go(address: string, init: RequestInit = {}): Promise<Response> {
    const { origin } = new URL(address)
    const jar = jars.get(origin) ?? new Map<string, string>()
    jars.set(origin, jar)
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(address, {
      ...init,
      headers: { ...init.headers, cookie },
      redirect: 'manual',
    })
    for (const set of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = set.match(/^([^=]+)=([^;]*)/) ?? []
      if (/max-age=0|1970/i.test(set)) jar.delete(name)
      else jar.set(name, value)
    }
    return answer
  }
}

type Go = ReturnType<typeof makeBrowser>

/** Goes to the issuer and back, saying who one is; answers the console's last word. */
async function signIn(go: Go, publicUrl: string, back = '/runs'): Promise<Response> {
  let address = `${publicUrl}/v1/session/oidc?back=${encodeURIComponent(back)}`
  for (let steps = 0; steps < 20; steps += 1) {
    const answer = await go(address)
    const next = answer.headers.get('location')
    if (next === null) {
      if (answer.status !== 200) return answer
      // the issuer's form: who are you, and do you agree
      const [, action = ''] = (await answer.text()).match(/action="([^"]+)"/) ?? []
      const body = new URLSearchParams({
        prompt: action.includes('consent') ? 'consent' : 'login',
        login: 'kim',
        password: 'x',
      })
      const page = await confirmed(go, new URL(action, address).href, body)
      address = new URL(page.headers.get('location') ?? '', address).href
      continue
    }
    const isBack = new URL(address).origin === publicUrl && address.includes(CALLBACK)
    if (isBack) return answer
    address = new URL(next, address).href
  }
  throw new Error('no end of redirects')
}

async function confirmed(go: Go, action: string, body: URLSearchParams): Promise<Response> {
  const first = await go(action, { method: 'POST', body })
  if (first.headers.get('location') !== null) return first
  const consent = new URLSearchParams({ ...Object.fromEntries(body), prompt: 'consent' })
  return go(action, { method: 'POST', body: consent })
}

test('given an issuer, when somebody signs in there, then the session has the role that its token lists', async () => {
  const { publicUrl, browser } = await given(['viewer'])
  const answer = await signIn(browser, publicUrl)
  expect([answer.status, answer.headers.get('location')]).toEqual([302, '/runs'])
  const session = Object(await (await browser(`${publicUrl}/v1/session`)).json())
  expect(session).toMatchObject({ signed_in: true, name: 'kim', role: 'viewer' })
  expect((await browser(`${publicUrl}/v1/read`)).status).toBe(200)
  expect((await browser(`${publicUrl}/v1/act`, { method: 'POST' })).status).toBe(403)
})

test('given an operator, then the session may act', async () => {
  const { publicUrl, browser } = await given(['operator'])
  await signIn(browser, publicUrl)
  expect((await browser(`${publicUrl}/v1/act`, { method: 'POST' })).status).toBe(200)
})

test('given somebody without a role, then no session begins', async () => {
  const { publicUrl, browser } = await given(['accountant'])
  const answer = await signIn(browser, publicUrl)
  expect([answer.status, Object(await answer.json()).code]).toEqual([401, 'PT-7021'])
  expect((await browser(`${publicUrl}/v1/read`)).status).toBe(401)
})

test.each(['https://evil.example/', '//evil.example', '/\\evil.example'])(
  'given a way back to %s, then it leads to the console',
  async (back) => {
    const { publicUrl, browser } = await given(['viewer'])
    expect((await signIn(browser, publicUrl, back)).headers.get('location')).toBe('/')
  },
)

test('given a code that came by another browser, then no session begins', async () => {
  const { publicUrl } = await given(['admin'])
  const answer = await makeBrowser()(`${publicUrl}${CALLBACK}?code=stolen&state=guessed`)
  expect(answer.status).toBe(401)
})
