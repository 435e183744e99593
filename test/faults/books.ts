import { expect } from 'vitest'
import { fetchVerified, type VerifiedTrail } from '../toolkit/trail-of.ts'
import type { TestWorld } from '../world.ts'
import { inconsistencies } from './checkpoint-watch.ts'
import type { Deployment } from './deployment.ts'
import { PATIENCE_MS, type Sent } from './traffic.ts'

/**
 * What must be true at the end, whatever was broken on the way.
 * B1 accepted orders = trails = debits, one each.
 * B2 every account balances at every movement: funded = free + held + debited, nothing below zero.
 * B3 every bundle verifies offline, and ends as its order was to end.
 * B4 every callback has one id and one body, however often it was sent.
 * B5 nothing is parked but what a scenario made unreadable.
 * B6 every checkpoint that was shown is a beginning of the last log.
 */
export interface Books {
  accepted: number
  trails: number
  debits: number
  /** Orders without a trail, and debits beyond one for each trail. */
  lost: number
  doubled: number
  /** Attempts of callbacks that nobody knows the outcome of, and that were made again. */
  repeated: number
}

export interface Movement {
  kind: string
  work_order_id?: string
  credits: number
  credits_funded: number
  credits_held: number
  credits_debited: number
  remaining_credits: number
}

const AT_ONCE = 6
const PAGE = 500
/** What fetching and verifying one trail takes on a slow machine. */
const VERIFY_MS = 50

/** Waits until everything has ended, and counts. */
export async function closeBooks(d: Deployment): Promise<Books> {
  const { traffic, world } = d
  await traffic.allSealed(traffic.sent)
  const trails = await finalTrails(d)
  await world.settle()
  expectOnce(d)
  expectTrails(traffic.sent, trails)
  const debits = await expectBalance(d)
  expectCallbacks(d, trails)
  expectNothingParked(d)
  await expectOneLog(d)
  const attempts = [...trails.values()].map((trail) => Number(deliveryOf(trail).attempt))
  return {
    accepted: accepted(d).length,
    trails: trails.size,
    debits,
    lost: traffic.sent.length - trails.size,
    doubled: debits - trails.size,
    repeated: attempts.filter((attempt) => attempt > 1).length,
  }
}

function accepted({ world, traffic }: Deployment): Sent[] {
  const keys = new Set(world.heard('work-order.accepted').map(({ key }) => key))
  return traffic.sent.filter(({ id }) => keys.has(id))
}

/** B1: each verdict was said in one form only. */
function expectOnce(d: Deployment): void {
  const ids = new Set(d.traffic.sent.map(({ id }) => id))
  const names = ['work-order.accepted', 'credits.held', 'usage-receipt.issued'] as const
  for (const name of [...names, 'result.accepted'] as const) {
    const forms = new Map<string, Set<string>>()
    for (const { key, bytes } of d.world.heard(name)) {
      if (ids.has(key)) forms.set(key, (forms.get(key) ?? new Set()).add(bytes))
    }
    const several = [...forms].filter(([, one]) => one.size > 1).map(([id]) => id)
    expect({ name, orders: forms.size, several }).toEqual({ name, orders: ids.size, several: [] })
  }
}

/** B3, and B1: one leaf of the log each. */
function expectTrails(sent: readonly Sent[], trails: ReadonlyMap<string, VerifiedTrail>): void {
  const unlike = sent.flatMap(({ id, tool, ends }) => {
    const trail = trails.get(id)
    const found = trail && {
      verdict: trail.verdict.verdict,
      callback: deliveryOf(trail).callback_status,
    }
    const isDone = found?.verdict === 'ready' && found.callback === ends
    return isDone ? [] : [{ id, tool, ends, found }]
  })
  expect(unlike).toEqual([])
  const leaves = new Set([...trails.values()].map(({ bundle }) => bundle.log.index))
  expect(leaves.size).toBe(sent.length)
}

/** B2, and B1: one debit of the price for each order. @returns the number of debits */
async function expectBalance({ world, traffic }: Deployment): Promise<number> {
  let debits = 0
  for (const account of new Set(traffic.sent.map(({ agent }) => agent.account))) {
    const movements = await movementsOf(world, account)
    expect(unbalanced(movements)).toEqual([])
    expect(movements.at(-1)?.credits_held).toBe(0)
    const own = traffic.sent.filter(({ agent }) => agent.account === account)
    const debited = movements
      .filter(({ kind }) => kind === 'debit')
      .map(({ work_order_id, credits }) => `${work_order_id} ${credits}`)
    expect(debited.sort()).toEqual(own.map(({ id, price }) => `${id} ${price}`).sort())
    debits += debited.length
  }
  return debits
}

