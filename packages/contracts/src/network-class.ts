/** What kind of network an address belongs to, embedded IPv4 included. */
import ipaddr from 'ipaddr.js'

/** `public` is the only class that a callback may reach by itself. */
export type NetworkClass =
  | 'public'
  | 'unspecified'
  | 'loopback'
  | 'private'
  | 'link_local'
  | 'metadata'
  | 'cgnat'
  | 'multicast'
  | 'broadcast'
  | 'ula'
  | 'mapped'
  | 'nat64'
  | 'sixtofour'
  | 'teredo'
  | 'reserved'
  | 'invalid'

/** Addresses where clouds serve credentials; some of them look public. */
const METADATA = new Set([
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
])

/** Reserved parts of IPv4 that routers do not carry as public (IANA special-purpose registry). */
const RESERVED_V4 = [
  '0.0.0.0/8',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '240.0.0.0/4',
].map((range) => ipaddr.IPv4.parseCIDR(range))

/** First match wins; what is left of 2000::/3 is public, all else is reserved. */
const V6: readonly (readonly [NetworkClass, string])[] = [
  ['unspecified', '::/128'],
  ['loopback', '::1/128'],
  ['mapped', '::ffff:0:0/96'],
  ['mapped', '::ffff:0:0:0/96'],
  ['mapped', '::/96'],
  ['nat64', '64:ff9b::/96'],
  ['nat64', '64:ff9b:1::/48'],
  ['sixtofour', '2002::/16'],
  ['teredo', '2001::/32'],
  ['ula', 'fc00::/7'],
  ['link_local', 'fe80::/10'],
  ['private', 'fec0::/10'],
  ['multicast', 'ff00::/8'],
  ['reserved', '2001::/23'],
  ['reserved', '2001:db8::/32'],
  ['reserved', '2620:4f:8000::/48'],
  ['reserved', '3fff::/20'],
  ['public', '2000::/3'],
]
const RANGES_V6 = V6.map(([name, range]) => [name, ipaddr.IPv6.parseCIDR(range)] as const)

/** The class of an address in any spelling that is one (`[…]` and zones too); else `invalid`. */
export function classifyAddress(ip: string): NetworkClass {
  const address = parseAddress(ip)
  if (address === undefined) return 'invalid'
  if (METADATA.has(address.toString())) return 'metadata'
  return address instanceof ipaddr.IPv4 ? classifyV4(address) : classifyV6(address)
}

/**
 * Whether a callback may connect to the address: it is public, or lies in one of the allowed
 * networks (CIDR). An IPv4-mapped address is the IPv4 address that a socket would reach.
 */
export function allowedAddress(ip: string, allowedNetworks: readonly string[]): boolean {
  const address = parseAddress(ip)
  if (address === undefined) return false
  return classifyAddress(ip) === 'public' || inNetworks(address, allowedNetworks)
}

/** Whether the text is an address in an allowed network. @throws Error for a network that is no CIDR */
export function inAllowedNetwork(ip: string, allowedNetworks: readonly string[]): boolean {
  const address = parseAddress(ip)
  return address !== undefined && inNetworks(address, allowedNetworks)
}

type Address = ipaddr.IPv4 | ipaddr.IPv6

function inNetworks(address: Address, networks: readonly string[]): boolean {
  const mapped = address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress()
  const reached = mapped ? address.toIPv4Address() : address
  return parsedNetworks(networks).some(
    ([range, bits]) => range.kind() === reached.kind() && reached.match(range, bits),
  )
}

/** A deployment's list is asked about several times an order, and read once. */
const parsed = new WeakMap<readonly string[], readonly [Address, number][]>()

/** @throws Error for a network that is no CIDR */
function parsedNetworks(networks: readonly string[]): readonly [Address, number][] {
  const known = parsed.get(networks)
  if (known) return known
  const ranges = networks.map((network) => ipaddr.parseCIDR(network))
  parsed.set(networks, ranges)
  return ranges
}

function parseAddress(ip: string): Address | undefined {
  const text = ip.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '')
  return ipaddr.isValid(text) ? ipaddr.parse(text) : undefined
}

function classifyV4(address: ipaddr.IPv4): NetworkClass {
  switch (address.range()) {
    case 'unspecified':
      return 'unspecified'
    case 'broadcast':
      return 'broadcast'
    case 'multicast':
      return 'multicast'
    case 'linkLocal':
      return 'link_local'
    case 'loopback':
      return 'loopback'
    case 'carrierGradeNat':
      return 'cgnat'
    case 'private':
      return 'private'
  }
  return RESERVED_V4.some((range) => address.match(range)) ? 'reserved' : 'public'
}

function classifyV6(address: ipaddr.IPv6): NetworkClass {
  const [name = 'reserved'] = RANGES_V6.find(([, range]) => address.match(range)) ?? []
  // ISATAP carries an IPv4 address in any prefix: ::0:5efe:a.b.c.d
  if (name === 'public' && address.parts[5] === 0x5efe) return 'mapped'
  return name
}
