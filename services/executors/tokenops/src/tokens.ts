import { readChain } from './chains.ts'

/**
 * Tokens: by contract (or CAIP-19 id, chainagnostic.org/CAIPs/caip-19), or by symbol. A symbol is a
 * name that anybody may give a contract, so it agrees with a contract only where the list says so.
 */
export interface Token {
  /** As it is compared: an EVM contract in lower case, else as written; a symbol in capitals. */
  id: string
  form: 'contract' | 'symbol'
  /** Where a CAIP-19 id names it. */
  chain?: string
}

export type TokenRead = { token: Token } | { reason: string }

/** What a contract is, as its issuer publishes it. */
interface KnownToken {
  symbol: string
  decimals: number
}

/**
 * Contracts whose symbol and decimals are known without asking a chain, by `<CAIP-2>/<contract>`.
 * USDC: developers.circle.com/stablecoins/usdc-contract-addresses; those on eip155:56 are
 * Binance-Peg tokens of 18 decimals (bscscan.com).
 */
const KNOWN: ReadonlyMap<string, KnownToken> = new Map([
  ['eip155:1/0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48', { symbol: 'USDC', decimals: 6 }],
  ['eip155:10/0x0b2c639c533813f4aa9d7837caf62653d097ff85', { symbol: 'USDC', decimals: 6 }],
  ['eip155:137/0x3c499c542cef5e3811e1192ce70d8cc03d5c3359', { symbol: 'USDC', decimals: 6 }],
  ['eip155:8453/0x833589fcd6edb6e08f4c7c32d4f71b54bda02913', { symbol: 'USDC', decimals: 6 }],
  ['eip155:42161/0xaf88d065e77c8cc2239327c5edb3a432268e5831', { symbol: 'USDC', decimals: 6 }],
  ['eip155:43114/0xb97ef9ef8734c71904d8002f8b6bc66dd9c48a6e', { symbol: 'USDC', decimals: 6 }],
  ['eip155:84532/0x036cbd53842c5426634e7929541ec2318f3dcf7e', { symbol: 'USDC', decimals: 6 }],
  ['eip155:56/0x8ac76a51cc950d9822d68b83fe1ad97b32cd580d', { symbol: 'USDC', decimals: 18 }],
  ['eip155:56/0x55d398326f99059ff775485246999027b3197955', { symbol: 'USDT', decimals: 18 }],
  ['eip155:1/0xdac17f958d2ee523a2206206994597c13d831ec7', { symbol: 'USDT', decimals: 6 }],
  [
    'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp/EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v',
    { symbol: 'USDC', decimals: 6 },
  ],
])

/** What is known of a contract on a chain; undefined for a symbol and for what is on no list. */
export function knownToken(
  chain: string | undefined,
  token: Token | undefined,
): KnownToken | undefined {
  return token?.form === 'contract' ? KNOWN.get(`${token.chain ?? chain}/${token.id}`) : undefined
}

/** Reads a contract, a CAIP-19 id or a symbol. */
export function readToken(value: unknown): TokenRead {
  if (typeof value !== 'string') return { reason: 'it is no text' }
  const text = value.trim()
  const [, chainText, reference] =
    /^([-a-z0-9]{3,8}:[-_a-zA-Z0-9]{1,32})\/[-a-z0-9]{3,8}:([-.%a-zA-Z0-9]{1,128})$/.exec(text) ??
    []
  if (chainText !== undefined && reference !== undefined) {
    const read = readChain(chainText)
    if ('reason' in read) return read
    return { token: { id: contractId(reference), form: 'contract', chain: read.chain } }
  }
  if (/^0x/i.test(text)) {
    if (!/^0x[0-9a-f]{40}$/i.test(text)) return { reason: 'a contract is 0x and 40 hex digits' }
    if (/^0x0{40}$/.test(text)) return { reason: 'it is the zero address' }
    return { token: { id: contractId(text), form: 'contract' } }
  }
  if (/^[1-9A-HJ-NP-Za-km-z]{32,44}$/.test(text)) return { token: { id: text, form: 'contract' } }
  if (/^[A-Za-z][A-Za-z0-9.]{1,11}$/.test(text)) {
    return { token: { id: text.toUpperCase(), form: 'symbol' } }
  }
  return { reason: 'it is no contract, CAIP-19 id or symbol' }
}

function contractId(text: string): string {
  return /^0x/i.test(text) ? text.toLowerCase() : text
}

/**
 * Whether two tokens are one. Undefined: a contract and a symbol that no list brings together, which
 * cannot be seen without asking the chain.
 */
export function sameToken(
  one: { chain?: string; token: Token },
  other: { chain?: string; token: Token },
): boolean | undefined {
  if (one.token.form === other.token.form) return one.token.id === other.token.id
  const [contract, symbol] = one.token.form === 'contract' ? [one, other] : [other, one]
  const known = knownToken(contract.chain, contract.token)
  return known === undefined ? undefined : known.symbol === symbol.token.id
}
