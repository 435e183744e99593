import type { LookupAddress } from 'node:dns'
import { isIP } from 'node:net'
import type { Code, Fault } from '@prooftrail/contracts'
import type { CallbackCode } from './codes.ts'

/** An address that a name resolved to. */
export type Address = LookupAddress

/** All addresses of a host name, in the order in which they are to be tried. Rejects when none. */
export type Lookup = (hostname: string) => Promise<Address[]>

/** Where a callback may go. */
export interface Guard {
  /** The parsed URL, or why it may not be called: its form, scheme, port, host. */
  checkUrl(url: string): URL | { refused: Pick<Fault, 'code' | 'detail'> }
  /** Undefined when the address may be connected to, else why not. */
  refuseAddress(address: string): string | undefined
}

export type Target =
  | { kind: 'target'; url: URL; addresses: Address[] }
  | { kind: 'refused'; code: Code; detail: string }
  | { kind: 'failed'; code: CallbackCode; detail: string }

export type Resolve = (url: string) => Promise<Target>

/**
 * Guards a URL and resolves its host once. One forbidden address among several refuses them all: a
 * name that mixes public and private addresses is an attack or a mistake, and the answer must not
 * depend on which of them comes first.
 */
export function makeResolve(guard: Guard, lookup: Lookup): Resolve {
  return async (text) => {
    const url = guard.checkUrl(text)
    if ('refused' in url) return { kind: 'refused', ...onlyCode(url.refused) }
    const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1')
    const family = isIP(hostname)
    let addresses: Address[]
    try {
      addresses = family === 0 ? await lookup(hostname) : [{ address: hostname, family }]
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      return { kind: 'failed', code: 'PT-5003', detail }
    }
    const reasons = addresses.map(({ address }) => guard.refuseAddress(address))
    // localhost is one machine with two spellings: the guard excepts it, and which ones may be used
    const usable =
      hostname === 'localhost' ? addresses.filter((_, i) => reasons[i] === undefined) : addresses
    const refused = reasons.find((reason) => reason !== undefined)
    if (refused !== undefined && (usable.length === 0 || usable === addresses)) {
      return { kind: 'refused', code: 'PT-5002', detail: refused }
    }
    if (usable.length > 0) return { kind: 'target', url, addresses: usable }
    return { kind: 'failed', code: 'PT-5003', detail: `${hostname} has no address` }
  }
}

function onlyCode({ code, detail }: Pick<Fault, 'code' | 'detail'>): {
  code: Code
  detail: string
} {
  return { code, detail }
}
