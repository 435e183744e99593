import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { digestOfBytes } from '@prooftrail/trail/encoding'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type DeliverOptions, makeDeliver, type Outcome } from './deliver.ts'
import { type Address, type Guard, type Lookup, makeResolve } from './target.ts'

const running = new AbortController().signal

interface Receiver {
  url: string
  port: number
  connections: number
  requests: { headers: IncomingMessage['headers']; body: string; path: string | undefined }[]
}

/** A real server on a loopback address, closed when the test ends. */
async function receiver(answer: RequestListener, host = '127.0.0.1'): Promise<Receiver> {
  const seen: Receiver = { url: '', port: 0, connections: 0, requests: [] }
  const server: Server = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      seen.requests.push({ headers: req.headers, body, path: req.url })
      answer(req, res)
    })
  })
  server.on('connection', () => {
    seen.connections += 1
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  // a listening TCP server has an AddressInfo
  const { port } = server.address() as AddressInfo
  return Object.assign(seen, { port, url: `http://${host}:${port}/hook?a=1` })
}

const guardBut = (forbidden: readonly string[]): Guard => ({
  checkUrl: (url) =>
    URL.canParse(url) ? new URL(url) : { refused: { code: 'PT-9201', detail: 'no URL' } },
  refuseAddress: (address) => (forbidden.includes(address) ? `${address} is forbidden` : undefined),
})

const at = (...addresses: string[]): Address[] =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))

function delivering(
  given: { forbidden?: string[]; lookup?: Lookup } & Partial<DeliverOptions> = {},
) {
  const { forbidden = [], lookup = async () => at('127.0.0.1'), ...options } = given
  const deliver = makeDeliver({
    resolve: makeResolve(guardBut(forbidden), lookup),
    connectMs: 500,
    totalMs: 2_000,
    responseBytes: 1_024,
    connections: 4,
    ...options,
  })
  onTestFinished(() => deliver.close())
  const post = (url: string, signal: AbortSignal = running): Promise<Outcome> =>
    deliver.post(
      url,
      { 'content-type': 'application/json', 'webhook-id': 'cb_1' },
      '{"a":"ü"}',
      signal,
    )
  return { post, deliver }
}

describe('an answer', () => {
  test('200: the bytes arrive as they are; status, address and digest of the answer come back', async () => {
    const target = await receiver((_req, res) => res.end('{"ok":true}'))
    const outcome = await delivering().post(target.url)
    expect(outcome).toEqual({
      kind: 'answered',
      http_status: 200,
      address: '127.0.0.1',
      response_digest: digestOfBytes('{"ok":true}'),
    })
    expect(target.requests).toMatchObject([
      {
        path: '/hook?a=1',
        body: '{"a":"ü"}',
        headers: { 'webhook-id': 'cb_1', host: `127.0.0.1:${target.port}`, 'content-length': '10' },
      },
    ])
  })

  test('500 is an answer; nothing is sent again', async () => {
    const target = await receiver((_req, res) => res.writeHead(500).end())
    expect(await delivering().post(target.url)).toMatchObject({
      kind: 'answered',
      http_status: 500,
    })
    expect(target.requests).toHaveLength(1)
  })

  test('429 brings its Retry-After as a point in time', async () => {
    const target = await receiver((_req, res) => res.writeHead(429, { 'retry-after': '60' }).end())
    const before = Date.now()
    const outcome = await delivering().post(target.url)
    if (outcome.kind !== 'answered') throw new Error(outcome.kind)
    const wait = Date.parse(outcome.retry_after ?? '') - before
    expect(wait).toBeGreaterThanOrEqual(60_000)
    expect(wait).toBeLessThan(63_000)
  })

  test('a redirect is an answer and is not followed', async () => {
    const elsewhere = await receiver((_req, res) => res.end())
    const target = await receiver((_req, res) =>
      res.writeHead(307, { location: elsewhere.url }).end(),
    )
    expect(await delivering().post(target.url)).toMatchObject({ http_status: 307 })
    expect(elsewhere.connections).toBe(0)
  })

  test('a 2xx whose body is too large, or breaks off, still counts; it has no digest', async () => {
    const large = await receiver((_req, res) => res.end('x'.repeat(2_000_000)))
    const broken = await receiver((_req, res) => {
      res.writeHead(200, { 'content-length': '100' }).write('x')
      setImmediate(() => res.destroy())
    })
    const { post } = delivering()
    for (const { url } of [large, broken]) {
      const outcome = await post(url)
      expect(outcome).toMatchObject({ kind: 'answered', http_status: 200 })
      expect(outcome).not.toHaveProperty('response_digest')
    }
  })

  test('a body that never ends does not hold the attempt beyond its time', async () => {
    const target = await receiver((_req, res) => void res.writeHead(200).write('x'))
    const outcome = await delivering({ totalMs: 150 }).post(target.url)
    expect(outcome).toMatchObject({ kind: 'answered', http_status: 200 })
  })
})

