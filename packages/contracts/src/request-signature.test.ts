import { generateKeyPair, thumbprint } from '@prooftrail/trail'
import { describe, expect, test } from 'vitest'
import { readRequestSignature, type SignableRequest, signRequest } from './request-signature.ts'

const NOW = Date.UTC(2026, 10, 23, 12)
const { privateKey, publicKey } = generateKeyPair()
const other = generateKeyPair().publicKey
const post: SignableRequest = { method: 'POST', path: '/v1/work-orders', body: '{"a":1}' }
const get: SignableRequest = { method: 'GET', path: '/v1/work-orders/wo_1' }

function read(request: SignableRequest, headers: Record<string, string>, now = NOW) {
  return readRequestSignature(request, (name) => headers[name], now)
}

describe.each([post, get])('given a signed $method', (request) => {
  const headers = signRequest(request, privateKey, NOW)

  test('when it is read, then it is that of its key and of no other', () => {
    const found = read(request, headers)
    if (found === undefined || found === 'malformed') throw new Error('no signature')
    expect(found.key_id).toBe(thumbprint(publicKey))
    expect(found.isOf(publicKey)).toBe(true)
    expect(found.isOf(other)).toBe(false)
  })

  test('when its parameters stand in another order, then it is still read', () => {
    const input = headers['signature-input'] ?? ''
    const [components, created, keyid, alg] = input.split(';')
    const turned = [components, alg, keyid, created].join(';')
    expect(read(request, { ...headers, 'signature-input': turned })).toMatchObject({
      key_id: thumbprint(publicKey),
    })
  })

  test.each([-300_001, 300_001])('when it is %d ms from now, then it does not count', (ms) => {
    expect(read(request, headers, NOW + ms + Math.sign(ms) * 1000)).toBe('malformed')
  })

  test.each([
    ['method', { method: 'PUT' }],
    ['path', { path: '/v1/other' }],
  ])('when it comes with another %s, then it is not the signature', (_, change) => {
    const found = read({ ...request, ...change }, headers)
    expect(found !== undefined && found !== 'malformed' && found.isOf(publicKey)).toBe(false)
  })
})

test('given a signed order, when its body is another, then it does not count', () => {
  const headers = signRequest(post, privateKey, NOW)
  expect(read({ ...post, body: '{"a":2}' }, headers)).toBe('malformed')
})

test('given a signature that covers no body, when it comes with one, then it does not count', () => {
  const { 'content-digest': _, ...headers } = signRequest(
    { method: 'POST', path: '/v1/work-orders' },
    privateKey,
    NOW,
  )
  expect(read(post, headers)).toBe('malformed')
})

test('given no signature, when it is read, then there is none; half of one is malformed', () => {
  const { signature = '' } = signRequest(get, privateKey, NOW)
  expect(read(get, {})).toBeUndefined()
  expect(read(get, { signature })).toBe('malformed')
  expect(read(get, { signature, 'signature-input': 'prooftrail=()' })).toBe('malformed')
})

test('given a fixed key and time, when a request is signed, then the base is the one of RFC 9421', () => {
  const headers = signRequest(post, privateKey, NOW)
  const kid = thumbprint(publicKey)
  expect(headers['content-digest']).toMatch(/^sha-256=:[A-Za-z0-9+/]{43}=:$/)
  expect(headers['signature-input']).toBe(
    `prooftrail=("@method" "@path" "content-digest");created=${NOW / 1000};keyid="${kid}";alg="ed25519"`,
  )
})
