import type { AddressInfo } from 'node:net'
import { viewRoutes } from '@prooftrail/contracts/doors'
import { type Caller, mountDoors } from '@prooftrail/runtime'
import express from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { codes } from '../codes.ts'
import { viewHandlers } from './handlers.ts'
import { MOST_OWN, type Shelf } from './shelf.ts'
import { memoryViews } from './views.fixtures.ts'

const RANK = ['viewer', 'operator', 'admin'] as const

/** A caller by what they show: `ada viewer`. */
function callerOf(shown = ''): Caller {
  const [name, role] = shown.split(' ')
  const rank = RANK.findIndex((one) => role?.endsWith(one))
  return {
    ...{ name: name || undefined, role: RANK[rank], session: shown, mayRead: () => false },
    is: (least) => rank >= RANK.indexOf(least),
  }
}

async function given(store = memoryViews()) {
  const app = express()
  const access = { caller: async (req: express.Request) => callerOf(req.get('who')) }
  mountDoors(app, { routes: viewRoutes, handlers: viewHandlers(store), access, codes })
  const server = app.listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  // A server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo
  return async (who: string, method: string, path = '', body?: object) => {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/views${path}`, {
      ...{ method, headers: { who } },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const said = Object(await answer.json())
    const names: string[] = (said.views ?? []).map(({ name }: { name: string }) => name)
    return { status: answer.status, body: said, names }
  }
}

const view = (name: string, more: object = {}) => ({
  ...{ page: 'runs', name, search: { state: 'exception_open', columns: ['tool', 'agent'] } },
  ...more,
})

describe('a view', () => {
  test('is its owner’s until it is shared', async () => {
    const ask = await given()
    const kept = await ask('ada viewer', 'POST', '', view('mine'))
    expect(kept.body).toMatchObject({ ...view('mine'), shared: false, saved_by: 'ada' })
    expect((await ask('ada viewer', 'GET')).names).toEqual(['mine'])
    expect((await ask('bob viewer', 'GET')).names).toEqual([])
    await ask('ada operator', 'POST', '', view('ours', { shared: true }))
    expect((await ask('bob viewer', 'GET')).names).toEqual(['ours'])
    expect((await ask('ada viewer', 'GET', '?page=acts')).names).toEqual([])
  })

  test('is hidden from somebody whose long name begins alike', async () => {
    const ask = await given()
    const ada = `https://issuer.example/${'a'.repeat(300)}`
    await ask(`${ada}/ada viewer`, 'POST', '', view('mine'))
    expect((await ask(`${ada}/bob viewer`, 'GET')).names).toEqual([])
    expect((await ask(`${ada}/ada viewer`, 'GET')).names).toEqual(['mine'])
  })

  test('is shared, and no longer shared, by operators alone', async () => {
    const ask = await given()
    const refused = await ask('ada viewer', 'POST', '', view('ours', { shared: true }))
    expect([refused.status, refused.body.code]).toEqual([403, 'PT-8008'])
    const { body } = await ask('ada operator', 'POST', '', view('ours', { shared: true }))
    const taken = await ask('bob viewer', 'DELETE', `/${body.view_id}`)
    expect([taken.status, taken.body.code]).toEqual([403, 'PT-8008'])
    expect((await ask('bob operator', 'DELETE', `/${body.view_id}`)).status).toBe(200)
    expect((await ask('ada viewer', 'GET')).names).toEqual([])
  })

  test('of somebody else is taken away by nobody, and nobody is told that it is there', async () => {
    const ask = await given()
    const { body } = await ask('ada viewer', 'POST', '', view('mine'))
    const [taken, absent] = [
      await ask('bob admin', 'DELETE', `/${body.view_id}`),
      await ask('bob admin', 'DELETE', '/vw_none'),
    ]
    expect([taken.status, taken.body.code]).toEqual([404, 'PT-7065'])
    expect(taken.body.code).toBe(absent.body.code)
    expect((await ask('ada viewer', 'GET')).names).toEqual(['mine'])
  })

  test('that is kept again under its name is one view', async () => {
    const ask = await given()
    const one = await ask('ada viewer', 'POST', '', view('mine'))
    const other = await ask('ada viewer', 'POST', '', { ...view('mine'), search: { tool: 'x' } })
    expect(other.body.view_id).toBe(one.body.view_id)
    const { body } = await ask('ada viewer', 'GET')
    expect(body.views.map(({ search }: { search: object }) => search)).toEqual([{ tool: 'x' }])
  })

  test('wants somebody who is known', async () => {
    const ask = await given()
    expect((await ask('', 'GET')).body.code).toBe('PT-8001')
    expect((await ask('', 'POST', '', view('mine'))).body.code).toBe('PT-8001')
  })

  test.each([
    ['a name of spaces', view('  ')],
    ['a list that there is not', view('x', { page: 'secrets' })],
    ['more than it needs', view('x', { owner: 'bob' })],
    ['a search that is no address', view('x', { search: { $where: 'x' } })],
    ['a search with objects', view('x', { search: { state: { $gt: '' } } })],
  ])('that is %s is refused', async (_, body) => {
    const ask = await given()
    expect((await ask('ada operator', 'POST', '', body)).body.code).toBe('PT-9033')
  })

  test('has a place while there are fewer than a person may keep, also when many come at once', async () => {
    const ask = await given()
    const names = Array.from({ length: MOST_OWN - 1 }, (_, n) => `view ${n}`)
    for (const name of names) await ask('ada viewer', 'POST', '', view(name))
    const last = await Promise.all(
      ['x', 'y', 'z'].map((name) => ask('ada viewer', 'POST', '', view(name))),
    )
    expect(last.map(({ body }) => body.code).sort()).toEqual(['PT-7066', 'PT-7066', undefined])
    expect((await ask('ada viewer', 'POST', '', view('view 1'))).status).toBe(200)
    expect((await ask('ada viewer', 'GET')).names).toHaveLength(MOST_OWN)
  })

  test('that everybody changes at once says so, and is changed by nobody then', async () => {
    const store = memoryViews()
    const racing = { ...store, replace: async () => false, read: async () => EMPTY }
    const ask = await given(racing)
    const answer = await ask('ada viewer', 'POST', '', view('mine'))
    expect([answer.status, answer.body.code]).toEqual([503, 'PT-9034'])
  })
})

const EMPTY: Shelf = { version: 3, views: [] }
