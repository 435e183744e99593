import { expect } from 'vitest'
import type { Deployment } from '../deployment.ts'
import { cpuMs } from '../process-table.ts'
import type { Scenario } from '../scenario.ts'

/** STOP_WITHIN_MS, and what a busy machine takes to notice. */
const WITHIN_MS = 26_000
/** Of a core, on the average of the stop. */
const MOST_CPU = 0.5
/** What a stop leaves: 75 of sysexits.h; 0 where nothing was under way. */
const EXITS = [0, 75]

export const stopWithNothingThere: Scenario = {
  promise:
    'brokers and database are gone, paused and killed: every stop ends in its time, without a busy core, and says what it left',
  async run(d) {
    const { services, servers, journal, traffic } = d
    const { brokers, mongodb } = servers()
    const sending = traffic.send(9)
    await d.world.until('orders under way', () => traffic.open() > 0 || undefined)
    const [first, ...others] = brokers
    if (!first) throw new Error('no broker')
    process.kill(first.pid, 'SIGSTOP')
    process.kill(mongodb.pid, 'SIGSTOP')
    await Promise.all(others.map((broker) => broker.kill('SIGKILL')))
    try {
      const ended = await Promise.all(services.map((service) => ending(d, service)))
      for (const { service, ms, share, exit } of ended) {
        const what = `${service} ended after ${(ms / 1_000).toFixed(1)} s with ${exit}, ${Math.round(share * 100)} % of a core`
        journal.figure({ during: 'stop', what })
      }
      const late = ended.filter(({ ms }) => ms > WITHIN_MS)
      const busy = ended.filter(({ share }) => share > MOST_CPU)
      const unlike = ended.filter(({ exit }) => !EXITS.includes(exit ?? -1))
      expect({ late, busy, unlike }).toEqual({ late: [], busy: [], unlike: [] })
      expect(ended.some(({ exit }) => exit === 75)).toBe(true)
    } finally {
      process.kill(first.pid, 'SIGCONT')
      process.kill(mongodb.pid, 'SIGCONT')
      sending.catch(() => undefined)
      // the test's own clients leave by themselves only where somebody answers
      await Promise.all(others.map((broker) => broker.restart()))
    }
  },
}

/** How long a service takes to end, and how much of a core meanwhile. */
async function ending({ processes }: Deployment, service: string) {
  const pid = processes.pid(service)
  const begun = Date.now()
  const before = cpuMs(pid) ?? 0
  let after = before
  const looking = setInterval(() => {
    after = cpuMs(pid) ?? after
  }, 100)
  try {
    const exit = await processes.end(service)
    const ms = Date.now() - begun
    return { service, ms, exit, share: (after - before) / ms }
  } finally {
    clearInterval(looking)
  }
}
