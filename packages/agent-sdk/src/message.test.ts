import { generateKeyPair } from '@prooftrail/trail'
import { expect, test } from 'vitest'
import { messageOf } from './message.ts'
import { makeWorkOrder, signWorkOrder } from './order.ts'

const order = makeWorkOrder({
  agent_id: 'agent/1',
  idempotency_key: 'key-1',
  requested_tool: 'tokenops',
  requested_capability: 'settlement_evidence_review',
  execution_mode: 'controlled_pilot',
  evidence: {},
  issued_at: '2026-11-23T12:00:00.000Z',
})
const signed = signWorkOrder(order, generateKeyPair().privateKey)

test('given an order, when it is published, then its headers are CloudEvents that begin a trace', () => {
  const { key, headers } = messageOf(signed, Buffer.from([0, 1]))
  expect(key).toBe(order.work_order_id)
  expect(headers).toEqual({
    ce_specversion: '1.0',
    ce_id: expect.stringMatching(/^[0-9a-f]{64}$/),
    ce_source: '/agents/agent%2F1',
    ce_type: 'prooftrail.work-order.submitted.v1',
    ce_time: '2026-11-23T12:00:00.000Z',
    ce_subject: order.work_order_id,
    traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
  })
})

test('given the same order, when it is said twice, then it is the same message', () => {
  const value = Buffer.from([0, 1])
  expect(messageOf(signed, value)).toEqual(messageOf(signed, value))
  expect(messageOf(signed, Buffer.from([0, 2])).headers.ce_id).not.toBe(
    messageOf(signed, value).headers.ce_id,
  )
})
