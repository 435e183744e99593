/** An attempt at a forbidden address opens no connection, whatever let the address come so far. */
import { createServer, type Server, Socket } from 'node:net'
import { FORBIDDEN_ADDRESSES, FORBIDDEN_CALLBACKS } from '@prooftrail/testing/contracts'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { effectOf, makeAttempt } from './attempt.ts'
import { contextAt, keyFor, receiptInput } from './callback.fixtures.ts'
import { makeDeliver } from './deliver.ts'
import { initial } from './evolve.ts'
import { type GuardOptions, makeGuard } from './guard.ts'
import { makePerReceiverLimit } from './per-receiver-limit.ts'
import { callback } from './service.ts'
import { type Address, type Lookup, makeResolve } from './target.ts'

const PUBLIC = '93.184.216.34'
const secrets = { current: Buffer.alloc(32, 7), versions: new Map<string, number>() }
const key = keyFor('webhook')

/** Where this process tries to connect to, whoever asks for it and by which library. */
let connects: string[]
beforeEach(() => {
  connects = []
  const connect = Socket.prototype.connect
  vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (this: Socket, ...args) {
    connects.push(hostIn(args))
    return Reflect.apply(connect, this, args)
  })
})
afterEach(() => vi.restoreAllMocks())

/** `connect(options)` and the normalised form that `net.connect` gives. */
function hostIn([first]: readonly unknown[]): string {
  const options: unknown = Array.isArray(first) ? first[0] : first
  return typeof options === 'object' && options !== null
    ? String(Reflect.get(options, 'host'))
    : String(options)
}

const noLookup: Lookup = (name) => Promise.reject(new Error(`looked up ${name}`))
const at = (...addresses: string[]): Address[] =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))

/** The service's own attempt, wired as the service wires it, at an address that no door has seen. */
function attempting(lookup: Lookup = noLookup, exceptions: Partial<GuardOptions> = {}) {
  const guard = makeGuard({ networks: [], ports: [], ...exceptions })
  const deliver = makeDeliver({
    resolve: makeResolve(guard, lookup),
    ...{ connectMs: 500, totalMs: 2_000, responseBytes: 1_024, connections: 4 },
  })
  onTestFinished(() => deliver.close())
  const limit = makePerReceiverLimit({ places: 4, queue: 10, waitMs: 1_000 })
  const attempt = makeAttempt({ deliver, limit, secrets, key })
  return async (callback_url: string) => {
    const now = new Date().toISOString()
    const effect = callback
      .decide(initial, receiptInput({ callback_url }), contextAt(now))
      .map(effectOf)
      .find((one) => one !== undefined)
    if (effect === undefined) throw new Error('no attempt was started')
    const ended = await attempt(effect, new AbortController().signal)
    if (ended.type !== 'attempt.finished') throw new Error(ended.type)
    return ended.data.record
  }
}

/** A server that counts; without a host it hears every address of this machine, in both families. */
async function counting(host?: string, listenPort = 0) {
  const seen = { port: 0, connections: 0 }
  const server: Server = createServer((socket) => {
    seen.connections += 1
    socket.destroy()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ ...(host && { host }), port: listenPort }, resolve)
  })
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return Object.assign(seen, { port: address.port })
}

describe('an attempt at a forbidden URL', () => {
  test.each(FORBIDDEN_CALLBACKS)('$url: no lookup, no connection, and $code', async ({ url }) => {
    const record = await attempting()(url)
    expect(record).toMatchObject({ outcome: 'failed' })
    expect(record.error_code).toMatch(/^PT-920[1-5]$/)
    expect(connects).toEqual([])
  })

  test('reaches no server of this machine, on whatever port it listens', async () => {
    const server = await counting()
    const attempt = attempting(noLookup, { ports: [server.port] })
    const inside = FORBIDDEN_CALLBACKS.filter(({ code }) => /PT-920[45]/.test(code)).map(
      ({ url }) => url.replace(/^(https:\/\/[^/]*?)(:\d+)?\//, `$1:${server.port}/`),
    )
    for (const url of inside) expect((await attempt(url)).error_code).toMatch(/^PT-920[45]$/)
    expect(connects).toEqual([])
    expect(server.connections).toBe(0)
    // the same server is heard of as soon as the deployment allows its network
    await attempting(noLookup, { networks: ['127.0.0.0/8'] })(`https://127.0.0.1:${server.port}/`)
    expect(connects).toEqual(['127.0.0.1'])
    expect(server.connections).toBe(1)
  })
})

describe('an attempt at a name', () => {
  test.each(FORBIDDEN_ADDRESSES)('that resolves to %s: no connection, and PT-5002', async (bad) => {
    for (const answer of [at(bad), at(PUBLIC, bad), at(bad, PUBLIC)]) {
      const record = await attempting(async () => answer)('https://agent.example/hook')
      expect(record).toMatchObject({ outcome: 'failed', error_code: 'PT-5002' })
    }
    expect(connects).toEqual([])
  })

  test('whose answer changes between check and connection: the checked address is connected to', async () => {
    const [outside, inside] = await twoServers()
    const answers = [at('127.0.0.1'), at('127.0.0.3')]
    let asked = 0
    const attempt = attempting(async () => answers[asked++] ?? at('127.0.0.3'), {
      networks: ['127.0.0.1/32'],
      ports: [outside.port],
    })
    const url = `https://agent.example:${outside.port}/`
    // the server speaks no TLS: it was reached, and nothing was delivered
    expect(await attempt(url)).toMatchObject({ outcome: 'failed', address: '127.0.0.1' })
    expect(asked).toBe(1)
    expect(connects).toEqual(['127.0.0.1'])
    expect(outside.connections).toBe(1)

    // the next attempt asks again, and what it hears is judged again
    expect(await attempt(url)).toMatchObject({ outcome: 'failed', error_code: 'PT-5002' })
    expect(asked).toBe(2)
    expect(connects).toEqual(['127.0.0.1'])
    expect(inside.connections).toBe(0)
  })

  test('whose answer is inside, then public, then inside: each attempt goes by its own answer', async () => {
    const [outside, inside] = await twoServers()
    const answers = [at('127.0.0.3'), at('127.0.0.1'), at('127.0.0.1', '127.0.0.3')]
    const attempt = attempting(async () => answers.shift() ?? [], {
      networks: ['127.0.0.1/32'],
      ports: [outside.port],
    })
    const codes: (string | undefined)[] = []
    for (let i = 0; i < 3; i++) {
      const { error_code, address } = await attempt(`https://agent.example:${outside.port}/`)
      codes.push(address ?? error_code)
    }
    expect(codes).toEqual(['PT-5002', '127.0.0.1', 'PT-5002'])
    expect(connects).toEqual(['127.0.0.1'])
    expect([outside.connections, inside.connections]).toEqual([1, 0])
  })
})

/** Two servers on one port: an allowed one on 127.0.0.1 and one that must not be found. */
async function twoServers() {
  const outside = await counting('127.0.0.1')
  return [outside, await counting('127.0.0.3', outside.port)] as const
}
