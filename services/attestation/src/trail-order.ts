import { Refusal } from '@prooftrail/runtime'
import { followsOf, type PlacedLink, parseLinkName } from '@prooftrail/trail/format'
import type { BoundAttempt, CheckedLink, Delivery, Facts, TrailItem } from './state.ts'

/** A run with every link that its proof trail wants before the ledger entry. */
export interface CompleteRun {
  /** In the order of the proof trail. */
  links: CheckedLink[]
  order: NonNullable<Facts['order']>
  bound: BoundAttempt
  result: NonNullable<Facts['result']>
  receipts: NonNullable<Facts['receipts']>
  delivery: Delivery
}

/**
 * The run as its first seal has it, or undefined while something is missing. It depends on the set
 * of facts only, never on the order of their arrival.
 * @throws Refusal PT-6005, PT-6008 when all is there and does not fit together
 */
export function completeRun(facts: Facts): CompleteRun | undefined {
  const { order, result, receipts } = facts
  if (order === undefined || result === undefined || receipts === undefined) return undefined
  const bound = Object.values(facts.bound).find(
    ({ command }) => command.link.object.tool_command_id === result.tool_command_id,
  )
  const delivery = firstDelivery(facts.deliveries)
  if (bound === undefined || delivery === undefined) return undefined
  const byName = new Map<string, CheckedLink>(
    [
      order,
      bound.command,
      ...result.links,
      result.contract,
      ...(receipts.settlement ? [receipts.settlement] : []),
      receipts.usage,
      delivery,
    ].map((link) => [link.name, link]),
  )
  const links = bound.proof_trail.slice(0, -2).map((name) => {
    const link = byName.get(name)
    if (link === undefined) throw new Refusal('PT-6008', `the proof trail wants ${name}`)
    return link
  })
  if (links.length !== byName.size) {
    const extra = [...byName.keys()].filter((name) => !bound.proof_trail.includes(name))
    throw new Refusal('PT-6008', `not in the proof trail: ${extra.join(', ')}`)
  }
  checkFollows(links)
  return { links, order, bound, result, receipts, delivery }
}

/**
 * The attempt that the first seal waits for: the first one that finished. A later one counts as
 * first when its own history shows that those before it never ended.
 */
export function firstDelivery(deliveries: readonly Delivery[]): Delivery | undefined {
  const [lowest] = [...deliveries].sort((a, b) => a.link.object.attempt - b.link.object.attempt)
  const missed = lowest?.link.object.attempts.some(
    ({ attempt, outcome }) => attempt < lowest.link.object.attempt && outcome !== 'unknown',
  )
  return missed === true ? undefined : lowest
}

/** Whether nothing more comes by itself after this delivery. */
export function isFinal({ object }: Delivery['link']): boolean {
  return object.callback_status !== 'pending' && object.next_attempt_at === undefined
}

/**
 * Each link follows links that stand before it, as the verifier asks it.
 * @throws Refusal PT-6005
 */
export function checkFollows(
  links: readonly CheckedLink[],
  before: readonly TrailItem[] = [],
): void {
  const followed = followsOf(links.map(placed), before.map(placed))
  for (const { link, faults } of followed) {
    const [first] = faults
    if (first !== undefined) throw new Refusal('PT-6005', `${link.name}: ${first.detail}`)
  }
}

function placed(item: TrailItem): PlacedLink {
  const { name } = item
  const kind = parseLinkName(name)?.kind
  if (kind === undefined) throw new Refusal('PT-6008', `no link is named ${name}`)
  if ('seal' in item) {
    const { digest, statement } = item.seal
    return { name, kind, digest, after: [], object: statement.predicate }
  }
  const { digest, after, object } = item.link
  return { name, kind, digest, after, object: Object(object) }
}
