import { createHash } from 'node:crypto'
import { isIP, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Code } from '@prooftrail/contracts'
import ipaddr from 'ipaddr.js'
import { buildConnector, type Dispatcher, Pool } from 'undici'
import type { CallbackCode } from './codes.ts'
import { parseRetryAfter } from './schedule.ts'
import type { Address, Resolve } from './target.ts'

/**
 * The one request that Prooftrail makes to somebody else's server.
 * V1 The URL is guarded and the name resolved once, at every attempt; the connection goes to an
 *    address of that answer and is used only if its peer is that address.
 * V2 TLS is checked against the URL's host. Redirects are not followed, cookies not kept.
 * V3 It ends within `totalMs`; of the answer's body at most `responseBytes` are read.
 * V4 A status that was read counts, whatever becomes of the answer's body.
 */
export interface DeliverOptions {
  resolve: Resolve
  /** Milliseconds for one address to accept the connection, TLS included. */
  connectMs: number
  /** Milliseconds for everything. */
  totalMs: number
  responseBytes: number
  /** Connections to one address of one receiver. */
  connections: number
}

/** What became of one request. */
export type Outcome =
  | {
      kind: 'answered'
      http_status: number
      address: string
      /** Absent when the answer's body was longer than what is read, or broke off. */
      response_digest?: string
      /** RFC 3339 */
      retry_after?: string
    }
  /** Nothing was sent. */
  | { kind: 'refused'; code: Code; detail: string }
  /** No status was read. */
  | { kind: 'failed'; code: CallbackCode; detail: string; address?: string }
  /** Our own process ended it; the receiver may have it. */
  | { kind: 'interrupted'; address?: string }

export interface Deliver {
  /** POSTs `body` (UTF-8) to `url`. Never throws for what the outside does. */
  post(
    url: string,
    headers: Record<string, string>,
    body: string,
    signal: AbortSignal,
  ): Promise<Outcome>
  close(): Promise<void>
}

/** Receivers whose closed pools are kept for the next callback. */
const MAX_POOLS = 64
/** Idle connections end before the receiver's side would end them. */
const KEEP_ALIVE_MS = 1_000
const MAX_ADDRESSES = 3

export function makeDeliver(options: DeliverOptions): Deliver {
  const pools = makePools(options)

  async function send(url: URL, address: Address, request: Request): Promise<Outcome> {
    return pools.use(url, address, async (pool) => {
      const response = await pool.request({
        method: 'POST',
        path: `${url.pathname}${url.search}`,
        ...request,
      })
      const { statusCode: http_status, headers } = response
      const digest = await digestBody(response.body, options.responseBytes)
      const retry_after = parseRetryAfter(textOf(headers['retry-after']), Date.now())
      return {
        ...{ kind: 'answered', http_status, address: address.address },
        ...(digest === undefined ? {} : { response_digest: digest }),
        ...(retry_after === undefined ? {} : { retry_after }),
      }
    })
  }

  return {
    async post(url, headers, body, stop) {
      const deadline = AbortSignal.timeout(options.totalMs)
      const signal = AbortSignal.any([stop, deadline])
      const target = await orAborted(options.resolve(url), signal)
      if (target === undefined) {
        if (stop.aborted) return { kind: 'interrupted' }
        return { kind: 'failed', code: 'PT-5003', detail: 'DNS did not answer in time' }
      }
      if (target.kind !== 'target') return target
      const request = { headers, body, signal }
      let unreached: Outcome | undefined
      for (const address of target.addresses.slice(0, MAX_ADDRESSES)) {
        try {
          return await send(target.url, address, request)
        } catch (error) {
          if (stop.aborted) return { kind: 'interrupted', address: address.address }
          const failed = describe(error, address.address, deadline.aborted)
          // Only where no connection was made may another address be tried: nothing was sent.
          if (!(error instanceof NotConnected) || deadline.aborted) return failed
          unreached ??= failed
        }
      }
      return unreached ?? { kind: 'failed', code: 'PT-5003', detail: 'no address' }
    },
    close: () => pools.close(),
  }
}

interface Request {
  headers: Record<string, string>
  body: string
  signal: AbortSignal
}

