import { writeFileSync } from 'node:fs'
import { expect } from 'vitest'
import type { Deployment } from '../deployment.ts'
import { play } from '../play.ts'
import type { Scenario } from '../scenario.ts'
import { PATIENCE_MS, TOOLS } from '../traffic.ts'
import { expectBatchesInOrder } from './batch-promises.ts'
import { doAll, faultOf } from './doings.ts'
import { expectForeign } from './foreign.ts'
import { actHastily, hastyPeople, orderPartial } from './hasty-acts.ts'
import { actInBulk, endBatches, nothingBatched } from './hasty-batches.ts'
import { makeNoise, noNoise } from './noise.ts'
import { expectParkedInOrder } from './parked-promises.ts'
import { expectActsInOrder } from './promises.ts'
import { digestOf, drawSchedule, loadPace } from './schedule.ts'
import { type Course, tableOfChaos } from './table.ts'
import { sendTheRest, tidyUp } from './tidying.ts'

export interface Seed {
  seed: number
  seconds: number
}

/** Plays seeds on one deployment, closes its books, and prints the table of all of them. */
export function playChaos(seeds: readonly Seed[], ownServers: boolean): void {
  const courses: Course[] = []
  play(
    seeds.map((one) => chaos(one, ownServers, courses)),
    { ownServers, table: (d, books) => tableOfChaos(d, courses, books) },
  )
}

/** Orders that are under way at most: agents wait where a machine is slow. */
const MOST_OPEN = 300

/** Load, faults and hasty people for a time; then quiet, and every promise is checked. */
function chaos({ seed, seconds }: Seed, ownServers: boolean, courses: Course[]): Scenario {
  return {
    promise: `${seconds} s of chaos, seed ${seed}: nothing is lost, nothing is doubled, every act counts once`,
    extraMs: 2 * seconds * 1000 + 900_000,
    async run(d) {
      const schedule = drawSchedule(seed, seconds, d.services, ownServers)
      const acted = await hastyPeople(d, () => receivers.areDown)
      const course: Course = {
        ...{ seed, seconds, digest: digestOf(schedule), schedule, acted },
        ...{ batched: nothingBatched(), noises: noNoise() },
      }
      courses.push(course)
      const done = d.journal.faults.length
      const begun = Date.now()
      const after = async (ms: number) => {
        const isTime = () => Date.now() >= begun + ms || undefined
        if (!isTime()) await d.world.until('its time', isTime, ms + PATIENCE_MS)
      }
      const receivers = { areDown: false }
      const told = setInterval(() => tellProgress(d, begun, course), 1_000)
      const { doings, haste, bulk, noise, tidying } = schedule
      const load = { d, after, seconds }
      try {
        await Promise.all([
          every(loadPace('orders', seconds), load, (n) => d.traffic.send(1, { tool: toolOf(n) })),
          every(loadPace('partial', seconds), load, () => orderPartial(d, acted)),
          doAll(d, doings, receivers, after),
          actHastily(d, acted, haste, after),
          actInBulk(d, course, bulk, after),
          makeNoise(d, course.noises, noise, after),
          tidyUp(d, course.noises, tidying, after),
        ])
        // what was drawn is what was done, in its order
        const faults = d.journal.faults.slice(done).map(({ open: _, ...fault }) => fault)
        expect(faults).toEqual(doings.map(faultOf))
        await checkAll(d, course)
      } catch (error) {
        throw new Error(`${againWith(seed, seconds, ownServers)}\n${error}`, { cause: error })
      } finally {
        clearInterval(told)
      }
    },
  }
}

/** Everything runs again: what is under way ends, and what holds is looked for. */
async function checkAll(d: Deployment, course: Course): Promise<void> {
  const { acted, batched, noises } = course
  await d.traffic.allSealed(await d.traffic.send(2 * TOOLS.length), d.traffic.sent.length * 50)
  await endBatches(d, batched)
  await sendTheRest(d, noises)
  await d.world.settle(PATIENCE_MS)
  course.acts = await expectActsInOrder(d, acted)
  course.batches = await expectBatchesInOrder(d, batched)
  course.parked = await expectParkedInOrder(d, noises)
  const orders = [...acted.orders, ...d.traffic.sent.map(({ id }) => id), ...course.parked.early]
  course.foreign = (await expectForeign(d, orders)) ?? 'no python3 with cryptography'
}

/** The one command that takes the same course. */
function againWith(seed: number, seconds: number, ownServers: boolean): string {
  return ownServers
    ? `again: npm run chaos -- --minutes ${seconds / 60} --seed ${seed}`
    : 'again: npx vitest run --project e2e test/faults/chaos/short.e2e.test.ts'
}

/** One tool after the other. */
function toolOf(n: number) {
  return (TOOLS[n % TOOLS.length] ?? TOOLS[0]).tool
}

interface Load {
  d: Deployment
  after: (ms: number) => Promise<void>
  seconds: number
}

/** Begins one every so often, without waiting for it; resolves when all have ended. */
async function every(
  paceMs: number,
  { d: { traffic, world }, after, seconds }: Load,
  act: (n: number) => Promise<unknown>,
): Promise<void> {
  const begun = Date.now()
  const passed = () => Date.now() - begun
  const all: Promise<unknown>[] = []
  const isRoom = () => traffic.open() < MOST_OPEN || undefined
  let next = 0
  for (let n = 0; passed() < seconds * 1000; n += 1) {
    await after(next)
    if (!isRoom()) await world.until('room for more orders', isRoom, 2 * PATIENCE_MS)
    all.push(act(n))
    next = Math.max(next + paceMs, passed())
  }
  await Promise.all(all)
}

/** For the line on the terminal of whoever began it (`CHAOS_PROGRESS` names a file). */
function tellProgress(
  { traffic, journal }: Deployment,
  begun: number,
  { seconds, acted, batched, noises }: Course,
): void {
  const file = process.env.CHAOS_PROGRESS
  if (!file) return
  const passed = Math.round((Date.now() - begun) / 1000)
  const phase = passed < seconds ? `${passed} of ${seconds} s` : 'quiet; promises are checked'
  const counts = `${traffic.sent.length} orders, ${traffic.open()} open, ${acted.orders.length} acted on`
  const people = `${acted.answers.total()} acts, ${batched.selections.size} batches`
  const aside = `${noises.unreadable.size + noises.early.length} set aside`
  writeFileSync(file, `${phase}: ${counts}, ${journal.faults.length} faults, ${people}, ${aside}`)
}
