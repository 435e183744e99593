import { createHash } from 'node:crypto'
import type { Code } from '@prooftrail/contracts'
import type { Dispatcher } from 'undici'
import type { CallbackCode } from './codes.ts'
import { makePools, NotConnected, type PoolOptions } from './pinned.ts'
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
export interface DeliverOptions extends PoolOptions {
  resolve: Resolve
  /** Milliseconds for everything. */
  totalMs: number
  responseBytes: number
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

/** Addresses of one answer that are tried. */
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
