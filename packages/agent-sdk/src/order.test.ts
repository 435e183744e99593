import { workOrderId } from '@prooftrail/trail'
import { expect, test } from 'vitest'
import { makeAgentKeys } from './keys.ts'
import { makeWorkOrder, signWorkOrder } from './order.ts'

const request = {
  agent_id: 'agent-1',
  idempotency_key: 'k-1',
  requested_tool: 'tokenops',
  requested_capability: 'token_operations',
  execution_mode: 'standard' as const,
  evidence: {},
}
const NOW = '2026-11-01T10:00:00.000Z'

test('an order says the same id whenever it is said, and expires an hour later', () => {
  const order = makeWorkOrder(request, NOW)
  expect(order.work_order_id).toBe(workOrderId('agent-1', 'k-1'))
  expect(order).toMatchObject({ issued_at: NOW, expires_at: '2026-11-01T11:00:00.000Z' })
  expect(makeWorkOrder(request, NOW)).toEqual(order)
})

test("a signed order verifies by the agent's public key, and by no other", () => {
  const keys = makeAgentKeys()
  const link = signWorkOrder(makeWorkOrder(request, NOW), keys.privateJwk)
  expect(link.key_id).toBe(keys.publicJwk.kid)
  expect(link.isSignedBy(keys.publicJwk)).toBe(true)
  expect(link.isSignedBy(makeAgentKeys().publicJwk)).toBe(false)
})

test('a key that was read is used as it is now: another party, other members', () => {
  const key = { ...makeAgentKeys().privateJwk }
  const order = makeWorkOrder(request, NOW)
  expect(signWorkOrder(order, key).toJSON()).toEqual(signWorkOrder(order, { ...key }).toJSON())
  const other = makeAgentKeys().privateJwk
  Object.assign(key, other)
  expect(signWorkOrder(order, key).key_id).toBe(signWorkOrder(order, other).key_id)
  key.d = makeAgentKeys().privateJwk.d
  expect(() => signWorkOrder(order, key)).toThrow('x is not the public half of d')
  expect(() => signWorkOrder(order, undefined as never)).toThrow('not an Ed25519 public key')
})
