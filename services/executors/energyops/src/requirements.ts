import { type EvidenceItem, Exact, readAmount } from '@prooftrail/executor-sdk'
import type { Capacity } from './capacity.ts'
import type { Profile, Requirement } from './profile.ts'
import { firstOf, isDescribedBy } from './words.ts'

type Money = InstanceType<typeof Exact>

/** What a profile's requirement found. */
export interface Met {
  requirement: Requirement
  /** Why it is not met; undefined when it is. */
  fault?: string
}

/** Each requirement of the profile against the items of its class that are usable. */
export function checkRequirements(
  profile: Profile,
  itemsOf: (evidenceClass: string) => readonly EvidenceItem[],
  capacity: Capacity | undefined,
): Met[] {
  const wanted = new Map<string, Money | undefined>()
  return profile.requirements.map((requirement) => {
    const amount = amountOf(requirement, capacity, wanted)
    wanted.set(requirement.id, amount)
    const items = itemsOf(requirement.evidence_class).filter((item) =>
      isDescribedBy(item, requirement.kinds),
    )
    const fault =
      requirement.percent === undefined
        ? amountFault(requirement, items, amount)
        : percentFault(requirement.percent, itemsOf(requirement.evidence_class))
    return { requirement, ...(fault === undefined ? {} : { fault }) }
  })
}

function amountOf(
  { tiers, times }: Requirement,
  capacity: Capacity | undefined,
  wanted: ReadonlyMap<string, Money | undefined>,
): Money | undefined {
  if (times) return wanted.get(times.of)?.times(times.factor)
  const tier = tiers?.findLast(({ from_mw }) => capacity?.mw.gte(from_mw))
  if (tier === undefined || capacity === undefined) return undefined
  return new Exact(tier.flat).plus(capacity.mw.times(tier.per_mw ?? 0))
}

function amountFault(
  { kinds }: Requirement,
  items: readonly EvidenceItem[],
  wanted: Money | undefined,
): string | undefined {
  if (items.length === 0) return `no item says that it is a ${kinds[0]}`
  if (wanted === undefined) return undefined
  let total = new Exact(0)
  for (const item of items) {
    const read = readAmount(item.amount)
    if ('reason' in read) return `${item.reference} says no amount that can be read`
    const currency = item.currency ?? 'USD'
    if (currency !== 'USD') return `${item.reference} is in ${String(currency)}, not in USD`
    total = total.plus(read.amount)
  }
  if (total.gte(wanted)) return undefined
  return `${total.toFixed()} USD of ${wanted.toFixed()} USD are shown`
}

function percentFault(percent: number, items: readonly EvidenceItem[]): string | undefined {
  for (const item of items) {
    const said = firstOf(item, ['site_control_percent', 'percent', 'percent_of_site'])
    const read = said ? readAmount(said.value) : undefined
    if (read && 'amount' in read && read.amount.gte(percent)) return undefined
    if (read && 'amount' in read)
      return `${item.reference} shows ${read.amount.toFixed()} of ${percent} percent`
  }
  return `no item says its percent of the site; ${percent} are wanted`
}
