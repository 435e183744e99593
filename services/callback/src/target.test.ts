import { describe, expect, test } from 'vitest'
import { makeGuard } from './guard.ts'
import { type Address, makeResolve } from './target.ts'

const at = (...addresses: string[]): Address[] =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))

function resolving(networks: string[], ...addresses: string[]) {
  const guard = makeGuard({ networks, ports: [] })
  return makeResolve(guard, async () => at(...addresses))
}

describe('with no exceptions', () => {
  test.each([
    'http://agent.example/',
    'https://user@agent.example/',
    'https://agent.example:22/',
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://localhost/',
    'https://2130706433/',
    'https://[::ffff:10.0.0.1]/',
    'ftp://agent.example/',
    'nonsense',
  ])('%s is refused before any lookup', async (url) => {
    const guard = makeGuard({ networks: [], ports: [] })
    const resolve = makeResolve(guard, () => Promise.reject(new Error('looked up')))
    const target = await resolve(url)
    expect(target.kind).toBe('refused')
    expect('code' in target && target.code).toMatch(/^PT-920[1-5]$/)
  })

  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '100.64.0.1',
    '169.254.169.254',
    '224.0.0.1',
    '::1',
    'fd00::1',
    'fe80::1',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
  ])('a public name that resolves to %s is refused', async (address) => {
    for (const addresses of [[address], ['93.184.216.34', address]]) {
      expect(await resolving([], ...addresses)('https://agent.example/')).toMatchObject({
        kind: 'refused',
        code: 'PT-5002',
      })
    }
  })

  test('a public name with public addresses is a target', async () => {
    expect(await resolving([], '93.184.216.34')('https://agent.example/a')).toMatchObject({
      kind: 'target',
      addresses: [{ address: '93.184.216.34' }],
    })
  })

  test('a name without addresses failed, it was not refused', async () => {
    expect(await resolving([])('https://agent.example/')).toMatchObject({
      kind: 'failed',
      code: 'PT-5003',
    })
  })
})

describe('with an allowed network', () => {
  test('an address in it may be called over HTTP, on any port, without a lookup', async () => {
    const target = await resolving(['127.0.0.0/8'])('http://127.0.0.1:4000/hook')
    expect(target).toMatchObject({ kind: 'target', addresses: [{ address: '127.0.0.1' }] })
  })

  test('localhost is called at those of its addresses that are allowed', async () => {
    const resolve = resolving(['127.0.0.0/8'], '::1', '127.0.0.1')
    expect(await resolve('http://localhost:4000/hook')).toMatchObject({
      kind: 'target',
      addresses: [{ address: '127.0.0.1' }],
    })
    const none = resolving(['127.0.0.0/8'], '::1')
    expect(await none('http://localhost:4000/hook')).toMatchObject({ code: 'PT-5002' })
  })

  test('other networks stay forbidden', async () => {
    const resolve = resolving(['127.0.0.0/8'], '10.0.0.1')
    expect(await resolve('https://agent.example/')).toMatchObject({ code: 'PT-5002' })
    expect(await resolve('http://10.0.0.1/')).toMatchObject({ kind: 'refused' })
  })
})
