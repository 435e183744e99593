import { createHmac, createPublicKey, verify } from 'node:crypto'
import { generateKeyPair, signingKeyFromJwk } from '@prooftrail/trail'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { agentSecret, callbackHeaders, secretVersion, signingSecrets } from './sign.ts'

const pair = generateKeyPair()
const key = signingKeyFromJwk(pair.privateKey, { party: 'callback', roles: ['webhook'] })
const master = Buffer.alloc(32, 7)
const payload = {
  id: 'cb_abc',
  body: '{"text":"Größe – 漢字"}',
  event_type: 'task_result_ready',
  hash: 'sha256:00',
}
const seconds = Math.floor(Date.now() / 1000)

describe('the secret of an agent', () => {
  test('is derived from master, agent and version', () => {
    expect(agentSecret(master, 'agent-a', 1)).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    const hmac = createHmac('sha256', master).update('["agent-a",1]').digest('base64')
    expect(agentSecret(master, 'agent-a', 1)).toBe(`whsec_${hmac}`)
    const all = [
      agentSecret(master, 'agent-a', 1),
      agentSecret(master, 'agent-a', 2),
      agentSecret(master, 'agent-b', 1),
      agentSecret(Buffer.alloc(32, 8), 'agent-a', 1),
    ]
    expect(new Set(all).size).toBe(4)
  })

  test('given a rotation, then both masters and both versions sign, the current one first', () => {
    const previous = Buffer.alloc(32, 8)
    const secrets = { current: master, previous, versions: new Map([['agent-a', 3]]) }
    expect(secretVersion(secrets, 'agent-a')).toBe(3)
    expect(secretVersion(secrets, 'agent-b')).toBe(1)
    expect(signingSecrets(secrets, 'agent-a')).toEqual([
      agentSecret(master, 'agent-a', 3),
      agentSecret(master, 'agent-a', 2),
      agentSecret(previous, 'agent-a', 3),
      agentSecret(previous, 'agent-a', 2),
    ])
    expect(signingSecrets({ current: master, versions: new Map() }, 'agent-b')).toHaveLength(1)
  })
})

describe('the headers', () => {
  const secrets = [agentSecret(master, 'agent-a', 2), agentSecret(master, 'agent-a', 1)]
  const headers = callbackHeaders(payload, seconds, secrets, key)

  test.each(secrets)('satisfy the Standard Webhooks library with secret %#', (secret) => {
    expect(new Webhook(secret).verify(payload.body, headers)).toEqual(JSON.parse(payload.body))
  })

  test('are refused for another body, another id and another secret', () => {
    const [secret = ''] = secrets
    const webhook = new Webhook(secret)
    expect(() => webhook.verify(`${payload.body} `, headers)).toThrow()
    expect(() => webhook.verify(payload.body, { ...headers, 'webhook-id': 'cb_x' })).toThrow()
    const stranger = new Webhook(agentSecret(master, 'agent-b', 1))
    expect(() => stranger.verify(payload.body, headers)).toThrow()
  })

  test('carry a v1a signature of the webhook key over the same text', () => {
    const [, v1a = ''] = /v1a,(\S+)$/.exec(headers['webhook-signature'] ?? '') ?? []
    const { kty, crv, x } = pair.publicKey
    const publicKey = createPublicKey({ key: { kty, crv, x }, format: 'jwk' })
    const text = Buffer.from(`${payload.id}.${seconds}.${payload.body}`)
    expect(verify(null, text, publicKey, Buffer.from(v1a, 'base64'))).toBe(true)
  })

  test('name event and hash', () => {
    expect(headers['prooftrail-callback-event']).toBe('task_result_ready')
    expect(headers['prooftrail-callback-hash']).toBe('sha256:00')
    expect(headers['webhook-timestamp']).toBe(String(seconds))
    expect(headers['user-agent']).toBe('prooftrail-callback')
  })
})
