import { isIP, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import ipaddr from 'ipaddr.js'
import { buildConnector, Pool } from 'undici'
import type { Address } from './target.ts'

/** Receivers whose closed pools are kept for the next callback. */
const MAX_POOLS = 64
/** Idle connections end before the receiver's side would end them. */
const KEEP_ALIVE_MS = 1_000

/** The connection was not made; `cause` says why. */
export class NotConnected extends Error {
  override name = 'NotConnected'
}

export interface PoolOptions {
  /** Milliseconds for one address to accept the connection, TLS included. */
  connectMs: number
  /** Connections to one address of one receiver. */
  connections: number
}

export interface Pools {
  /** Lends the connections to this address for one request. */
  use<T>(url: URL, address: Address, act: (pool: Pool) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** Connections by origin and pinned address: a new answer of DNS never meets an old connection. */
export function makePools({ connectMs, connections }: PoolOptions): Pools {
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
