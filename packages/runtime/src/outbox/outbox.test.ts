import type { Collection } from 'mongodb'
import { describe, expect, it } from 'vitest'
import type { Raw } from '../documents/document.ts'
import { Outboxes } from './outbox.ts'

const first = { id: 'a', version: 1, stamp: 's1' }
const second = { id: 'b', version: 4, stamp: 's2' }
const never = () => false

/** A collection whose updates end when the test says so. */
function database() {
  const filters: object[] = []
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = []
  const updateMany = (filter: object) => {
    filters.push(filter)
    return new Promise<void>((resolve, reject) => ends.push({ resolve, reject }))
  }
  return { docs: { updateMany } as unknown as Collection<Raw>, filters, ends }
}

describe.each([
  { name: 'the stand-in', standIn: true },
  { name: 'mongod', standIn: false },
])('outboxes that went out, on $name', ({ standIn }) => {
  it('given the database is still emptying them, then what is read meanwhile is known to be out', async () => {
    const { docs, ends } = database()
    const outboxes = new Outboxes(docs, standIn)
    outboxes.add(first)
    const emptied = outboxes.empty(never)
    expect(outboxes.isOut(first)).toBe(true)
    ends[0]?.resolve()
    await emptied
    expect(outboxes.isOut(first)).toBe(false)
    expect(outboxes.size).toBe(0)
  })

  it('given the database fails, then they are left for the next time', async () => {
    const { docs, filters, ends } = database()
    const outboxes = new Outboxes(docs, standIn)
    outboxes.add(first)
    const failed = outboxes.empty(never)
    ends[0]?.reject(new Error('away'))
    await expect(failed).rejects.toThrow('away')
    expect(outboxes.isOut(first)).toBe(true)
    const emptied = outboxes.empty(never)
    ends[1]?.resolve()
    await emptied
    expect(outboxes.size).toBe(0)
    expect(filters[1]).toEqual(filters[0])
  })

  it('given a later save goes out meanwhile, then that one is still to be emptied', async () => {
    const { docs, ends } = database()
    const outboxes = new Outboxes(docs, standIn)
    outboxes.add(first)
    const emptied = outboxes.empty(never)
    outboxes.add({ ...first, version: 2, stamp: 's3' })
    ends[0]?.resolve()
    await emptied
    expect(outboxes.isOut({ ...first, version: 2 })).toBe(true)
    expect(outboxes.size).toBe(1)
  })

  it('given some were replaced by a later save, then only the others are asked for', async () => {
    const { docs, filters, ends } = database()
    const outboxes = new Outboxes(docs, standIn)
    outboxes.add(first)
    outboxes.add(second)
    const emptied = outboxes.empty(({ id }) => id === 'a')
    ends[0]?.resolve()
    await emptied
    expect(outboxes.size).toBe(0)
    const asked = JSON.stringify(filters)
    expect(filters).toHaveLength(1)
    expect(asked).toContain(standIn ? 'b' : 's2')
    expect(asked).not.toContain(standIn ? '"a' : 's1')
  })
})
