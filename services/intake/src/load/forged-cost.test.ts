import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { type Codec, openCodec, topicFor, type WorkOrderLink } from '@prooftrail/contracts'
import { type FakeRegistry, startFakeRegistry } from '@prooftrail/testing/contracts'
import { Link } from '@prooftrail/trail'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { agentKey, anAgent, anOrder, otherKey, signed, submitted } from '../intake.fixtures.ts'
import type { Registry } from '../registry.ts'
import { openSignatures } from './senders.ts'

const TOPIC = 'work-order.submitted'
const registryOfAgents: Pick<Registry, 'find'> = {
  find: async () => ({ agents: new Map([['agent-1', anAgent()]]), tools: new Map() }),
}

let registry: FakeRegistry
let codec: Codec
beforeAll(async () => {
  registry = await startFakeRegistry()
  codec = openCodec({ url: registry.url })
  await codec.ready([TOPIC])
  await refuse(forgedOf(1))
})
afterAll(() => registry.close())

/** The bytes of an order with about so many kB of evidence, signed by another key than the agent's that it names. */
function forgedOf(kilobytes: number): Buffer {
  const line = { amount: 12.5, note: 'something that an invoice says', reference: 'inv-1' }
  const lines = Array.from({ length: kilobytes * 12 }, (_, n) => ({ ...line, line: n }))
  const order = signed(anOrder({ evidence: { lines } }), otherKey)
  const forged = { ...order.toJSON(), key_id: agentKey.key_id }
  return codec.encode(TOPIC, Link.fromWire('work_order', forged) as WorkOrderLink)
}

/** All that is made of such bytes before they are parked. */
async function refuse(bytes: Buffer): Promise<unknown> {
  const data = (await codec.decode(topicFor(TOPIC), bytes)) as WorkOrderLink
  const input = submitted(data, { key: data.object.work_order_id })
  return openSignatures(registryOfAgents).sendersOf([input])
}

/** Bytes, each as often as it was parsed or written as JSON, hashed, or given to a signature's check. */
interface Passes {
  parsed: number
  written: number
  hashed: number
  checked: number
}

/** What refusing the bytes takes, in figures that no machine's load changes. */
async function costOf(bytes: Buffer): Promise<Passes> {
  const passes: Passes = { parsed: 0, written: 0, hashed: 0, checked: 0 }
  const [{ parse, stringify }, { hash, verify }] = [JSON, crypto]
  const sizeOf = (data: unknown) => Buffer.byteLength(data as Buffer)
  JSON.parse = (text, ...rest) => {
    passes.parsed += text.length
    return parse(text, ...rest)
  }
  // the wrappers take what the real ones take
  JSON.stringify = ((...args: Parameters<typeof stringify>) => {
    const text = stringify(...args)
    passes.written += text.length
    return text
  }) as typeof stringify
  crypto.hash = ((...args: Parameters<typeof hash>) => {
    passes.hashed += sizeOf(args[1])
    return hash(...args)
  }) as typeof hash
  crypto.verify = ((...args: Parameters<typeof verify>) => {
    passes.checked += sizeOf(args[1])
    return verify(...args)
  }) as typeof verify
  syncBuiltinESMExports()
  try {
    const refused = await refuse(bytes)
    expect(refused).toMatchObject([{ code: 'PT-1005' }])
  } finally {
    Object.assign(JSON, { parse, stringify })
    Object.assign(crypto, { hash, verify })
    syncBuiltinESMExports()
  }
  return passes
}

describe('given a large order under a key id that counts, signed by somebody else', () => {
  test('when it is refused, then it was parsed, hashed and checked once, and written twice', async () => {
    const bytes = forgedOf(1_000)
    const { parsed, written, hashed, checked } = await costOf(bytes)
    expect(bytes.length).toBeGreaterThan(1_000_000)
    const times = [parsed, hashed, checked, written].map((one) => one / bytes.length)
    const expected = [1, 1, 1, 2]
    for (const [n, each] of times.entries()) expect(each).toBeCloseTo(expected[n] ?? 0, 1)
  })

  test('when it is ten times as large, then it costs ten times as much', async () => {
    const [small, large] = [forgedOf(100), forgedOf(1_000)]
    const [one, ten] = [await costOf(small), await costOf(large)]
    const times = large.length / small.length
    for (const kind of ['parsed', 'written', 'hashed', 'checked'] as const) {
      expect(ten[kind] / one[kind] / times).toBeCloseTo(1, 1)
    }
  })
})
