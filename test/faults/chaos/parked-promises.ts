import { expect } from 'vitest'
import { movementsOf, placeOf, unbalanced } from '../books.ts'
import type { Deployment } from '../deployment.ts'
import { PATIENCE_MS } from '../traffic.ts'
import type { Early, Noises } from './noise.ts'
import { entryName, rowsOfKey, type SetAside, setAside, standName } from './set-aside.ts'
import { listParked, type Row } from './tidying.ts'

/**
 * What holds of messages that were set aside, whatever was killed meanwhile.
 * N1 Each is one entry of each service that set it aside, which counts how often; nothing else is listed.
 * N2 Decisions on an entry are numbered without a gap, each told in one form, and an operator who was told
 *    that one is made finds it.
 * N3 What nobody can read comes back as often as it was sent.
 * N4 An order that was set aside runs once when it is sent, however often, and not when it is given up.
 * N5 The list, the counts and the gauge agree.
 */
export async function expectParkedInOrder(d: Deployment, noises: Noises): Promise<Parked> {
  const heard = setAside(d)
  const rows = await listed(d, heard)
  for (const row of rows) expectDecisions(d, noises, row)
  const early = new Set(noises.early.map(({ id }) => id))
  for (const one of heard) {
    const isMeant = noises.unreadable.has(one.key) || early.has(one.key)
    if (isMeant) d.expectedParked.add(placeOf(one))
  }
  for (const key of noises.unreadable) expectUnreadable(key, rowsOfKey(rows, heard, key))
  const ran: string[] = []
  for (const one of noises.early) {
    const isRun = await expectRunOnce(d, one, rowsOfKey(rows, heard, one.id))
    if (isRun) ran.push(one.id)
  }
  await expectCounts(d, rows)
  return { rows, early: ran }
}

export interface Parked {
  rows: readonly Row[]
  /** Early orders that ran. */
  early: readonly string[]
}

/** N1: where list and topics differ. */
function differences(rows: readonly Row[], heard: readonly SetAside[]): string[] {
  const entries = new Map<string, Set<string>>()
  for (const one of heard) {
    entries.set(entryName(one), (entries.get(entryName(one)) ?? new Set()).add(standName(one)))
  }
  const left = new Map(rows.map((row) => [standName(row), row]))
  const wrong = [...entries].flatMap(([name, places]) => {
    const own = [...places].flatMap((place) => left.get(place) ?? [])
    for (const row of own) left.delete(standName(row))
    const times = own.map((row) => row.times)
    return own.length === 1 && times[0] === places.size
      ? []
      : [`${name}: set aside ${places.size} times, listed ${own.length} times as ${times}`]
  })
  return [...wrong, ...[...left.keys()].map((place) => `${place}: nobody set it aside`)]
}

/** All that is listed, once it is all that was heard. */
async function listed(d: Deployment, heard: readonly SetAside[]): Promise<Row[]> {
  let rows: Row[] = []
  const isWhole = async () => {
    rows = (await listParked(d, { state: 'any' })) ?? []
    return differences(rows, heard).length === 0 || undefined
  }
  await d.world.until('all entries', isWhole, PATIENCE_MS).catch(() => undefined)
  expect(differences(rows, heard).slice(0, 20)).toEqual([])
  return rows
}

/** N2 */
function expectDecisions({ world }: Deployment, { done }: Noises, row: Row): void {
  const { parked_id, sends, state } = row
  const told = world.heard('parked.decided').filter(({ value }) => value.parked_id === parked_id)
  const acts = new Map(told.map(({ value: { number, act } }) => [number, act]))
  const forms = new Set(told.map(({ bytes }) => bytes)).size
  const numbers = [...acts.keys()].sort((one, other) => one - other)
  const sent = [...acts.values()].filter((act) => act === 'send').length
  const found = { parked_id, numbers, forms, sends: sent }
  const wanted = { parked_id, numbers: numbers.map((_, n) => n + 1), forms: acts.size, sends }
  expect(found).toEqual(wanted)
  if (done.send.has(parked_id)) expect({ parked_id, sent }).not.toEqual({ parked_id, sent: 0 })
  if (done.discard.has(parked_id))
    expect({ parked_id, state }).toEqual({ parked_id, state: 'discarded' })
}

/** N3 */
function expectUnreadable(key: string, rows: readonly Row[]): void {
  const unlike = rows.filter(({ state, times, sends }) => {
    const isBack = state === 'open' || state === 'discarded'
    return !isBack || times < 1 + sends
  })
  expect({ key, entries: rows.length, unlike }).toEqual({ key, entries: 1, unlike: [] })
}

/** N4 @returns whether it ran */
async function expectRunOnce(
  { world }: Deployment,
  { id, agent }: Early,
  entries: readonly Row[],
): Promise<boolean> {
  const isGivenUp = entries.some(({ state }) => state === 'discarded')
  const forms = new Set(world.heard('work-order.accepted', id).map(({ bytes }) => bytes)).size
  const movements = await movementsOf(world, agent.account)
  const debits = movements.filter(({ kind }) => kind === 'debit').length
  expect(unbalanced(movements)).toEqual([])
  const wanted = isGivenUp ? 0 : 1
  expect({ id, forms, debits }).toEqual({ id, forms: wanted, debits: wanted })
  if (!isGivenUp) expect((await world.trailOf(id)).verdict.verdict).toBe('ready')
  return !isGivenUp
}

/** N5, where nobody else's are counted among them. */
async function expectCounts(d: Deployment, rows: readonly Row[]): Promise<void> {
  const { world, isAlone } = d
  if (!isAlone) return
  const open = rows.filter(({ state }) => state === 'open').length
  const agreed = async () => {
    const { body } = await world.get('console', '/v1/parked/counts')
    const counts = body.open as { count: number }[]
    const counted = counts.reduce((sum, { count }) => sum + count, 0)
    const text = await (await fetch(`${world.url('console')}/metrics`)).text()
    const gauges = [...text.matchAll(/^prooftrail_parked_open\{[^}]*\} (\d+)/gm)]
    const gauged = gauges.reduce((sum, [, count]) => sum + Number(count), 0)
    return (counted === open && gauged === open) || undefined
  }
  await world.until(`${open} open entries in list, counts and gauge`, agreed)
}