describe('no answer', () => {
  test('a slow receiver: given up after the time of one attempt', async () => {
    const target = await receiver(() => undefined)
    expect(await delivering({ totalMs: 150 }).post(target.url)).toMatchObject({
      kind: 'failed',
      code: 'PT-5006',
      address: '127.0.0.1',
    })
  })

  test('a receiver that hangs up', async () => {
    const target = await receiver((req) => req.socket.destroy())
    expect(await delivering().post(target.url)).toMatchObject({ kind: 'failed', code: 'PT-5011' })
  })

  test('nobody listens', async () => {
    const gone = await receiver(() => undefined)
    const { post } = delivering({ lookup: async () => at('127.0.0.2') })
    expect(await post(`http://agent.example:${gone.port}/`)).toMatchObject({
      kind: 'failed',
      code: 'PT-5004',
      address: '127.0.0.2',
    })
  })

  test('an address that is down: the next one of the same answer is tried', async () => {
    const target = await receiver((_req, res) => res.end())
    const { post } = delivering({ lookup: async () => at('127.0.0.2', '127.0.0.1') })
    expect(await post(`http://agent.example:${target.port}/`)).toMatchObject({
      http_status: 200,
      address: '127.0.0.1',
    })
  })

  test('a name without address, and DNS that does not answer', async () => {
    const fails = delivering({ lookup: () => Promise.reject(new Error('ENOTFOUND')) })
    expect(await fails.post('http://agent.example/')).toMatchObject({ code: 'PT-5003' })
    const hangs = delivering({ totalMs: 100, lookup: () => new Promise(() => undefined) })
    expect(await hangs.post('http://agent.example/')).toMatchObject({ code: 'PT-5003' })
  })

  test('our own stop: interrupted, with the address once a request may have been sent', async () => {
    const stop = new AbortController()
    const target = await receiver(() => stop.abort())
    expect(await delivering().post(target.url, stop.signal)).toEqual({
      kind: 'interrupted',
      address: '127.0.0.1',
    })
    const { post } = delivering({ lookup: () => new Promise(() => undefined) })
    expect(await post('http://agent.example/', stop.signal)).toEqual({ kind: 'interrupted' })
  })
})

describe('the guard', () => {
  test('a forbidden address gets no connection, alone or among others', async () => {
    const target = await receiver((_req, res) => res.end(), '127.0.0.3')
    for (const addresses of [['127.0.0.3'], ['127.0.0.1', '127.0.0.3']]) {
      const { post } = delivering({
        forbidden: ['127.0.0.3'],
        lookup: async () => at(...addresses),
      })
      expect(await post(`http://agent.example:${target.port}/`)).toMatchObject({
        kind: 'refused',
        code: 'PT-5002',
      })
    }
    const { post } = delivering({ forbidden: ['127.0.0.3'] })
    expect(await post(target.url)).toMatchObject({ kind: 'refused', code: 'PT-5002' })
    expect(target.connections).toBe(0)
  })

  test('a URL that may not be called gets no lookup', async () => {
    let asked = 0
    const { post } = delivering({
      lookup: async () => {
        asked += 1
        return at('127.0.0.1')
      },
    })
    expect(await post('no url')).toMatchObject({ kind: 'refused', code: 'PT-9201' })
    expect(asked).toBe(0)
  })

  test('DNS that changes its answer: the guarded one is used, and it is asked once an attempt', async () => {
    const inside = await receiver((_req, res) => res.end(), '127.0.0.3')
    const outside = await receiver((_req, res) => res.end(), '127.0.0.1')
    const answers = [at('127.0.0.1'), at('127.0.0.3'), at('127.0.0.3')]
    let asked = 0
    const { post } = delivering({
      forbidden: ['127.0.0.3'],
      lookup: async () => answers[asked++] ?? [],
    })
    const url = `http://agent.example:${outside.port}/`
    expect(await post(url)).toMatchObject({ http_status: 200, address: '127.0.0.1' })
    expect(asked).toBe(1)
    expect(outside.requests[0]?.headers.host).toBe(`agent.example:${outside.port}`)
    expect(await post(url)).toMatchObject({ kind: 'refused', code: 'PT-5002' })
    expect(asked).toBe(2)
    expect(inside.connections).toBe(0)
  })

  test('a connection of an earlier answer is not used for a later one', async () => {
    const first = await receiver((_req, res) => res.end('one'), '127.0.0.1')
    let address = '127.0.0.1'
    const { post } = delivering({ lookup: async () => at(address) })
    const url = `http://agent.example:${first.port}/`
    expect(await post(url)).toMatchObject({ http_status: 200 })
    address = '127.0.0.4'
    expect(await post(url)).toMatchObject({ kind: 'failed', code: 'PT-5004', address })
    expect(first.requests).toHaveLength(1)
  })
})
