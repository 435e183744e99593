import { expect } from 'vitest'
import { actsOn } from '../../toolkit/acts.ts'
import { movementsOf, placeOf, unbalanced } from '../books.ts'
import type { Deployment } from '../deployment.ts'
import { PATIENCE_MS } from '../traffic.ts'
import { actAnswers } from './act-answers.ts'
import type { ActedOn } from './hasty-acts.ts'

/**
 * What holds of the runs that people acted on, whatever they did, beside the books.
 * C1 Each is sealed, and nothing of it is in motion; where it ended is counted.
 * C2 An act counts once, is a link of its trail, and none of a stranger counts.
 * C3 The account balances at every movement, holds nothing, and was debited for each run what its receipts say.
 * C4 What a door said it accepts is accepted; what came on the topic is accepted, refused or set aside with a code.
 */
export async function expectActsInOrder(d: Deployment, acted: ActedOn): Promise<Acted> {
  const { world } = d
  const ends = new Map<string, number>()
  const debits = new Map<string, number>()
  for (const id of acted.orders) {
    const state = await restOf(d, id)
    ends.set(state, (ends.get(state) ?? 0) + 1)
  }
  await world.settle()
  const accepted = expectOnceEach(d, acted)
  for (const id of acted.orders) {
    const own = accepted.get(id)?.size ?? 0
    const trail = await trailWithActs(d, id, own)
    const receipts = trail.bundle.links.filter(({ name }) => /^usage_receipt\b/.test(name))
    const sums = receipts.map(({ name }) => Number(trail.object(name).credits_debited))
    debits.set(
      id,
      sums.reduce((sum, one) => sum + one, 0),
    )
  }
  await expectAccount(d, acted, debits)
  await expectNoneLost(d, acted)
  const links = [...accepted.values()].reduce((sum, { size }) => sum + size, 0)
  return { ends, links, parked: expectAnswered(d) }
}

/** What became of the runs that were acted on. */
export interface Acted {
  /** How many ended in which state. */
  ends: ReadonlyMap<string, number>
  /** Acts in their trails. */
  links: number
  /** Acts that nobody could decide. */
  parked: number
}

const IN_MOTION = new Set(['absent', 'credit_pending', 'operating', 'replay_waiting'])

/** C1 */
function restOf({ world }: Deployment, id: string): Promise<string> {
  const acts = actsOn(() => world)
  const rest = async () => {
    const { state } = await acts.view(id)
    return IN_MOTION.has(state) ? undefined : state
  }
  return world.until(`rest of ${id}`, rest, PATIENCE_MS)
}

/** C2: the accepted acts of each run, by their keys. */
function expectOnceEach({ world }: Deployment, acted: ActedOn): Map<string, Set<string>> {
  const own = new Set(acted.orders)
  const keys = new Map<string, Set<string>>()
  const forms = new Map<string, Set<string>>()
  for (const { key, value, bytes } of world.heard('recovery.accepted')) {
    if (!own.has(key)) continue
    const { idempotency_key, requested_by } = value.act.object
    expect(requested_by).not.toBe(acted.stranger.id)
    const name = `${key} ${idempotency_key}`
    forms.set(name, (forms.get(name) ?? new Set()).add(bytes))
    keys.set(key, (keys.get(key) ?? new Set()).add(idempotency_key))
  }
  expect([...forms].filter(([, one]) => one.size > 1).map(([name]) => name)).toEqual([])
  return keys
}

/** C2: the trail once all its acts are in it. */
async function trailWithActs({ world }: Deployment, id: string, count: number) {
  const isAct = ({ name }: { name: string }) => /^(recovery_request|operator_decision)\b/.test(name)
  const whole = async () => {
    const trail = await world.trailOf(id)
    return trail.bundle.links.filter(isAct).length >= count ? trail : undefined
  }
  const trail = await world.until(`${count} acts in the trail of ${id}`, whole, PATIENCE_MS)
  expect(trail.bundle.links.filter(isAct)).toHaveLength(count)
  return trail
}

/** C3 */
async function expectAccount(
  { world }: Deployment,
  { agent }: ActedOn,
  debits: ReadonlyMap<string, number>,
): Promise<void> {
  const movements = await movementsOf(world, agent.account)
  expect(unbalanced(movements)).toEqual([])
  expect(movements.at(-1)?.credits_held ?? 0).toBe(0)
  const moved = new Map<string, number>()
  for (const { kind, work_order_id = '', credits } of movements) {
    if (kind === 'debit') moved.set(work_order_id, (moved.get(work_order_id) ?? 0) + credits)
  }
  expect([...moved].sort()).toEqual([...debits].sort())
}

/** C4 */
async function expectNoneLost(d: Deployment, { told, published }: ActedOn): Promise<void> {
  const { accepted, refused, parked } = await actAnswers(d)
  expect([...told].filter((name) => !accepted.has(name))).toEqual([])
  const isAnswered = (name: string) => accepted.has(name) || refused.has(name) || parked.has(name)
  expect([...published].filter((name) => !isAnswered(name))).toEqual([])
}

/** C4 @returns how many were set aside */
function expectAnswered({ world, begun, expectedParked }: Deployment): number {
  const refused = world.heard('parked').filter(({ value }) => {
    const isAct = value.topic === 'prooftrail.recovery.requested.v1'
    return isAct && value.first_time >= begun && /^PT-20[23]\d$/.test(value.reason_code)
  })
  for (const { value } of refused) expectedParked.add(placeOf(value))
  return refused.length
}
