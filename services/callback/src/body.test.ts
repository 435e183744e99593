import { Link } from '@prooftrail/trail'
import { canonicalize, digestOf, digestOfBytes } from '@prooftrail/trail/encoding'
import { describe, expect, test } from 'vitest'
import { buildBody, MAX_BODY_BYTES } from './body.ts'
import { usageReceiptIssued } from './callback.fixtures.ts'

const addresses = { results: 'https://console.example', trails: 'https://trails.example' }
const build = (given = {}) => {
  const event = usageReceiptIssued(given)
  const body = buildBody(event, addresses, true)
  return { event, body, payload: JSON.parse(body.text) }
}

describe('the body of a callback', () => {
  test('holds the payload, the objects and where to read more', () => {
    const { event, payload } = build()
    expect(payload).toMatchObject({
      payload_type: 'agent_callback_payload',
      event_type: 'task_result_ready',
      callback_event_id: event.callback.callback_event_id,
      work_order_id: event.work_order_id,
      requested_tool: 'tokenops',
      result_status: 'ready',
      result_url: 'https://console.example/v1/tasks/tt_example/result-contract',
      receipt_url: 'https://console.example/v1/tasks/tt_example/usage-receipt',
      trail_url: `https://trails.example/v1/trails/${event.work_order_id}`,
      delivery: { callback_status: 'pending', attempt_count: 0 },
      sealed: false,
    })
    expect(payload.result_contract).toEqual(event.result_contract.object)
    expect(payload.usage_receipt).toEqual(event.usage_receipt.object)
    expect(payload.result_package).toEqual(
      event.result_contract.object.machine_result.result_package,
    )
    expect(payload).not.toHaveProperty('left_out')
  })

  test('is canonical, and hashed over its bytes', () => {
    const { body, payload } = build()
    expect(body.text).toBe(canonicalize(payload))
    expect(body.hash).toBe(digestOfBytes(new TextEncoder().encode(body.text)))
    expect(body.event_type).toBe('task_result_ready')
    expect(build().body).toEqual(body)
  })

  test('carries the links as the trail has them, the settlement receipt where there is one', () => {
    const { event, payload } = build({ settlement: true })
    const names = payload.links.map((link: { name: string }) => link.name)
    expect(names).toEqual(['result_contract', 'settlement_receipt', 'usage_receipt'])
    for (const link of payload.links) {
      const parsed = Link.fromEnvelope(link.envelope)
      expect(parsed.kind).toBe(link.name)
      expect(parsed.digest).toBe(link.digest)
      expect(link.digest).toBe(digestOf(parsed.object))
    }
    expect(payload.links[0].envelope).toEqual(event.result_contract.envelope)
    expect(build().payload.links).toHaveLength(2)
  })

  test.each([
    [350_000, ['result_package']],
    [520_000, ['result_package', 'result_contract']],
    [900_000, ['result_package', 'result_contract', 'links/result_contract']],
  ])('a package of %i bytes: under 1 MB, and says what it leaves out', (size, left_out) => {
    const { body, payload } = build({ result_package: { text: 'x'.repeat(size) } })
    expect(Buffer.byteLength(body.text)).toBeLessThan(MAX_BODY_BYTES)
    expect(payload.left_out).toEqual(left_out)
    expect(payload.usage_receipt).toBeDefined()
    expect(payload.trail_url).toBeDefined()
  })

  test('names the status of the result, and that no callback is due', () => {
    const body = buildBody(usageReceiptIssued({ result_status: 'failed' }), addresses, false)
    expect(JSON.parse(body.text)).toMatchObject({
      event_type: 'task_result_failed',
      delivery: { callback_status: 'ready', attempt_count: 0 },
    })
  })
})
