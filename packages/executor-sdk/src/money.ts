import { data } from 'currency-codes'
import { Decimal } from 'decimal.js'

/**
 * Amounts, exactly: decimals of decimal.js, minor units of ISO 4217 by currency-codes.
 * A1 An amount is a plain decimal as text: digits, at most one point between them, a minus in front.
 *    Separators, brackets, exponents, signs of another kind and currency signs are never guessed at.
 * A2 A number of JSON is an amount while it is exact: at most 15 digits, no exponent.
 * A3 Sums are exact; amounts of two currencies or assets are never added.
 */
export type Money = InstanceType<typeof Decimal>

/** Exact for every amount that `readAmount` and `tokenAmount` read, and for sums of millions of them. */
export const Exact: typeof Decimal = Decimal.clone({
  precision: 200,
  toExpNeg: -200,
  toExpPos: 200,
})

/** An amount, or why the value is none, in words that end a sentence about it. */
export type AmountRead = { amount: Money } | { reason: string }

const DECIMAL = /^-?\d{1,40}(\.\d{1,40})?$/

/** Reads a decimal amount; never throws. */
export function readAmount(value: unknown): AmountRead {
  if (typeof value !== 'string' && typeof value !== 'number') return { reason: 'it is no text' }
  const text = String(value)
  if (!DECIMAL.test(text)) return { reason: 'it is no plain decimal such as 1250.00' }
  const amount = new Exact(text)
  if (typeof value === 'number' && amount.precision() > 15) {
    return { reason: 'a number of more than 15 digits is not exact: write it as text' }
  }
  return { amount }
}

/**
 * What a count of a token's smallest units is worth: `tokenAmount('10000000', 6)` is 10.
 * @param units digits as text, or a safe integer
 * @param decimals the token's own, a whole number from 0 to 36
 */
export function tokenAmount(units: unknown, decimals: unknown): AmountRead {
  const isCount = typeof units === 'number' && Number.isSafeInteger(units) && units >= 0
  const isDigits = typeof units === 'string' && /^\d{1,80}$/.test(units)
  if (!isCount && !isDigits) return { reason: 'units are digits without sign or point' }
  const places = typeof decimals === 'string' ? Number(decimals.trim() || Number.NaN) : decimals
  if (typeof places !== 'number' || !Number.isInteger(places) || places < 0 || places > 36) {
    return { reason: 'decimals are a whole number from 0 to 36' }
  }
  return { amount: new Exact(units).div(new Exact(10).pow(places)) }
}

/** The sum of amounts of one currency or asset; 0 of none. */
export function sum(amounts: Iterable<Money>): Money {
  let total: Money | undefined
  for (const amount of amounts) total = total === undefined ? amount : total.plus(amount)
  return total ?? new Exact(0)
}

/** Metals, units of account and codes for tests, for which ISO 4217 names no minor unit. */
const WITHOUT_MINOR: ReadonlySet<string> = new Set(
  'XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX'.split(' '),
)

const MINOR_UNITS: ReadonlyMap<string, number> = new Map(
  data
    .filter(({ code }) => !WITHOUT_MINOR.has(code))
    .map(({ code, digits }): [string, number] => [code, digits]),
)

/** Digits of a currency's minor unit by ISO 4217 (`USD` 2, `JPY` 0); undefined for any other asset. */
export function minorUnits(currency: string): number | undefined {
  return MINOR_UNITS.get(currency)
}

/** Whether an amount can be paid in a currency: it is no finer than the minor unit, where there is one. */
export function isPayable(amount: Money, currency: string): boolean {
  const digits = minorUnits(currency)
  return digits === undefined || amount.decimalPlaces() <= digits
}
