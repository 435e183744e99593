import { makeExampleTrail } from '@prooftrail/testing/trail'
import { parseKeySet } from '@prooftrail/trail'
import { canonicalize, digestOfBytes } from '@prooftrail/trail/encoding'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { checkCallback } from './callback.ts'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const { bundle, keys } = makeExampleTrail({ kind: 'tokenops-ready' })
const keySet = parseKeySet(keys)
const { bundle: revised } = makeExampleTrail({ kind: 'replayed' })
const CARRIED = ['result_contract', 'settlement_receipt', 'usage_receipt']

function objectOf(name: string): Record<string, unknown> {
  const link = bundle.links.find((one) => one.name === name)
  if (!link) throw new Error(`the example has no ${name}`)
  return JSON.parse(Buffer.from(link.envelope.payload, 'base64').toString()).predicate.object
}

/** A callback as the product sends it, perhaps with a lie in its body. */
function callback(edit: (body: Record<string, unknown>) => void = () => {}) {
  const body: Record<string, unknown> = {
    payload_type: 'agent_callback_payload',
    event_type: 'task_result_ready',
    work_order_id: bundle.work_order_id,
    result_status: 'ready',
    result_contract: objectOf('result_contract'),
    usage_receipt: objectOf('usage_receipt'),
    links: bundle.links.filter(({ name }) => CARRIED.includes(name)),
  }
  edit(body)
  const text = canonicalize(body)
  const at = new Date()
  return {
    body: new TextEncoder().encode(text),
    headers: {
      'Webhook-Id': 'cb_example',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': new Webhook(SECRET).sign('cb_example', at, text),
      'prooftrail-callback-hash': digestOfBytes(text),
    },
  }
}

const partsOf = (received: Parameters<typeof checkCallback>[0], secret = SECRET) =>
  checkCallback(received, secret, keySet).problems.map(({ part }) => part)

describe('a received callback is checked alone', () => {
  test('the real one holds, and says what it is about', () => {
    const checked = checkCallback(callback(), SECRET, keySet)
    expect(checked.problems).toEqual([])
    expect(checked).toMatchObject({
      ok: true,
      work_order_id: bundle.work_order_id,
      result_status: 'ready',
    })
  })

  test('another secret, an old time or another body are told', () => {
    const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`
    expect(partsOf(callback(), other)).toEqual(['webhook-signature'])
    const old = callback()
    old.headers['webhook-timestamp'] = '1'
    expect(partsOf(old)).toEqual(['webhook-signature'])
    const swapped = { ...callback(), body: callback((body) => delete body.result_status).body }
    expect(partsOf(swapped)).toEqual(['webhook-signature', 'prooftrail-callback-hash'])
  })

  test('an object that is not the one of its link is told, though its sender signed the body', () => {
    const lie = callback((body) => {
      body.usage_receipt = { ...objectOf('usage_receipt'), credits_debited: 0 }
    })
    expect(partsOf(lie)).toEqual(['usage_receipt'])
  })

  test('a missing link is told', () => {
    const lie = callback((body) => {
      body.links = bundle.links.filter(({ name }) => name === 'usage_receipt')
    })
    expect(partsOf(lie)).toEqual(['result_contract'])
  })

  test('a link signed by a key that does not count is told', () => {
    const forged = makeExampleTrail({
      kind: 'tokenops-ready',
      key: (name, usual) =>
        name === 'usage_receipt'
          ? { ...usual, ...makeExampleTrail({ kind: 'tokenops-ready' }).signers.agent }
          : usual,
    })
    const lie = callback((body) => {
      body.links = forged.bundle.links.filter(({ name }) => CARRIED.includes(name))
    })
    expect(partsOf(lie)).toEqual(['usage_receipt'])
  })

  test('a request for evidence is told, and refused without the act that asks', () => {
    const request = { missing_items: ['diagrams'], until: '2026-12-01T00:00:00.000Z' }
    const asked = (name: string) =>
      callback((body) => {
        body.evidence_request = request
        body.left_out = ['links/result_contract', 'links/usage_receipt']
        body.links = revised.links.filter((one) => one.name === name)
        delete body.result_contract
        delete body.usage_receipt
      })
    expect(checkCallback(asked('recovery_request'), SECRET)).toMatchObject({
      ok: true,
      evidence_request: request,
    })
    expect(partsOf(asked('work_order'))).toContain('recovery_request')
  })

  test('what is no JSON is told, never thrown', () => {
    const junk = { ...callback(), body: new Uint8Array([0xff, 0x00]) }
    expect(partsOf(junk)).toContain('body')
  })
})
