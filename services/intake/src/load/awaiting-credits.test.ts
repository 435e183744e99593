import { expect, test } from 'vitest'
import { openAwaitingCredits } from './awaiting-credits.ts'

test('given agents, when it is asked how many of their orders wait for credits, then each is counted by its index, once in a while', async () => {
  const asked: unknown[] = []
  const count = async (filter: Record<string, unknown>) => {
    asked.push(filter)
    return filter['ix.awaits'] === 'agent-1' ? 7 : 0
  }
  const awaiting = openAwaitingCredits({ count }, 10)
  const of = await awaiting.of(['agent-1', 'agent-2', 'agent-1'])
  expect([...of]).toEqual([
    ['agent-1', 7],
    ['agent-2', 0],
  ])
  await awaiting.of(['agent-1'])
  expect(asked).toEqual([{ 'ix.awaits': 'agent-1' }, { 'ix.awaits': 'agent-2' }])
})
