import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readHostConfig } from '../config.ts'
import { freshDoc } from '../documents/document.ts'
import { Store } from '../documents/store.ts'
import { connectHost, type Host } from '../host.ts'
import { dropIfThere, swapIn } from './swap.ts'

let host: Host
beforeAll(async () => {
  const own = { MONGODB_DATABASE: `swap_${randomUUID().slice(0, 8)}` }
  const config = { ...process.env, ...own, OPEN_ACCESS: '1', LOG_LEVEL: 'error' }
  host = await connectHost(readHostConfig(config), 'swap-test')
})
afterAll(async () => {
  await host?.db.dropDatabase()
  await host?.close()
})

/** Documents of these ids in a collection that is made anew, as a rebuild makes them. */
async function made(collection: string, ids: readonly string[]) {
  const { db, instance, config } = host
  await dropIfThere(db, collection)
  const { dialect } = config.mongodb
  const initial = 'nothing'
  const store = new Store<string>(db, { collection, initial, instance, dialect, deferMs: 0 })
  await store.prepare()
  const { lost, refused } = await store.database.save(
    ids.map((id) => freshDoc(id, `state of ${id}`)),
    'save-1',
  )
  expect([lost.size, refused.size]).toEqual([0, 0])
  return store
}

test('given a collection that was put in place, when the next is made beside it and dropped, then it keeps its documents and takes more', async () => {
  const { db, config } = host
  const ids = ['a', 'b', 'c']
  const before = await made('runs', ids)
  await made('runs.rebuilding', ids)
  await swapIn(db, { from: 'runs.rebuilding', to: 'runs' }, config.mongodb.dialect)

  await made('runs.rebuilding', ids)
  await dropIfThere(db, 'runs.rebuilding')

  const docs = (await before.database.read(ids)).map(({ doc }) => doc)
  expect(docs.map(({ id, state }) => [id, state]).sort()).toEqual(
    ids.map((id) => [id, `state of ${id}`]),
  )
  const again = await before.database.save(docs, 'save-2')
  const late = await before.database.save(docs.slice(0, 1), 'save-3')
  // a version that was saved since is a race that is lost
  expect([again.lost.size, [...late.lost]]).toEqual([0, [docs[0]?.id]])
})
