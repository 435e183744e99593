import { describe, expect, test } from 'vitest'
import type { RoundInput } from '../round-input.ts'
import { RoundQueue } from './round-queue.ts'

type One = RoundInput<{ id: string; type: 'one'; at: string; data: object }>

const inputsOf = (name: string, count: number): One[] =>
  Array.from({ length: count }, (_, n) => ({
    input: { id: `${name}${n}`, type: 'one', at: '2026-03-02T09:00:00.000Z', data: {} },
  }))

/** A queue whose rounds are kept, and wait for `during`. */
function aQueue(during: (round: number) => Promise<void> | void = () => {}) {
  const rounds: string[][] = []
  const queue = new RoundQueue<One['input']>(async (inputs) => {
    rounds.push(inputs.map(({ input }) => input.id))
    await during(rounds.length)
  })
  return { queue, rounds }
}

describe('given a batch of several rounds', () => {
  test('when one of a single input comes, then it is in the next round, and resolves behind it', async () => {
    const order: string[] = []
    const { queue, rounds } = aQueue((round) => {
      if (round === 1) void queue.enqueue(inputsOf('b', 1)).then(() => order.push('b'))
    })
    await queue.enqueue(inputsOf('a', 5_000)).then(() => order.push('a'))
    expect(rounds[1]).toContain('b0')
    expect(order).toEqual(['b', 'a'])
  })

  test('then all of it is taken once, in its order', async () => {
    const { queue, rounds } = aQueue()
    const [a, b] = [inputsOf('a', 1_000), inputsOf('b', 700)]
    await Promise.all([queue.enqueue(a), queue.enqueue(b)])
    const taken = rounds.flat()
    for (const [name, all] of [
      ['a', a],
      ['b', b],
    ] as const) {
      const ids = all.map(({ input }) => input.id)
      expect(taken.filter((id) => id.startsWith(name))).toEqual(ids)
    }
    // no more rounds than needed: what one leaves of its share is the other's
    const size = rounds[0]?.length ?? 0
    expect(rounds).toHaveLength(Math.ceil(1_700 / size))
  })

  test('when all of it is of one key, then it is taken few at a time, and others have the room', async () => {
    const { queue, rounds } = aQueue()
    const of = (key: string, inputs: One[]) => inputs.map((one) => ({ ...one, doc: key }))
    const mixed = [...of('one', inputsOf('a', 200)), ...inputsOf('b', 1)]
    await Promise.all([queue.enqueue(mixed), queue.enqueue(inputsOf('c', 130))])
    const counts = rounds.map((ids) => ids.filter((id) => id.startsWith('a')).length)
    expect(Math.max(...counts)).toBeLessThanOrEqual(64)
    expect(rounds[0]?.filter((id) => id.startsWith('c'))).toHaveLength(130)
    expect(rounds.flat().filter((id) => !id.startsWith('c'))).toEqual(
      mixed.map(({ input }) => input.id),
    )
  })

  test('when a round of it is given up, then it ends with that, and nothing more of it is taken', async () => {
    const { queue, rounds } = aQueue((round) => {
      if (round === 2) throw new Error('gone')
    })
    await expect(queue.enqueue(inputsOf('a', 5_000))).rejects.toThrow('gone')
    await queue.enqueue(inputsOf('b', 1))
    expect(rounds.slice(2)).toEqual([['b0']])
  })
})

test('nothing to decide is a round, too, and so is more than a round of batches', async () => {
  const { queue, rounds } = aQueue()
  await queue.enqueue([])
  expect(rounds).toEqual([[]])
  await Promise.all(inputsOf('a', 900).map((one) => queue.enqueue([one])))
  expect(rounds.flat()).toHaveLength(900)
})
