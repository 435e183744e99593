import { randomUUID } from 'node:crypto'
import type { AnswerOf } from '@prooftrail/contracts/doors'
import { settlementId } from '@prooftrail/trail'
import { CommandError } from '../fault.ts'
import { ask, askUntil } from '../http.ts'
import { colour, mark, type Output, pad } from '../output.ts'
import { serviceUrl } from '../world.ts'

/** A settlement receipt with what signs it, and an account, as receipt's doors show them. */
export type SettlementLink = AnswerOf<'GET /v1/settlements/:id'>
type AccountView = AnswerOf<'GET /v1/accounts/:account'>

type Funded = AnswerOf<'POST /v1/accounts/:account/funding'> & { detail?: string }

/**
 * Funds an account and answers the settlement receipt's link, signed by receipt.
 * @throws CommandError PT-4015 for an account of no agent
 */
export async function fundAccount(
  account: string,
  credits: number,
  reference: string = `invoice-${randomUUID()}`,
): Promise<SettlementLink> {
  const receipt = serviceUrl('receipt')
  const address = `${addressOf(account)}/funding`
  const { status, body } = await ask<Funded>('POST', address, {
    credits,
    reference,
    settlement_provider: 'manual_invoice',
  })
  if (status === 404) {
    throw new CommandError('PT-4015', body.detail ?? `no agent is registered with ${account}`)
  }
  const path = `${receipt}/v1/settlements/${body.settlement_id}`
  return askUntil<SettlementLink>(path, `settlement receipt ${body.settlement_id}`)
}

/**
 * Funds an account once per reference, and says what the account holds then.
 * @throws CommandError PT-8014 for a reference that funded it before, PT-4015 for an account of no
 *   agent
 */
export async function creditsFund(
  account: string,
  amount: string,
  options: { reference?: string },
  out: Output,
): Promise<void> {
  if (!/^[1-9]\d{0,14}$/.test(amount)) {
    throw new CommandError('PT-8006', `credits are whole numbers above 0, not '${amount}'`, 2)
  }
  const { reference } = options
  if (reference !== undefined) await refuseUsed(account, reference)
  const link = await fundAccount(account, Number(amount), reference)
  const { body: after } = await ask<AccountView>('GET', addressOf(account))
  out.document({ account, ...link.object, account_after: after, link })
  out.say(`${mark('ok')} ${colour.bold(amount)} credits on account ${colour.bold(account)}`)
  out.say(`  settlement receipt  ${link.object.settlement_id} (manual_invoice)`)
  out.say(`  free now            ${after.remaining_credits}`)
}

/** A reference funds an account once: used again it moves nothing. */
async function refuseUsed(account: string, reference: string): Promise<void> {
  const id = settlementId(account, reference, 0)
  const path = `${serviceUrl('receipt')}/v1/settlements/${id}`
  const { status, body } = await ask<SettlementLink>('GET', path)
  if (status === 404) return
  const { credits_funded } = body.object
  const detail = `${reference} funded ${account} with ${credits_funded} credits before (${id}); nothing was moved`
  throw new CommandError('PT-8014', detail)
}

/** What an account holds, and how much of it is free. @throws CommandError exit 3 without movements */
export async function creditsShow(account: string, out: Output): Promise<void> {
  const { status, body } = await ask<AccountView>('GET', addressOf(account))
  if (status === 404) throw new CommandError('PT-8005', `no movement on account ${account}`, 3)
  out.document(body)
  out.say(colour.bold(body.account))
  for (const [name, value] of [
    ['funded', body.credits_funded],
    ['held', body.credits_held],
    ['debited', body.credits_debited],
    ['free', body.remaining_credits],
    ['orders waiting', body.waiting_orders],
  ] as const) {
    out.say(`  ${pad(name, 15)} ${value}`)
  }
}

function addressOf(account: string): string {
  return `${serviceUrl('receipt')}/v1/accounts/${encodeURIComponent(account)}`
}
