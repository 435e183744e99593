import { expect, test } from 'vitest'
import { anAgent, aTool } from './intake.fixtures.ts'
import { openRegistry } from './registry.ts'
import type { State } from './state.ts'

test('given a registered agent and tool, when a wave names them, then one read finds both', async () => {
  const { registry, reads } = open()
  const found = await registry.find({
    agents: ['agent-1', 'agent-1', 'nobody'],
    tools: ['settling'],
  })
  expect([...found.agents]).toEqual([['agent-1', anAgent()]])
  expect([...found.tools]).toEqual([['settling', aTool()]])
  expect(reads).toEqual([['agent/agent-1', 'agent/nobody', 'tool/settling']])
})

test('given a registration in memory, when a second has passed, then it is read again', async () => {
  const { registry, reads, clock } = open()
  const wanted = { agents: ['agent-1'], tools: [] }
  await registry.find(wanted)
  clock.now += 999
  await registry.find(wanted)
  expect(reads).toHaveLength(1)
  clock.now += 1
  await registry.find(wanted)
  expect(reads).toHaveLength(2)
})

test('given somebody unknown, when he is registered, then the next wave finds him', async () => {
  const { registry, states } = open()
  const wanted = { agents: ['agent-2'], tools: [] }
  expect((await registry.find(wanted)).agents.size).toBe(0)
  states.set('agent/agent-2', { status: 'agent', agent: anAgent({ agent_id: 'agent-2' }) })
  expect((await registry.find(wanted)).agents.size).toBe(1)
})

test('given an id that is too long for any registration, when it is named, then nothing is read', async () => {
  const { registry, reads } = open()
  await registry.find({ agents: ['a'.repeat(1_000)], tools: [] })
  expect(reads).toEqual([])
})

function open() {
  const states = new Map<string, State>([
    ['agent/agent-1', { status: 'agent', agent: anAgent() }],
    ['tool/settling', { status: 'tool', tool: aTool() }],
  ])
  const reads: string[][] = []
  const clock = { now: 0 }
  const reader = {
    read: async (ids: readonly string[]) => {
      reads.push([...ids])
      return new Map(
        ids.flatMap((id) => {
          const state = states.get(id)
          return state ? [[id, { state, version: 1 }] as const] : []
        }),
      )
    },
  }
  return { registry: openRegistry(reader, () => clock.now), reads, states, clock }
}