/** The connection was not made; `cause` says why. */
class NotConnected extends Error {
  override name = 'NotConnected'
}

function describe(error: unknown, address: string, timedOut: boolean): Outcome {
  const connected = !(error instanceof NotConnected)
  const cause = connected ? error : error.cause
  const code = errorCode(cause)
  const detail = cause instanceof Error ? cause.message : String(cause)
  const answer = (one: CallbackCode): Outcome => ({ kind: 'failed', code: one, detail, address })
  if (timedOut || (code.endsWith('_TIMEOUT') && connected)) return answer('PT-5006')
  if (/CERT|TLS|SSL|SIGNATURE|ISSUER/.test(code)) return answer('PT-5005')
  return answer(connected ? 'PT-5011' : 'PT-5004')
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : ''
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}

/** `sha256:<hex>` of a body of at most `limit` bytes; undefined when longer or broken off. */
async function digestBody(
  body: Dispatcher.ResponseData['body'],
  limit: number,
): Promise<string | undefined> {
  const hash = createHash('sha256')
  let read = 0
  try {
    for await (const chunk of body) {
      // undici's bodies are binary streams
      const bytes = chunk as Buffer
      read += bytes.length
      if (read > limit) return undefined
      hash.update(bytes)
    }
    return `sha256:${hash.digest('hex')}`
  } catch {
    return undefined
  } finally {
    body.destroy()
    // a destroyed body may still tell of it
    body.on('error', () => undefined)
  }
}

/** The promise's value, or undefined when the signal comes first. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const give = () => resolve(undefined)
    if (signal.aborted) give()
    signal.addEventListener('abort', give, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', give))
  })
}

/** Connections by origin and pinned address: a new answer of DNS never meets an old connection. */
function makePools({ connectMs, connections }: DeliverOptions) {
  const pools = new Map<string, { pool: Pool; users: number }>()

  function poolFor(key: string, url: URL, { address }: Address) {
    const known = pools.get(key)
    if (known) return known
    const pool = new Pool(url.origin, {
      connections,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      // the deadline of the whole attempt covers both
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: pinnedConnector(address, connectMs),
    })
    const made = { pool, users: 0 }
    pools.set(key, made)
    return made
  }

  async function dropIdle(): Promise<void> {
    for (const [key, { pool, users }] of pools) {
      if (pools.size <= MAX_POOLS) return
      if (users > 0) continue
      pools.delete(key)
      await pool.close()
    }
  }

  return {
    async use<T>(url: URL, address: Address, act: (pool: Pool) => Promise<T>): Promise<T> {
      const key = `${url.origin} ${address.address}`
      const entry = poolFor(key, url, address)
      entry.users += 1
      try {
        return await act(entry.pool)
      } finally {
        entry.users -= 1
        await dropIdle()
      }
    },
    async close(): Promise<void> {
      const all = [...pools.values()].map(({ pool }) => pool.destroy())
      pools.clear()
      await Promise.all(all)
    },
  }
}

/** Connects to `address` whatever name the request has, and checks that the peer is that address. */
function pinnedConnector(address: string, timeout: number): buildConnector.connector {
  const connect = buildConnector({ timeout, allowH2: false, autoSelectFamily: false })
  return (options, callback) => {
    const servername = isIP(bareHost(options.hostname)) ? undefined : options.hostname
    const pinned = { ...options, hostname: address, host: address }
    connect(servername === undefined ? pinned : { ...pinned, servername }, (error, socket) => {
      if (error || !socket)
        return callback(new NotConnected('not connected', { cause: error }), null)
      if (isPeer(socket, address)) return callback(null, socket)
      socket.destroy()
      callback(new NotConnected('not connected', { cause: new Error('another peer') }), null)
    })
  }
}

function bareHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}

function isPeer({ remoteAddress }: Socket | TLSSocket, address: string): boolean {
  return remoteAddress !== undefined && plain(remoteAddress) === plain(address)
}

/** One spelling per address; an IPv4-mapped one is the IPv4 address that the socket reaches. */
function plain(address: string): string {
  return ipaddr.process(address).toString()
}
