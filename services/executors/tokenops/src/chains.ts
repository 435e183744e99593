import { foldWord } from '@prooftrail/executor-sdk'

/**
 * Chains by their CAIP-2 ids (chainagnostic.org/CAIPs/caip-2), and the names that wallets, explorers
 * and payment protocols write for them. An id that is not listed is a chain all the same, and is
 * compared as it stands; a name that is not listed says nothing.
 */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  'eip155:1': ['ethereum', 'ethereum mainnet', 'mainnet', 'eth', 'homestead'],
  'eip155:10': ['optimism', 'op mainnet', 'op'],
  'eip155:56': ['bsc', 'bnb smart chain', 'bnb chain', 'binance smart chain'],
  'eip155:100': ['gnosis', 'gnosis chain', 'xdai'],
  'eip155:137': ['polygon', 'polygon pos', 'matic'],
  'eip155:324': ['zksync', 'zksync era'],
  'eip155:8453': ['base', 'base mainnet'],
  'eip155:42161': ['arbitrum', 'arbitrum one'],
  'eip155:42220': ['celo'],
  'eip155:43114': ['avalanche', 'avalanche c chain', 'avax'],
  'eip155:59144': ['linea'],
  'eip155:534352': ['scroll'],
  'eip155:11155111': ['sepolia', 'ethereum sepolia'],
  'eip155:84532': ['base sepolia'],
  'eip155:421614': ['arbitrum sepolia'],
  'eip155:11155420': ['op sepolia', 'optimism sepolia'],
  'eip155:80002': ['polygon amoy', 'amoy'],
  'eip155:43113': ['avalanche fuji', 'fuji'],
  'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp': ['solana', 'solana mainnet', 'solana mainnet beta'],
  'solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1': ['solana devnet'],
  'bip122:000000000019d6689c085ae165831e93': ['bitcoin', 'bitcoin mainnet', 'btc'],
}

const BY_NAME: ReadonlyMap<string, string> = new Map(
  Object.entries(NAMES).flatMap(([id, names]) =>
    names.map((name): [string, string] => [foldWord(name), id]),
  ),
)

const CAIP2 = /^[-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32}$/

/** A chain's CAIP-2 id, or why the value names none, in words that end a sentence about it. */
export type ChainRead = { chain: string } | { reason: string }

/** Reads a CAIP-2 id, a name, or the number of an EVM chain (decimal or hex). */
export function readChain(value: unknown): ChainRead {
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string') return { reason: 'it is no text' }
  const plain = text.trim()
  if (/^(0x[0-9a-f]{1,8}|[1-9]\d{0,15})$/i.test(plain)) return { chain: `eip155:${Number(plain)}` }
  if (/^eip155:/i.test(plain)) {
    const [, id] = /^eip155:([1-9]\d{0,15})$/i.exec(plain) ?? []
    return id === undefined ? { reason: 'an eip155 chain has a number' } : { chain: `eip155:${id}` }
  }
  if (CAIP2.test(plain)) return { chain: plain }
  const known = BY_NAME.get(foldWord(plain))
  return known === undefined
    ? { reason: 'it is no CAIP-2 id and no name on the list' }
    : { chain: known }
}

/** Whether transactions and addresses of the chain are hex as on Ethereum. */
export function isEvm(chain: string | undefined): boolean {
  return chain?.startsWith('eip155:') === true
}
