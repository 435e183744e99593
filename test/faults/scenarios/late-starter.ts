import { expect } from 'vitest'
import { ascending, quantile, sealTimes } from '../latency.ts'
import type { Scenario } from '../scenario.ts'
import { PATIENCE_MS, type Sent } from '../traffic.ts'

/** Ten minutes are 600; the default fits into the suite's time. */
const OUTAGE_S = Number(process.env.FAULTS_OUTAGE_SECONDS ?? 20)
const REFERENCE = 150
/** An outage at half load leaves half of it to be worked off; on a machine that slows down, more. */
const MELT_MS = OUTAGE_S * 2_000
/** What one machine is loaded with at most. */
const MOST = 20_000
const TOOL = 'energyops'

export const lateStarter: Scenario = {
  promise: `after an outage of the executor (${OUTAGE_S} s here) at half load the oldest waits least and the backlog melts at full speed`,
  extraMs: OUTAGE_S * 1_000 + MELT_MS,
  async run({ world, processes, traffic, journal }) {
    /** Orders a second between the first seal and the last. */
    const rateOf = (orders: readonly Sent[]) => {
      const times = sealTimes(world)
      const sealed = orders.map(({ id }) => times.get(id) ?? Number.NaN)
      return orders.length / ((Math.max(...sealed) - Math.min(...sealed)) / 1000)
    }
    const reference = await traffic.send(REFERENCE, { tool: TOOL })
    await traffic.allSealed(reference)
    const full = rateOf(reference)

    const everyMs = 2000 / full
    const count = Math.min(MOST, Math.round((OUTAGE_S * 1000) / everyMs))
    const open = traffic.open()
    const when = `for ${OUTAGE_S} s, ${count} orders come meanwhile`
    journal.fault({ during: 'late starter', what: 'SIGKILL', who: TOOL, when, open })
    await processes.kill(TOOL)
    const backlog = await traffic.send(count, { tool: TOOL, everyMs })
    const areBound = () => traffic.said('execution.bound', backlog) === count || undefined
    await world.until('a command for each', areBound, PATIENCE_MS)
    expect(traffic.sealed(backlog)).toBe(0)
    await processes.start(TOOL)
    await traffic.allSealed(backlog, MELT_MS)

    const times = sealTimes(world)
    const sealed = backlog.map(({ id }) => times.get(id) ?? Number.NaN)
    const back = Math.min(...sealed)
    const melted = rateOf(backlog)
    const quarter = Math.ceil(count / 4)
    const medianOf = (some: number[]) => quantile([...some].sort(ascending), 0.5) - back
    const oldest = medianOf(sealed.slice(0, quarter))
    const youngest = medianOf(sealed.slice(-quarter))
    const speeds = `full speed ${full.toFixed(0)}/s, backlog of ${count} at ${melted.toFixed(0)}/s`
    const waits = `after the first seal the oldest quarter took ${oldest} ms, the youngest ${youngest} ms`
    journal.figure({ during: 'late starter', what: `${speeds}; ${waits}` })
    // Seals come in batches; taken from the other end, they would lie three quarters of it apart.
    const tolerance = (Math.max(...sealed) - back) / 4
    expect(oldest).toBeLessThanOrEqual(youngest + tolerance)
    // Half of it: two cores that others use too give one burst twice what they give another.
    expect(melted).toBeGreaterThan(full / 2)
  },
}
