import { type EvidenceItem, foldWord, readAmount } from '@prooftrail/executor-sdk'
import { transactionId } from './references.ts'

const FUNDS = new Set('fund funding funded credit credited deposit topup purchase grant'.split(' '))

/** Why an entry does not show that the account which is charged was funded; empty when it may. */
export function creditEntryFaults(
  item: EvidenceItem,
  charged: string,
  settlements: readonly EvidenceItem[],
): string[] {
  const account = accountOf(item)
  const kind = firstText(item, ['kind', 'entry_type', 'type', 'movement'])
  const credits = firstAmount([item], ['credits', 'credits_funded'])
  const settled = firstAmount(settlements, ['credits', 'credits_funded'])
  const names = firstText(item, ['settlement_reference', 'settlement_id'])
  return [
    ...(account === undefined || account === charged
      ? []
      : [`is an entry of ${account}; this run is charged to ${charged}`]),
    ...(kind === undefined || FUNDS.has(foldWord(kind))
      ? []
      : [`is a ${kind}: it shows no funding`]),
    ...(credits && settled && !credits.eq(settled)
      ? [`shows ${credits.toFixed()} credits, the settlement ${settled.toFixed()}`]
      : []),
    ...(names === undefined ||
    settlements.length === 0 ||
    settlements.some((one) => isNamed(one, names))
      ? []
      : [`names the settlement ${names}, which is not among those given`]),
  ]
}

/** The account, as a member says it, or as the entry's own id `<account>/<number>` does. */
function accountOf(item: EvidenceItem): string | undefined {
  const [, own] = /^(.+)\/\d+$/.exec(item.reference) ?? []
  return firstText(item, ['account', 'account_id', 'agent_account_id']) ?? own
}

function isNamed(item: EvidenceItem, name: string): boolean {
  return [item.reference, item.settlement_id, item.provider_reference, item.transaction].some(
    (one) => typeof one === 'string' && transactionId(one) === transactionId(name),
  )
}

function firstText(item: EvidenceItem, members: readonly string[]): string | undefined {
  for (const member of members) {
    const value = item[member]
    if (typeof value === 'string' && value.trim() !== '') return value.trim()
  }
  return undefined
}

function firstAmount(items: readonly EvidenceItem[], members: readonly string[]) {
  for (const item of items) {
    for (const member of members) {
      const read = item[member] === undefined ? undefined : readAmount(item[member])
      if (read && 'amount' in read) return read.amount
    }
  }
  return undefined
}
