import { TrailError } from '@prooftrail/trail'
import { parseStrict } from '@prooftrail/trail/encoding'
import { isCredits } from './credits.ts'
import { DEFAULT_PROVIDER } from './settlements.ts'

/** What an operator says about credits that were paid for. */
export interface FundingRequest {
  account: string
  credits: number
  reference: string
  settlement_provider: string
  asset?: string
  amount?: string
}

const MEMBERS = ['credits', 'reference', 'settlement_provider', 'asset', 'amount']
const NAME = /^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$/
/** What was paid: a decimal above zero. What goes back to a payer funds nothing. */
export const PAID: RegExp = /^(?=.*[1-9])(0|[1-9]\d{0,30})(\.\d{1,18})?$/

/**
 * Reads the body of a funding request; all faults at once. Money's door reads as strictly as that
 * of orders: a member given twice has two meanings (wire format section 1).
 * @param account from the path @param bytes of the body @param reference used when the body has none
 */
export function readFundingRequest(
  account: string,
  bytes: Uint8Array,
  reference: () => string,
): { request: FundingRequest } | { faults: string[] } {
  const body = parsed(bytes)
  if (typeof body === 'string') return { faults: [body] }
  const given = new Map(Object.entries(body))
  const faults = [...given.keys()]
    .filter((name) => !MEMBERS.includes(name))
    .map((name) => `${name} is not known here`)
  const text = (name: string, rule: RegExp, what: string): string | undefined => {
    const value: unknown = given.get(name)
    if (value === undefined) return undefined
    if (typeof value === 'string' && rule.test(value)) return value
    faults.push(`${name} is ${what}`)
    return undefined
  }
  const named = 'a text of 1 to 200 printable ASCII characters'
  if (!NAME.test(account)) faults.push(`the account is ${named}`)
  const credits: unknown = given.get('credits')
  if (!isCredits(credits) || credits === 0) faults.push('credits is a whole number from 1')
  const own = text('reference', NAME, named) ?? reference()
  if (!NAME.test(own)) faults.push(`the idempotency key is ${named}`)
  const settlement_provider = text('settlement_provider', NAME, named) ?? DEFAULT_PROVIDER
  const asset = text('asset', NAME, named)
  const amount = text('amount', PAID, 'a decimal number above 0 as text')
  if (faults.length > 0 || !isCredits(credits)) return { faults }
  return {
    request: {
      account,
      credits,
      reference: own,
      settlement_provider,
      ...(asset === undefined ? {} : { asset }),
      ...(amount === undefined ? {} : { amount }),
    },
  }
}

/** The JSON object that the bytes hold, or what is wrong with them. */
function parsed(bytes: Uint8Array): object | string {
  try {
    const value = parseStrict(bytes)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
    return 'the body is no JSON object'
  } catch (error) {
    if (error instanceof TrailError) return error.message
    throw error
  }
}
