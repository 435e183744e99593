import { randomUUID } from 'node:crypto'
import { CommandError } from '../fault.ts'
import { ask, askUntil } from '../http.ts'
import { colour, mark, type Output } from '../output.ts'
import { serviceUrl } from '../world.ts'

export interface SettlementLink {
  object: { settlement_id: string; credits_funded: number; [member: string]: unknown }
  [member: string]: unknown
}

/** Funds an account and answers the settlement receipt's link, signed by receipt. */
export async function fundAccount(
  account: string,
  credits: number,
  reference: string = `invoice-${randomUUID()}`,
): Promise<SettlementLink> {
  const receipt = serviceUrl('receipt')
  const { body } = await ask<{ settlement_id: string }>(
    'POST',
    `${receipt}/v1/accounts/${encodeURIComponent(account)}/funding`,
    { credits, reference, settlement_provider: 'manual_invoice' },
  )
  const path = `${receipt}/v1/settlements/${body.settlement_id}`
  return askUntil<SettlementLink>(path, `settlement receipt ${body.settlement_id}`)
}

export async function creditsFund(
  account: string,
  amount: string,
  options: { reference?: string },
  out: Output,
): Promise<void> {
  if (!/^[1-9]\d{0,14}$/.test(amount)) {
    throw new CommandError('PT-8006', `credits are whole numbers above 0, not '${amount}'`, 2)
  }
  const link = await fundAccount(account, Number(amount), options.reference)
  out.document({ account, ...link.object, link })
  out.say(`${mark('ok')} ${colour.bold(amount)} credits on account ${colour.bold(account)}`)
  out.say(`  settlement receipt  ${link.object.settlement_id} (manual_invoice)`)
}