/** All movements of an account, oldest first. */
export async function movementsOf(
  world: Pick<TestWorld, 'get'>,
  account: string,
): Promise<Movement[]> {
  const movements: Movement[] = []
  for (let more: string | undefined = ''; more !== undefined; ) {
    const path = `/v1/accounts/${account}/entries?limit=${PAGE}${more}`
    const { body } = await world.get('receipt', path)
    // receipt shows entries in this form
    movements.push(...(body.entries as Movement[]))
    more = body.next_cursor === undefined ? undefined : `&cursor=${body.next_cursor}`
  }
  return movements
}

/** Those after which funded is not free + held + debited, or something is below zero. */
export function unbalanced(movements: readonly Movement[]): Movement[] {
  return movements.filter((one) => {
    const { credits_funded, credits_held, credits_debited, remaining_credits } = one
    const isBelow = Math.min(credits_held, credits_debited, remaining_credits) < 0
    return isBelow || credits_funded !== remaining_credits + credits_held + credits_debited
  })
}

/** B4: at the receivers, one body under one id for every order that was delivered. */
function expectCallbacks(d: Deployment, trails: ReadonlyMap<string, VerifiedTrail>): void {
  const bodies = new Map<string, Set<string>>()
  const addresses = new Set(d.traffic.sent.map(({ agent }) => agent.callbacks))
  for (const { headers, body } of [...addresses].flatMap(({ received }) => received)) {
    const id = String(headers['webhook-id'])
    bodies.set(id, (bodies.get(id) ?? new Set()).add(body.toString('base64')))
  }
  const delivered = d.traffic.sent.filter(({ ends }) => ends === 'delivered')
  const missing = delivered.filter(({ id }) => {
    const trail = trails.get(id)
    return !trail || !bodies.has(String(deliveryOf(trail).callback_event_id))
  })
  expect(missing.map(({ id }) => id)).toEqual([])
  expect([...bodies].filter(([, forms]) => forms.size !== 1)).toEqual([])
}

/** B5 */
function expectNothingParked({ world, begun, expectedParked }: Deployment): void {
  // What others sent before may stand parked on the topic.
  const parked = world
    .heard('parked')
    .filter(({ value }) => value.first_time >= begun && !expectedParked.has(placeOf(value)))
  expect(parked.map(({ value }) => value)).toEqual([])
}

/** B6 */
async function expectOneLog({ world, checkpoints }: Deployment): Promise<void> {
  await checkpoints.stop()
  const seen = checkpoints.seen()
  expect(seen.length).toBeGreaterThan(2)
  expect(await inconsistencies(world.url('attestation'), seen)).toEqual([])
}

/** Where a parked message stood. */
export function placeOf(place: { topic: string; partition: number; offset: string }): string {
  return `${place.topic}/${place.partition}/${place.offset}`
}

/** Each order's trail with its callback ended, or as it stands when that does not come. */
async function finalTrails({ world, traffic }: Deployment): Promise<Map<string, VerifiedTrail>> {
  const trails = new Map<string, VerifiedTrail>()
  const left = [...traffic.sent]
  const end = Date.now() + PATIENCE_MS + traffic.sent.length * VERIFY_MS
  const take = async () => {
    for (let one = left.shift(); one; one = left.shift()) {
      const { id, ends } = one
      const has = async () => {
        const trail = await fetchVerified(world.url('attestation'), id)
        trails.set(id, trail)
        return deliveryOf(trail).callback_status === ends || undefined
      }
      const left = Math.max(0, end - Date.now())
      // what the trail then says is compared below, for all of them together
      await world.until(`end of ${id}`, has, left).catch(() => undefined)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, take))
  return trails
}

/** The newest delivery of a trail. */
function deliveryOf(trail: VerifiedTrail): Record<string, unknown> {
  const names = trail.bundle.links.map(({ name }) => name)
  return trail.object(names.findLast((name) => /^callback_delivery\b/.test(name)) ?? '')
}
