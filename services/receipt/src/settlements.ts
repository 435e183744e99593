import type {
  FundingReceived,
  Json,
  SettlementReceipt,
  SettlementReceiptLink,
} from '@prooftrail/contracts'
import { settlementId } from '@prooftrail/trail'
import { LRUCache } from 'lru-cache'
import type { Accounts } from './accounts.ts'
import type { Entry, Movement } from './credits.ts'
import type { Settlement, Sign } from './state.ts'

/**
 * Settlement receipts: what funded credits, never what consumed them. The link is kept in the
 * credit entry that it explains, so that every run carries it as it was issued.
 */

/** The link that only some tools' trails have. */
export const SETTLEMENT = 'settlement_receipt'
/** Funded by hand: what a door takes when no provider is named. */
export const DEFAULT_PROVIDER = 'manual_invoice'
/** Under it an account that was never funded gets the receipt that says so: 0 credits. */
export const ZERO_REFERENCE = 'zero-credit'
const MAX_REMEMBERED = 1_000
/** So many of an order's references are looked at: each costs digests and a look into the list. */
const MAX_REFERENCES = 16

/** Signs the receipt of a funding; the same funding at the same time gives the same bytes. */
export function issueSettlementReceipt(
  funding: Omit<FundingReceived, 'received_at'>,
  issued_at: string,
  sign: Sign,
): SettlementReceiptLink {
  const { account, reference, credits, settlement_provider, asset, amount } = funding
  const receipt: SettlementReceipt = {
    object_type: SETTLEMENT,
    settlement_id: settlementId(account, reference, 0),
    receipt_type: 'agent_settlement_receipt',
    settlement_provider,
    settlement_status: 'credits_funded',
    credits_funded: credits,
    usage_receipt_policy: 'usage_receipts_record_credits_consumed_after_work_runs',
    agent_account_id: account,
    provider_reference: reference,
    ...(asset === undefined ? {} : { asset }),
    ...(amount === undefined ? {} : { amount }),
    issued_at,
  }
  return sign(SETTLEMENT, receipt, [])
}

/** The movement that a funding is. */
export function fundMovement(
  funding: Omit<FundingReceived, 'received_at'>,
  at: string,
  sign: Sign,
): Extract<Movement, { type: 'fund' }> {
  const { account, credits: amount } = funding
  const receipt = issueSettlementReceipt(funding, at, sign)
  return { type: 'fund', account, ref: receipt.object.settlement_id, amount, at, receipt }
}

/** The members in which a funding is another than the one that its account's receipt tells of. */
export function otherTerms(
  first: SettlementReceipt,
  funding: Pick<FundingReceived, 'credits' | 'settlement_provider' | 'asset' | 'amount'>,
): string[] {
  return [
    ...(first.credits_funded === funding.credits ? [] : ['credits']),
    ...(first.settlement_provider === funding.settlement_provider ? [] : ['settlement_provider']),
    ...(first.asset === funding.asset ? [] : ['asset']),
    ...(first.amount === funding.amount ? [] : ['amount']),
  ]
}

/** The references that an evidence class names, in order: `{ reference }` or a list of such items. */
export function referencesOf(evidence: Json, evidenceClass: string): string[] {
  if (typeof evidence !== 'object' || Array.isArray(evidence)) return []
  if (!Object.hasOwn(evidence, evidenceClass)) return []
  return [evidence[evidenceClass]].flat().flatMap((item) => {
    if (typeof item !== 'object' || Array.isArray(item)) return []
    const { reference } = item
    return typeof reference === 'string' ? [reference] : []
  })
}

/** A run that holds credits and whose trail has a settlement receipt. */
export interface Need {
  work_order_id: string
  account: string
  /** What the order's settlement_reference evidence names; the first sixteen are looked at. */
  references: readonly string[]
  /** The account's latest receipt when the credits were held. */
  latest: string | undefined
  at: string
}

/**
 * Finds each run's settlement receipt: the account's own one that the order names by its id or by
 * the provider's reference, else the account's latest. An account that was never funded, whose
 * order cost nothing, gets a receipt of 0 credits, once.
 */
export function makeSettlementFinder(
  accounts: Accounts,
  sign: Sign,
): (needs: readonly Need[]) => Promise<Map<string, Settlement>> {
  const remembered = new LRUCache<string, Entry>({ max: MAX_REMEMBERED })

  async function entriesOf(ids: readonly string[]): Promise<Map<string, Entry>> {
    const wanted = new Set(ids)
    const entries = new Map<string, Entry>()
    for (const id of wanted) {
      const entry = remembered.get(id)
      if (entry) entries.set(id, entry)
    }
    const unknown = [...wanted].filter((id) => !entries.has(id))
    for (const entry of (await accounts.find(unknown.map((id) => `${id}/fund/0`))).values()) {
      entries.set(entry.ref, entry)
      remembered.set(entry.ref, entry)
    }
    return entries
  }

  return async (needs) => {
    const found = new Map<string, Settlement>()
    if (needs.length === 0) return found
    const entries = await entriesOf(needs.flatMap(candidates))
    const without: Need[] = []
    for (const need of needs) {
      const own = candidates(need).flatMap((id) => {
        const entry = entries.get(id)
        return entry?.account === need.account ? [entry] : []
      })
      if (!own[0]) without.push(need)
      else found.set(need.work_order_id, settlementOf(own[0], need))
    }
    if (without.length === 0) return found
    const fundings = new Map(without.map((need) => [need.account, zeroFunding(need, sign)]))
    const answers = await accounts.move([...fundings.values()])
    for (const need of without) {
      const answer = answers.get(`${fundings.get(need.account)?.ref}/fund`)
      if (answer && 'entry' in answer) {
        found.set(need.work_order_id, settlementOf(answer.entry, need))
      }
    }
    return found
  }
}

/** Ids of receipts that would serve, best first. */
function candidates({ account, references, latest }: Need): string[] {
  const named = references
    .slice(0, MAX_REFERENCES)
    .flatMap((reference) => [
      ...(reference.startsWith('stl_') ? [reference] : []),
      settlementId(account, reference, 0),
    ])
  return latest === undefined ? named : [...named, latest]
}

function zeroFunding({ account, work_order_id, at }: Need, sign: Sign): Movement {
  const terms = { settlement_provider: DEFAULT_PROVIDER, reference: ZERO_REFERENCE, credits: 0 }
  return { ...fundMovement({ account, ...terms }, at, sign), first_need: work_order_id }
}

function settlementOf({ receipt, key, first_need }: Entry, need: Need): Settlement {
  if (!receipt) throw new Error(`credit entry ${key} holds no settlement receipt`)
  return { link: receipt, announce: first_need === need.work_order_id }
}
