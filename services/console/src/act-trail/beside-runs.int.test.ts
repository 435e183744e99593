import { randomUUID } from 'node:crypto'
import type { ListedAct, SavedView } from '@prooftrail/contracts/doors'
import { connectHost, type Host, readHostConfig } from '@prooftrail/runtime'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openViews } from '../views/store.ts'
import { openUsedLinks } from '../web/sign-in-link.ts'
import { ANY } from './listed.ts'
import { openActs } from './store.ts'

let host: Host
beforeAll(async () => {
  const own = { MONGODB_DATABASE: `console_${randomUUID().slice(0, 8)}` }
  const config = { ...process.env, ...own, OPEN_ACCESS: '1', LOG_LEVEL: 'error' }
  host = await connectHost(readHostConfig(config), 'beside-runs-test')
})
afterAll(async () => {
  await host?.db.dropDatabase()
  await host?.close()
})

const act = (n: number): ListedAct => ({
  ...{ key: `2026-11-02T10:00:0${n}.000Z sha256:${n}`, at: `2026-11-02T10:00:0${n}.000Z` },
  ...{ on: 'run', action: 'close', by: n % 2 ? 'ada' : 'bob', answer: 'accepted' },
})

describe('beside the runs, on a real database', () => {
  test('an act that is put twice is one; pages go by facet and time, newest first', async () => {
    const acts = openActs(host.db, 'runs.acts', 100_000)
    await acts.prepare()
    const all = [1, 2, 3, 4, 5].map(act)
    await acts.put(all)
    await acts.put(all.slice(2))
    const keysOf = async (...asked: Parameters<typeof acts.page>) =>
      (await acts.page(...asked)).map((one) => one.row().key.slice(-1))
    expect(await keysOf({ facet: ANY }, 10)).toEqual(['5', '4', '3', '2', '1'])
    expect(await keysOf({ facet: ANY, before: act(4).key, since: act(2).at }, 10)).toEqual([
      '3',
      '2',
    ])
    expect(await keysOf({ facet: 'by:ada' }, 2)).toEqual(['5', '3'])
  })

  test('of two processes that are shown one link, one redeems it; what has ended is forgotten', async () => {
    const shown = [openUsedLinks(host.db, 'runs.links'), openUsedLinks(host.db, 'runs.links')]
    await Promise.all(shown.map((one) => one.prepare()))
    const ends = new Date(Date.now() + 60_000)
    const first = await Promise.all(shown.map((one) => one.use('a', ends)))
    expect(first.sort()).toEqual([false, true])
    await shown[0]?.use('b', new Date(0))
    await shown[1]?.use('c', ends)
    const left = await host.db.collection('runs.links').find({}).toArray()
    expect(left.map(({ _id }) => String(_id)).sort()).toEqual(['a', 'c'])
  })

  test('an act is listed for so many days, whoever reads of it again; then it leaves by itself', async () => {
    const keptDays = 30
    const old = (days: number): ListedAct => {
      const at = new Date(Date.now() - days * 86_400_000).toISOString()
      return { ...act(1), key: `${at} sha256:${days}`, at }
    }
    const wide = openActs(host.db, 'runs.acts-kept', 100_000)
    const acts = openActs(host.db, 'runs.acts-kept', keptDays)
    const listed = async () =>
      (await acts.page({ facet: ANY }, 10)).map((one) => one.row().key.split(':').at(-1))
    await acts.put([old(29), old(31)])
    expect(await listed()).toEqual(['29'])
    await wide.put([old(31), old(400)])
    expect(await listed()).toEqual(['29', '31', '400'])
    const clearing = acts.start()
    await expect.poll(listed, { timeout: 10_000 }).toEqual(['29'])
    await clearing.stop()
  })

  test('of two who change the views of one shelf at once, one wins and the other is told', async () => {
    const views = openViews(host.db, 'runs.views')
    const view = (name: string): SavedView => ({
      ...{ view_id: `vw_${name}`, page: 'runs', name, search: { columns: ['tool'] } },
      ...{ shared: false, saved_by: 'ada', saved_at: '2026-11-02T10:00:00.000Z' },
    })
    expect(await views.read('own/1')).toEqual({ version: 0, views: [] })
    const first = ['a', 'b'].map((name) => views.replace('own/1', 0, [view(name)]))
    expect((await Promise.all(first)).sort()).toEqual([false, true])
    const { version } = await views.read('own/1')
    const next = ['c', 'd'].map((name) => views.replace('own/1', version, [view(name)]))
    expect((await Promise.all(next)).sort()).toEqual([false, true])
    expect((await views.read('own/1')).views).toHaveLength(1)
    expect(await views.read('shared')).toEqual({ version: 0, views: [] })
  })
})
