import type { AddressInfo } from 'node:net'
import express from 'express'
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type AccessConfig, readHostConfig } from '../config.ts'
import { makeAccess } from './access.ts'

const TOKEN = 'an-operator-token-of-forty-characters-ok'
const OIDC = { issuer: 'https://login.example', audience: 'prooftrail', rolesClaim: 'roles' }

/** Doors for each role; answers how to knock, and how to sign a JWT of the issuer. */
async function given(config: Partial<AccessConfig> = {}) {
  const { publicKey, privateKey } = await generateKeyPair('RS256')
  const jwks = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), alg: 'RS256' }] })
  const access = makeAccess(
    { open: false, operatorToken: TOKEN, oidc: OIDC, ...config },
    () => jwks,
  )
  const app = express()
  app.get('/view', access.requireViewer, (_req, res) => void res.json({}))
  app.get('/act', access.requireOperator, (_req, res) => void res.json({}))
  app.get('/pay', access.requireAdmin, (_req, res) => void res.json({}))
  app.get('/task', async (req, res) => {
    res.status((await access.mayRead(req, 'tt_1')) ? 200 : 401).json({})
  })
  const server = app.listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  // A server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo
  const knock = async (path: string, token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    return (await fetch(`http://127.0.0.1:${port}${path}`, { headers })).status
  }
  const jwt = (claims: Record<string, unknown>, audience = 'prooftrail') =>
    new SignJWT({ sub: 'kim', exp: Math.floor(Date.now() / 1000) + 300, ...claims })
      .setProtectedHeader({ alg: 'RS256' })
      .setIssuer(OIDC.issuer)
      .setAudience(audience)
      .sign(privateKey)
  const all = async (token?: string) => [
    await knock('/view', token),
    await knock('/act', token),
    await knock('/pay', token),
    await knock('/task', token),
  ]
  return { all, jwt }
}

describe('doors', () => {
  test('open to the roles that a JWT lists, from viewer to admin (A1, A2)', async () => {
    const { all, jwt } = await given()
    expect(await all(await jwt({ roles: ['viewer'] }))).toEqual([200, 403, 403, 200])
    expect(await all(await jwt({ roles: ['viewer', 'operator'] }))).toEqual([200, 200, 403, 200])
    expect(await all(await jwt({ roles: 'email admin' }))).toEqual([200, 200, 200, 200])
  })

  test('stay closed to a JWT without a role, for somebody else, or out of date', async () => {
    const { all, jwt } = await given()
    expect(await all(await jwt({}))).toEqual([403, 403, 403, 401])
    expect(await all(await jwt({ roles: ['Admin', 'root'] }))).toEqual([403, 403, 403, 401])
    expect(await all(await jwt({ roles: ['admin'] }, 'another'))).toEqual([401, 401, 401, 401])
    for (const lacking of [{ sub: undefined }, { sub: '' }, { exp: undefined }]) {
      expect(await all(await jwt({ roles: ['admin'], ...lacking }))).toEqual([401, 401, 401, 401])
    }
    expect(await all('no.jwt.at-all')).toEqual([401, 401, 401, 401])
    expect(await all()).toEqual([401, 401, 401, 401])
  })

  test('read roles where the issuer puts them', async () => {
    const { all, jwt } = await given({ oidc: { ...OIDC, rolesClaim: 'realm_access.roles' } })
    const token = await jwt({ realm_access: { roles: ['operator'] } })
    expect(await all(token)).toEqual([200, 200, 403, 200])
    expect(await all(await jwt({ roles: ['admin'] }))).toEqual([403, 403, 403, 401])
  })

  test('open to the configured token, and a handle opens its task alone (A3)', async () => {
    const { all } = await given()
    expect(await all(TOKEN)).toEqual([200, 200, 200, 200])
    expect(await all('tt_1')).toEqual([401, 401, 401, 200])
    expect(await all('tt_2')).toEqual([401, 401, 401, 401])
  })
})

describe('a configuration', () => {
  const env = {
    KAFKA_BROKERS: 'a:1',
    SCHEMA_REGISTRY_URL: 'http://a',
    MONGODB_URL: 'mongodb://a',
  }

  test('opens doors to this machine alone', () => {
    for (const HOST of [undefined, '127.0.0.1', '::1', 'localhost']) {
      const { access } = readHostConfig({ ...env, OPEN_ACCESS: '1', HOST })
      expect(access.open).toBe(true)
    }
    for (const HOST of ['0.0.0.0', '::', '10.0.0.7', 'intake.local']) {
      expect(() => readHostConfig({ ...env, OPEN_ACCESS: '1', HOST })).toThrow('OPEN_ACCESS')
    }
  })

  test('takes no token that can be guessed', () => {
    expect(() => readHostConfig({ ...env, OPERATOR_TOKEN: 'secret' })).toThrow('32 characters')
    expect(readHostConfig({ ...env, OPERATOR_TOKEN: TOKEN }).access.operatorToken).toBe(TOKEN)
  })
})
