import { describe, expect, test } from 'vitest'
import { readFundingRequest } from './funding-request.ts'

const drawn = () => 'manual-1'
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value))

describe('a funding request', () => {
  test('needs no more than credits', () => {
    expect(readFundingRequest('acme', bytes({ credits: 5 }), drawn)).toEqual({
      request: {
        account: 'acme',
        credits: 5,
        reference: 'manual-1',
        settlement_provider: 'manual_invoice',
      },
    })
  })

  test('carries what the provider said', () => {
    const body = {
      ...{ credits: 5, reference: 'pi_1', settlement_provider: 'stripe_stablecoin' },
      ...{ asset: 'USDC', amount: '12.50' },
    }
    expect(readFundingRequest('acme', bytes(body), drawn)).toEqual({
      request: { account: 'acme', ...body },
    })
  })

  test('is answered with all its faults at once', () => {
    const body = { credits: 1.5, reference: '', amount: '1,5', provider: 'x' }
    expect(readFundingRequest(' ', bytes(body), drawn)).toEqual({
      faults: [
        'provider is not known here',
        'the account is a text of 1 to 200 printable ASCII characters',
        'credits is a whole number from 1',
        'reference is a text of 1 to 200 printable ASCII characters',
        'amount is a decimal number above 0 as text',
      ],
    })
  })

  test.each([
    '{"credits":5,"credits":500000}',
    '{"credits":5,"asset":"A","\\u0061sset":"B"}',
    '{"credits":5}\ufeff',
    'credits=5',
    '',
  ])('is one reading of its bytes, not %j', (text) => {
    const read = readFundingRequest('acme', Buffer.from(text), drawn)
    expect(read).toMatchObject({ faults: [expect.any(String)] })
  })

  test.each(['-12.50', '0', '0.00', '1e3', '+5', '.5'])('funds nothing for %s', (amount) => {
    expect(readFundingRequest('acme', bytes({ credits: 7, amount }), drawn)).toEqual({
      faults: ['amount is a decimal number above 0 as text'],
    })
  })

  test.each(['0.01', '12.50', '100', '0.000000000000000001'])('takes %s', (amount) => {
    const read = readFundingRequest('acme', bytes({ credits: 7, amount }), drawn)
    expect(read).toMatchObject({ request: { amount } })
  })

  test.each([null, [], 'credits', 7])('is an object, not %j', (body) => {
    const read = readFundingRequest('acme', bytes(body), drawn)
    expect(read).toMatchObject({ faults: [expect.any(String)] })
  })
})
