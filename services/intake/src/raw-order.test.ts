import { canonicalize } from '@prooftrail/trail/encoding'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anOrder, signed } from './intake.fixtures.ts'
import { rawStatement, readRawOrder } from './raw-order.ts'

const link = signed(anOrder())
const read = (text: string) => readRawOrder(Buffer.from(text))

describe('given the bytes of a signed order', () => {
  test.each([
    ['in canonical form', canonicalize(link.toJSON())],
    ['with white space', JSON.stringify(link, undefined, 3)],
    [
      'with other members around it',
      JSON.stringify({ x: [{ agent_id: 'y' }, '"'], ...link.toJSON() }),
    ],
  ])('%s, when it is read, then its parts are found', (_, text) => {
    expect(read(text)).toMatchObject({
      ...{ agentId: 'agent-1', keyId: link.key_id, signature: link.signature, isFirst: true },
    })
  })

  test('when it is canonical, then the statement is what was signed', () => {
    const raw = read(canonicalize(link.toJSON()))
    expect(raw && rawStatement(raw.object).statement).toBe(link.statement)
  })

  test('for any JSON in it, the object’s bytes are its own, and the same members are found', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ maxLength: 100 }), (value, agent_id) => {
        const object = { evidence: value, agent_id, after: 'x', key_id: '}' }
        const text = JSON.stringify({ object, after: [1], key_id: 'k', signature: 's' })
        const raw = read(text)
        expect(raw && Buffer.from(raw.object).toString()).toBe(JSON.stringify(object))
        expect(raw).toMatchObject({ agentId: agent_id, keyId: 'k', isFirst: false })
      }),
    )
  })

  test('for any bytes it ends, and makes nothing up', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(readRawOrder(bytes)).toBeUndefined()
      }),
    )
    const pieces = fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', 'object', 'key_id', ' ')
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 80 }), (list) => {
        readRawOrder(Buffer.from(list.join('')))
      }),
    )
  })

  test.each([
    ['open arrays', `{"object":${'['.repeat(2_000_000)}`],
    ['empty texts', `{"object":[${'"",'.repeat(660_000)}`],
    ['members', `{${'"a":0,'.repeat(330_000)}`],
    ['backslashes', `{"object":"${'\\'.repeat(2_000_000)}`],
  ])('2 MB of %s cost one pass', (_, text) => {
    const body = Buffer.from(text)
    readRawOrder(body)
    const times = Array.from({ length: 5 }, () => {
      const start = process.cpuUsage()
      readRawOrder(body)
      return process.cpuUsage(start).user / 1000
    })
    // a parser takes ten times as long, and a schema a hundred times
    expect(Math.min(...times)).toBeLessThan(60)
  })
})
