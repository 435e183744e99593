import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Exact, isPayable, minorUnits, readAmount, sum, tokenAmount } from './money.ts'

const shown = (value: unknown) => {
  const read = readAmount(value)
  return 'amount' in read ? read.amount.toFixed() : undefined
}

describe('an amount', () => {
  test.each([
    ['1250.00', '1250'],
    ['-80.00', '-80'],
    ['0100.10', '100.1'],
    [100.1, '100.1'],
    [-3, '-3'],
    ['0.30000000000000004', '0.30000000000000004'],
    ['9007199254740993', '9007199254740993'],
  ])('%j is %s', (value, amount) => {
    expect(shown(value)).toBe(amount)
  })
  test.each([
    ['1,250.00'],
    ['1.250,00'],
    ['1 250'],
    ['(1250.00)'],
    ['−1250.00'],
    ['1250.00-'],
    ['+5'],
    ['100.'],
    ['.5'],
    ['1e3'],
    ['$5'],
    ['５'],
    [''],
    [1e-7],
    [1e21],
    [0.30000000000000004],
    [2 ** 53 + 2],
    [Number.NaN],
    [null],
    [true],
    [['5']],
  ])('%j is none', (value) => {
    expect(readAmount(value)).toHaveProperty('reason')
  })
  test('comes back as it was written, and sums are exact in any order', () => {
    const cents = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n })
    fc.assert(
      fc.property(fc.array(cents, { maxLength: 40 }), (list) => {
        const amounts = list.map((n) => new Exact(n.toString()).div(100))
        const total = new Exact(list.reduce((all, n) => all + n, 0n).toString()).div(100)
        expect(sum(amounts).eq(total)).toBe(true)
        expect(sum(amounts.reverse()).toFixed()).toBe(total.toFixed())
        for (const amount of amounts) expect(shown(amount.toFixed(2))).toBe(amount.toFixed())
      }),
    )
  })
})

describe('a token', () => {
  test.each([
    ['10000000', 6, '10'],
    ['10000000', 18, '0.00000000001'],
    [5, '0', '5'],
    [
      '115792089237316195423570985008687907853269984665640564039457584007913129639935',
      18,
      undefined,
    ],
  ])('%s of %s decimals', (units, decimals, amount) => {
    const read = tokenAmount(units, decimals)
    const back =
      'amount' in read ? read.amount.times(new Exact(10).pow(Number(decimals))) : undefined
    expect(back?.toFixed()).toBe(String(units))
    if (amount !== undefined && 'amount' in read) expect(read.amount.toFixed()).toBe(amount)
  })
  test.each([
    ['-1', 6],
    ['1.5', 6],
    ['0x10', 6],
    [1.5, 6],
    ['1', 6.5],
    ['1', -1],
    ['1', ''],
    ['1', undefined],
    ['1', 37],
  ])('%j of %j decimals is none', (units, decimals) => {
    expect(tokenAmount(units, decimals)).toHaveProperty('reason')
  })
})

test('minor units are those of ISO 4217', () => {
  const codes = ['USD', 'JPY', 'KWD', 'CLF', 'XAF', 'XAU', 'XXX', 'USDC', 'BTC']
  expect(codes.map(minorUnits)).toEqual([2, 0, 3, 4, 0, ...Array(4).fill(undefined)])
  expect(isPayable(new Exact('100.50'), 'JPY')).toBe(false)
  expect(isPayable(new Exact('100.00'), 'JPY')).toBe(true)
  expect(isPayable(new Exact('12.3450'), 'KWD')).toBe(true)
  expect(isPayable(new Exact('0.000001'), 'USDC')).toBe(true)
})
