/**
 * Where a callback may go, asked at intake and again before each attempt (wire format section 8).
 * C1 https to a public name or address; http, and any port, only to an address literal (or
 *    `localhost`) inside an allowed network.
 * C2 the URL means the same to every parser: no user, fragment, percent-encoded, international or
 *    oddly spelled host.
 * C3 a name says nothing about its addresses: each one is asked by `allowedAddress` when it is
 *    resolved, and pinned.
 */
import ipaddr from 'ipaddr.js'
import type { Code } from './codes.ts'
import type { Fault } from './faults.ts'
import { classifyAddress, inAllowedNetwork } from './network-class.ts'

export interface CallbackRules {
  /** CIDR; empty by default. */
  readonly allowedNetworks?: readonly string[]
  /** Ports besides the usual ones, 443 and 8443. */
  readonly allowedPorts?: readonly number[]
}

const USUAL_PORTS: readonly number[] = [443, 8443]
const MAX_LENGTH = 2048

/** Names that never leave a network, as the last labels of a host. */
const LOCAL_NAMES = new Set([
  'localhost',
  'localdomain',
  'local',
  'internal',
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
  'arpa',
  'onion',
  'alt',
])

/** Everything that speaks against a callback URL: PT-9201 to PT-9205; none: it may be tried. */
export function checkCallbackUrl(url: string, rules: CallbackRules = {}): Fault[] {
  const faults: Fault[] = []
  const refuse = (code: Code, detail: string): void => {
    faults.push({ code, path: '', detail })
  }
  const [, authority] = /^https?:\/\/([^/?#\\]+)/i.exec(url) ?? []
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (authority === undefined || parsed === undefined || url.length > MAX_LENGTH) {
    const scheme = parsed !== undefined && !/^https?:$/.test(parsed.protocol)
    if (scheme) refuse('PT-9202', `${parsed.protocol} is not https`)
    else refuse('PT-9201', 'not an absolute https URL')
    return faults
  }
  const networks = rules.allowedNetworks ?? []
  const ports = [...USUAL_PORTS, ...(rules.allowedPorts ?? [])]
  const form = formFault(url, authority)
  if (form !== undefined) refuse('PT-9201', form)
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1')
  const literal = ipaddr.isValid(host)
  const local = literal ? host : host === 'localhost' ? '127.0.0.1' : undefined
  const excepted = local !== undefined && inAllowedNetwork(local, networks)
  if (!excepted) {
    if (parsed.protocol !== 'https:') refuse('PT-9202', `${parsed.protocol} is not https`)
    const port =
      parsed.port === '' ? (parsed.protocol === 'https:' ? 443 : 80) : Number(parsed.port)
    if (!ports.includes(port)) refuse('PT-9203', `port ${port}`)
    if (literal) {
      const networkClass = classifyAddress(host)
      if (networkClass !== 'public') refuse('PT-9204', `${host} is ${networkClass}`)
    } else {
      const name = nameFault(host)
      if (name !== undefined) refuse('PT-9205', name)
    }
  }
  if (literal && !spelledPlainly(authority, host)) {
    refuse('PT-9204', `${authority} is an odd spelling of ${host}`)
  }
  return faults
}

function formFault(url: string, authority: string): string | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (/[\u0000-\u0020\u007f\\]/.test(url)) return 'a space, control character or backslash'
  if (url.includes('#')) return 'a fragment'
  if (authority.includes('@')) return 'a user'
  if (authority.includes('%')) return 'a percent-encoded host'
  if (/[^\u0021-\u007e]/.test(authority)) return 'a host that is not ASCII'
  if (authority.endsWith(':')) return 'an empty port'
  return undefined
}

function nameFault(host: string): string | undefined {
  if (host.endsWith('.')) return `${host} ends in a dot`
  const labels = host.split('.')
  const last = labels.at(-1) ?? ''
  if (labels.length < 2) return `${host} is no full name`
  if (LOCAL_NAMES.has(last)) return `${host} is a local name`
  const wellFormed = labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label))
  if (!wellFormed || !/[a-z]/.test(last) || host.length > 253) return `${host} is no host name`
  return undefined
}

/** A URL parser reads 0177.1, 0x7f000001 and 2130706433 as addresses; a reader may not. */
function spelledPlainly(authority: string, host: string): boolean {
  const written = authority.replace(/^.*@/, '').replace(/:\d+$/, '')
  if (host.includes(':')) return written.startsWith('[') && !written.includes('%')
  return written === host
}
