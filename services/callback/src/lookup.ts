import { Resolver } from 'node:dns/promises'
import type { Address, Lookup } from './target.ts'

export interface LookupOptions {
  /** Milliseconds that a name server has for its first answer. */
  timeoutMs: number
  /** How often one is asked. */
  tries: number
  /** `address` or `address:port`; default: those of the machine. */
  servers?: readonly string[]
}

const LOCALHOST: readonly Address[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/**
 * Asks name servers directly (c-ares, which waits on sockets of its own). `getaddrinfo` would wait on
 * the process's few threads, so that a dozen names whose server is silent held up the look-ups and
 * signature checks of everybody else.
 * L1 A silent name server delays its own names only, and each of them by `timeoutMs` × `tries` and
 *    what c-ares adds between tries.
 * The hosts file is not read; `localhost` is the loopback addresses (RFC 6761, section 6.3).
 * @returns IPv4 and IPv6 addresses in turn, since only the first few of them are tried
 */
export function makeLookup({ timeoutMs, tries, servers }: LookupOptions): Lookup {
  const resolver = new Resolver({ timeout: timeoutMs, tries })
  if (servers) resolver.setServers(servers)
  return async (hostname) => {
    if (hostname === 'localhost') return [...LOCALHOST]
    const [four, six] = await Promise.allSettled([
      resolver.resolve4(hostname),
      resolver.resolve6(hostname),
    ])
    const v4 = four.status === 'fulfilled' ? four.value : []
    const v6 = six.status === 'fulfilled' ? six.value : []
    const found: Address[] = []
    for (let i = 0; i < Math.max(v4.length, v6.length); i += 1) {
      const [a, b] = [v4[i], v6[i]]
      if (a !== undefined) found.push({ address: a, family: 4 })
      if (b !== undefined) found.push({ address: b, family: 6 })
    }
    if (found.length === 0 && four.status === 'rejected') throw four.reason
    return found
  }
}
