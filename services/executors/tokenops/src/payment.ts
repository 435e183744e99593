import {
  type EvidenceItem,
  type Exact,
  foldWord,
  minorUnits,
  readAmount,
  tokenAmount,
} from '@prooftrail/executor-sdk'
import { readChain } from './chains.ts'
import { readParty } from './parties.ts'
import { knownToken, readToken, type Token } from './tokens.ts'

type Money = InstanceType<typeof Exact>

/** A value with the member that says it, as it was written. */
export interface Said<T> {
  value: T
  member: string
  text: string
}

/** What a request asks for or a settlement moved, as far as an item says it. */
export interface Payment {
  /** Of the item that says it. */
  reference: string
  chain?: Said<string>
  token?: Said<Token>
  symbol?: Said<Token>
  decimals?: Said<number>
  /** In whole units of the token or currency where `unit` is `whole`, else in its smallest. */
  amount?: Said<Money>
  unit?: 'whole' | 'smallest'
  payee?: Said<string>
  payer?: Said<string>
  /** The request allows less than its amount (x402's scheme `upto`). */
  upTo: boolean
  /** What could not be read, or contradicts itself: each makes the item unresolved. */
  faults: string[]
}

/** Members by what they say; found without case and underscores (`payTo`, `pay_to`). */
const MEMBERS = {
  chain: ['chain', 'chain_id', 'network', 'network_id', 'blockchain', 'caip2'],
  token: [
    'asset',
    'token',
    'asset_address',
    'token_address',
    'contract',
    'contract_address',
    'mint',
  ],
  symbol: ['symbol', 'asset_symbol', 'token_symbol', 'currency', 'currency_or_asset'],
  decimals: ['decimals', 'token_decimals', 'asset_decimals'],
  smallest: ['max_amount_required', 'amount_atomic', 'atomic_amount', 'amount_minor', 'value'],
  amount: ['amount', 'amount_due', 'amount_paid', 'amount_received', 'total'],
  payee: ['to', 'pay_to', 'payee', 'recipient', 'receiver', 'beneficiary', 'destination'],
  payer: ['from', 'payer', 'sender', 'buyer', 'paid_by'],
  scheme: ['scheme'],
} as const

type What = keyof typeof MEMBERS

const WHAT_OF: ReadonlyMap<string, What> = new Map(
  Object.entries(MEMBERS).flatMap(([what, members]) =>
    // Object.entries forgets the key type of a closed literal
    members.map((member): [string, What] => [foldWord(member), what as What]),
  ),
)

/** Members whose object says more of the same payment. */
const INNER = new Set(
  ['payment_requirements', 'requirements', 'payment_response', 'settlement', 'receipt', 'data'].map(
    foldWord,
  ),
)

/** The payments that an item may stand for: one, or the options of an x402 request (`accepts`). */
export function readPayments(item: EvidenceItem): Payment[] {
  const { accepts } = item
  const options = Array.isArray(accepts) ? accepts.filter(isRecord) : []
  if (options.length === 0) return [readPayment(item.reference, item)]
  return options.map((option) => readPayment(item.reference, { ...item, ...option }))
}

function readPayment(reference: string, item: { [member: string]: unknown }): Payment {
  const payment: Payment = { reference, upTo: false, faults: [] }
  const said = new Map<What, Said<unknown>[]>()
  for (const one of membersOf(item)) {
    const what = WHAT_OF.get(foldWord(one.member))
    if (what === undefined || isBlank(one.value)) continue
    said.set(what, [...(said.get(what) ?? []), one])
  }
  const take = <T>(what: What, read: (value: unknown) => { value: T } | { reason: string }) =>
    agreed(what, said.get(what) ?? [], read, payment.faults)
  const chain = take('chain', (value) => renamed(readChain(value), 'chain'))
  const token = take('token', (value) => renamed(readToken(value), 'token'))
  const symbol = take('symbol', (value) => renamed(readToken(value), 'token'))
  const decimals = take('decimals', readDecimals)
  const payee = take('payee', (value) => renamed(readParty(value), 'party'))
  const payer = take('payer', (value) => renamed(readParty(value), 'party'))
  payment.upTo = (said.get('scheme') ?? []).some(({ value }) => value === 'upto')
  if (chain) payment.chain = chain
  if (token?.value.chain) {
    if (chain && chain.value !== token.value.chain) {
      payment.faults.push(`${told(token)} is on another chain than ${told(chain)}`)
    } else payment.chain = { ...token, value: token.value.chain }
  }
  if (token) payment.token = token
  if (symbol) payment.symbol = symbol
  if (decimals) payment.decimals = decimals
  if (payee) payment.payee = payee
  if (payer) payment.payer = payer
  checkDecimals(payment)
  readAmountOf(payment, said)
  return payment
}

