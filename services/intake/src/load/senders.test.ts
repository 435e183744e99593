import { Link } from '@prooftrail/trail'
import { describe, expect, test } from 'vitest'
import {
  agentKey,
  anAgent,
  announcedTool,
  anOrder,
  otherKey,
  signed,
  submitted,
} from '../intake.fixtures.ts'
import type { Registry } from '../registry.ts'
import { openSignatures } from './senders.ts'

const registry: Pick<Registry, 'find'> = {
  find: async ({ agents }) => ({
    agents: new Map([...agents].includes('agent-1') ? [['agent-1', anAgent()]] : []),
    tools: new Map(),
  }),
}

describe('given messages on the topic of orders', () => {
  test('when whose they are is asked, then only what an agent signed is anybody’s', async () => {
    const good = signed(anOrder())
    const wrongKey = signed(anOrder(), otherKey)
    const forged = { ...wrongKey.toJSON(), key_id: agentKey.key_id }
    const inputs = [
      submitted(good),
      submitted(wrongKey),
      submitted(signed(anOrder({ agent_id: 'nobody' }))),
      submitted(good, { key: 'wo_other' }),
      announcedTool(),
    ]
    const senders = await openSignatures(registry).sendersOf(inputs)
    expect(senders).toMatchObject([
      { name: 'agent-1' },
      { code: 'PT-1004' },
      undefined,
      { code: 'PT-1001' },
      undefined,
    ])
    // the record is that of a signed order
    const link = Link.fromWire('work_order', forged as never) as typeof good
    expect(await openSignatures(registry).sendersOf([submitted(link)])).toMatchObject([
      { code: 'PT-1005' },
    ])
  })

  test('when the same is sent in two messages, then it is the same work; another order is another', async () => {
    const good = signed(anOrder())
    const other = signed(anOrder({ quote_id: 'q-2' }))
    const [a, b, c] = await openSignatures(registry).sendersOf([
      submitted(good, { id: 'm-1' }),
      submitted(good, { id: 'm-2' }),
      submitted(other),
    ])
    expect(a).toMatchObject({ name: 'agent-1', work: expect.stringContaining('wo_') })
    expect(a).toEqual(b)
    expect(a).not.toEqual(c)
  })

  test('when a signature held once, then it is not checked again', async () => {
    const good = signed(anOrder())
    const signatures = openSignatures(registry)
    await signatures.sendersOf([submitted(good)])
    // nobody is known: whoever checked again would find no key
    expect((await signatures.verified([good], new Map())).has(good)).toBe(true)
  })
})
