import { describe, expect, test } from 'vitest'
import { readFundingRequest } from './funding-request.ts'

const drawn = () => 'manual-1'

describe('a funding request', () => {
  test('needs no more than credits', () => {
    expect(readFundingRequest('acme', { credits: 5 }, drawn)).toEqual({
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
    expect(readFundingRequest('acme', body, drawn)).toEqual({
      request: { account: 'acme', ...body },
    })
  })

  test('is answered with all its faults at once', () => {
    const body = { credits: 1.5, reference: '', amount: '1,5', provider: 'x' }
    expect(readFundingRequest(' ', body, drawn)).toEqual({
      faults: [
        'provider is not known here',
        'the account is a text of 1 to 200 printable ASCII characters',
        'credits is a whole number from 1',
        'reference is a text of 1 to 200 printable ASCII characters',
        'amount is a decimal number as text',
      ],
    })
  })

  test.each([null, [], 'credits', 7])('is an object, not %j', (body) => {
    expect(readFundingRequest('acme', body, drawn)).toEqual({
      faults: ['the body is a JSON object'],
    })
  })
})