function membersOf(item: { [member: string]: unknown }): Said<unknown>[] {
  return Object.entries(item).flatMap(([member, value]) => {
    if (INNER.has(foldWord(member)) && isRecord(value)) return membersOf(value)
    return [{ member, value, text: textOf(value) }]
  })
}

/** Several members may say the same thing; what they say must be one. */
function agreed<T>(
  what: What,
  all: readonly Said<unknown>[],
  read: (value: unknown) => { value: T } | { reason: string },
  faults: string[],
): Said<T> | undefined {
  let first: Said<T> | undefined
  for (const one of all) {
    const found = read(one.value)
    if ('reason' in found) {
      faults.push(`${told(one)} cannot be read: ${found.reason}`)
    } else if (first === undefined) {
      first = { ...one, value: found.value }
    } else if (textOf(first.value) !== textOf(found.value)) {
      faults.push(`${told(first)} and ${told(one)} name two ${what}s`)
    }
  }
  return first
}

/** A token's decimals are what its issuer says, whatever an item says. */
function checkDecimals(payment: Payment): void {
  const known = knownToken(payment.chain?.value, payment.token?.value)
  if (known === undefined) return
  const { decimals, symbol, faults, token } = payment
  if (decimals && decimals.value !== known.decimals) {
    faults.push(`${told(decimals)}, but ${token?.text} has ${known.decimals}`)
  }
  if (symbol && symbol.value.id !== known.symbol) {
    faults.push(`${told(symbol)}, but ${token?.text} is ${known.symbol}`)
  }
  if (!decimals && token) {
    payment.decimals = { value: known.decimals, member: token.member, text: token.text }
  }
}

/** An amount in smallest units becomes one in whole units wherever the decimals are known. */
function readAmountOf(payment: Payment, said: ReadonlyMap<What, readonly Said<unknown>[]>): void {
  const smallest = said.get('smallest')?.[0]
  const amount = smallest ?? said.get('amount')?.[0]
  if (amount === undefined) return
  const read = readAmount(amount.value)
  if ('reason' in read) {
    payment.faults.push(`${told(amount)} cannot be read: ${read.reason}`)
    return
  }
  if (!read.amount.isPositive() || read.amount.isZero()) {
    payment.faults.push(`${told(amount)} is no payment`)
    return
  }
  const places = payment.decimals?.value ?? fiatDigits(payment, smallest !== undefined)
  const isCount =
    smallest !== undefined || (payment.decimals !== undefined && read.amount.isInteger())
  if (!isCount) {
    payment.amount = { ...amount, value: read.amount }
    payment.unit = 'whole'
  } else if (places === undefined) {
    payment.amount = { ...amount, value: read.amount }
    payment.unit = 'smallest'
  } else {
    const whole = tokenAmount(read.amount.toFixed(), places)
    if ('reason' in whole) payment.faults.push(`${told(amount)} cannot be read: ${whole.reason}`)
    else {
      payment.amount = { ...amount, value: whole.amount }
      payment.unit = 'whole'
    }
  }
}

function fiatDigits({ symbol }: Payment, isSmallest: boolean): number | undefined {
  return isSmallest && symbol ? minorUnits(symbol.value.id) : undefined
}

function readDecimals(value: unknown): { value: number } | { reason: string } {
  const number = typeof value === 'string' && /^\d{1,2}$/.test(value.trim()) ? Number(value) : value
  const isCount = typeof number === 'number' && Number.isInteger(number)
  if (isCount && number >= 0 && number <= 36) return { value: number }
  return { reason: 'decimals are a whole number from 0 to 36' }
}

/** A member and its value, for a sentence. */
export function told({ member, text }: Pick<Said<unknown>, 'member' | 'text'>): string {
  return `${member} ${text}`
}

function renamed<N extends string, T>(
  read: { [name in N]: T } | { reason: string },
  name: N,
): { value: T } | { reason: string } {
  return 'reason' in read ? read : { value: read[name] }
}

function isRecord(value: unknown): value is { [member: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && !/\S/.test(value))
}

function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}
