import { generateKeyPair, type TrailKey, trailKeyOf } from '@prooftrail/trail'
import { expect, test } from 'vitest'
import { lastEnds } from './measure.ts'

/** A public key of a role, with an end or another fate. */
function keyOf(role: 'log' | 'dispatch', fate: Pick<TrailKey, 'exp' | 'revoked_at'>) {
  const { publicKey } = generateKeyPair()
  return trailKeyOf({ party: role, roles: [role], publicKey }, fate)
}

test('a role ends with its last key, and not at all while one of its keys is for ever', () => {
  const keys = [
    keyOf('log', { exp: 100 }),
    keyOf('log', { exp: 200 }),
    keyOf('dispatch', { exp: 50 }),
    keyOf('dispatch', {}),
  ]
  expect([...lastEnds({ keys })]).toEqual([['log', 200]])
})

test('a revoked key lengthens nothing', () => {
  const keys = [keyOf('log', { exp: 100 }), keyOf('log', { revoked_at: 1 })]
  expect([...lastEnds({ keys })]).toEqual([['log', 100]])
})
