import { describe, expect, test } from 'vitest'
import { makeRelease, oldestWaiting, type Waiting } from './release-waiting-orders.ts'
import type { State } from './state.ts'

const forever = new AbortController().signal

/** An account whose orders hold as soon as they are told. */
function given(free: number, prices: Record<string, number>) {
  const account = { free, seq: 1 }
  const queue: Waiting[] = Object.entries(prices).map(([id, price]) => ({ id, price }))
  const told: string[] = []
  const options = {
    accounts: {
      head: async () => ({
        ...{ account: 'a', funded: 0, held: 0, debited: 0, waiting: queue.length },
        ...account,
      }),
    },
    oldest: async (_account: string, limit: number) => queue.slice(0, limit),
    tell: async (id: string) => {
      told.push(id)
      const [order] = queue.splice(
        queue.findIndex((one) => one.id === id),
        1,
      )
      account.free -= order?.price ?? 0
    },
  }
  return { account, queue, told, options }
}

describe('releasing waiting orders', () => {
  test('the oldest go on as far as the credits pay', async () => {
    const { told, options } = given(10, { first: 4, second: 6, third: 1 })
    await makeRelease(options)('a', forever)
    expect(told).toEqual(['first', 'second'])
  })

  test('none overtakes an older one that does not fit', async () => {
    const { told, options } = given(10, { big: 11, small: 1 })
    await makeRelease(options)('a', forever)
    expect(told).toEqual([])
  })

  test('a queue longer than a page is served to its end', async () => {
    const prices = Object.fromEntries(Array.from({ length: 1_200 }, (_, n) => [`o${n}`, 1]))
    const { told, options } = given(1_200, prices)
    await makeRelease(options)('a', forever)
    expect(told).toEqual(Object.keys(prices))
  })

  test('an order that does not answer is told once, not for ever', async () => {
    const { told, options } = given(10, { stale: 1 })
    await makeRelease({ ...options, tell: async (id) => void told.push(id) })('a', forever)
    expect(told).toEqual(['stale'])
  })

  test('called while it runs it looks again at its end', async () => {
    const { told, options, queue } = given(10, {})
    let looks = 0
    const release = makeRelease({
      ...options,
      oldest: async (account, limit) => {
        const seen = await options.oldest(account, limit)
        looks += 1
        if (looks === 1) {
          queue.push({ id: 'late', price: 1 })
          void release('a', forever)
        }
        return seen
      },
    })
    await release('a', forever)
    expect(told).toEqual(['late'])
  })
})

test('of orders that wait only what is hoisted is read, but of one that was saved before prices were', async () => {
  const read: string[] = []
  const old = { status: 'pending', wait: { accepted: { pins: { price: 7 } } } } as unknown as State
  const waiting = await oldestWaiting(
    {
      hoisted: async () => [
        { id: 'first', ix: { account: 'a', short_seq: 1, price: 5 } },
        { id: 'old', ix: { account: 'a', short_seq: 3 } },
      ],
      read: async (ids) => {
        read.push(...ids)
        return new Map(ids.map((id) => [id, { state: old, version: 1 }]))
      },
    },
    'a',
    500,
  )
  expect(waiting).toEqual([
    { id: 'first', price: 5 },
    { id: 'old', price: 7 },
  ])
  expect(read).toEqual(['old'])
})
