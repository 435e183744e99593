import { randomUUID } from 'node:crypto'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openLogStore } from './mongo-store.ts'
import type { Leaf } from './store.ts'

const client = new MongoClient(process.env.MONGODB_URL ?? 'mongodb://127.0.0.1:27017')
const db = client.db(`log_${randomUUID().slice(0, 8)}`)

beforeAll(() => client.connect())
afterAll(async () => {
  await db.dropDatabase()
  await client.close()
})

function leaf(index: number, entry_id: string): Leaf {
  const bytes = Buffer.from(entry_id)
  return { index, entry_id, work_order_id: 'wo', revision: 0, hash: bytes, data: bytes }
}

test('leaves are written in order, up to the first of which entry or index is there already', async () => {
  const store = await openLogStore(db)
  expect(await store.addLeaves([leaf(0, 'a'), leaf(1, 'b')])).toEqual({ met: false })
  const sameEntry = [leaf(2, 'c'), leaf(3, 'a'), leaf(4, 'd')]
  expect(await store.addLeaves(sameEntry)).toEqual({ met: true })
  const sameIndex = [leaf(3, 'e'), leaf(1, 'f'), leaf(5, 'g')]
  expect(await store.addLeaves(sameIndex)).toEqual({ met: true })
  const known = await store.known([...'abcdefg'])
  expect([...known].map(([entry, { index }]) => [entry, index]).sort()).toEqual([
    ...[
      ['a', 0],
      ['b', 1],
      ['c', 2],
      ['e', 3],
    ],
  ])
})
