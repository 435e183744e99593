import { createPublicKey, verify } from 'node:crypto'
import { canonicalBytes } from '@prooftrail/trail/encoding'
import { describe, expect, test } from 'vitest'
import { makeAnnouncement } from './announce.ts'
import { exampleKey, exampleManifest } from './example-tool.fixtures.ts'

describe('an announcement', () => {
  test('is signed by the tool’s key over the canonical bytes of all other members', () => {
    const key = exampleKey()
    const announced_at = '2026-03-02T09:00:00.000Z'
    const said = makeAnnouncement(exampleManifest, key, { announced_at, forced: true })
    const { signature, ...members } = said
    const { x } = key.privateKey
    expect(members).toMatchObject({
      tool: 'exampletool',
      key: { kid: key.key_id, x },
      forced: true,
    })
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    const bytes = Buffer.from(signature, 'base64')
    expect(verify(null, canonicalBytes(members), publicKey, bytes)).toBe(true)
    expect(makeAnnouncement(exampleManifest, key, { announced_at, forced: true })).toEqual(said)
  })
})
