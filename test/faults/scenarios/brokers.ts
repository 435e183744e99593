import { deploySchemas } from '@prooftrail/cli'
import { Starting } from '@prooftrail/runtime'
import { expect } from 'vitest'
import type { Deployment } from '../deployment.ts'
import { watchProbes } from '../probes.ts'
import type { Scenario } from '../scenario.ts'
import { PATIENCE_MS, TOOLS } from '../traffic.ts'

const ORDERS = 24
const EVERY_MS = 100
/** A broker whose process is paused is fenced after nine seconds; this is beyond it. */
const PAUSED_MS = 15_000

export const eachBrokerKilled: Scenario = {
  promise: 'each of three brokers is killed in turn under load: orders are sealed by the other two',
  extraMs: 180_000,
  async run(d) {
    const { processes, servers, traffic, world } = d
    const probes = watchProbes(processes.urls())
    for (const [at, broker] of servers().brokers.entries()) {
      const sending = traffic.send(ORDERS, { everyMs: EVERY_MS })
      await world.until('orders under way', () => traffic.open() > 0 || undefined)
      told(d, 'SIGKILL', `broker ${at + 1}`, 'of three, in mid-flow')
      await broker.kill('SIGKILL')
      // by two brokers: the third one comes back only then
      await traffic.allSealed(await sending)
      await broker.restart()
      await inSync(d)
    }
    await probes.stop()
    expect(probes.unhealthy).toEqual([])
  },
}

export const twoPaused: Scenario = {
  promise: 'two of three brokers are paused: nothing is confirmed, everything waits and goes on',
  async run(d) {
    const { processes, traffic } = d
    const probes = watchProbes(processes.urls())
    const sending = traffic.send(ORDERS, { everyMs: EVERY_MS })
    await d.world.until('orders under way', () => traffic.open() > 0 || undefined)
    const goOn = pauseTwo(d)
    try {
      await passed(d, PAUSED_MS)
    } finally {
      goOn()
    }
    await traffic.allSealed(await sending)
    await inSync(d)
    await probes.stop()
    expect(probes.unhealthy).toEqual([])
  },
}

export const allKilled: Scenario = {
  promise: 'all services are killed at once in mid-flow and started again',
  async run(d) {
    const { traffic, world } = d
    const sending = traffic.send(ORDERS, { everyMs: EVERY_MS })
    await world.until('orders under way', () => traffic.open() > 0 || undefined)
    await killAll(d)
    await startAll(d)
    await traffic.allSealed(await sending)
  },
}

export const startWithOneAway: Scenario = {
  promise: 'with one of three brokers away the deploy step and every service start, and work',
  async run(d) {
    const { servers, traffic, world } = d
    const [, broker] = servers().brokers
    await killAll(d)
    told(d, 'SIGKILL', 'broker 2', 'of three, a moment before the start')
    // the others still name it as a leader, and it refuses connections
    await broker?.kill('SIGKILL')
    const lines: string[] = []
    const starting = new Starting((line) => lines.push(line))
    await Promise.all([deploySchemas(world.services.stack, 4, [], { starting }), startAll(d)])
    d.journal.figure({
      during: 'start',
      what: `the deploy step said: ${lines.join('; ') || 'nothing'}`,
    })
    await traffic.allSealed(await traffic.send(2 * TOOLS.length))
    await broker?.restart()
    await inSync(d)
  },
}

export const allKilledWithTwoPaused: Scenario = {
  promise:
    'all services are killed while two of three brokers are paused: the start waits, says so, and goes on',
  async run(d) {
    const { processes, services, traffic, world } = d
    const sending = traffic.send(ORDERS, { everyMs: EVERY_MS })
    await world.until('orders under way', () => traffic.open() > 0 || undefined)
    const goOn = pauseTwo(d)
    let starting: Promise<void>
    try {
      await killAll(d)
      starting = startAll(d)
      const unready = new Set<string>()
      const waiting = new Set<string>()
      const ask = async (service: string) => {
        const answer = await fetch(`${processes.urls().get(service)}/readyz`).catch(() => undefined)
        if (answer?.status === 503) unready.add(service)
        if ((await answer?.text())?.includes('starting; waiting for')) waiting.add(service)
      }
      const allSay = async () => {
        await Promise.all(services.map(ask))
        return (unready.size === services.length && waiting.size > 0) || undefined
      }
      await world.until('services that say what they wait for', allSay, PATIENCE_MS)
    } finally {
      goOn()
    }
    await starting
    await traffic.allSealed(await sending)
    await inSync(d)
  },
}

function told({ journal, traffic }: Deployment, what: string, who: string, when: string): void {
  journal.fault({ during: 'cluster', what, who, when, open: traffic.open() })
}

/** @returns what lets them go on */
function pauseTwo(d: Deployment): () => void {
  const [, ...two] = d.servers().brokers
  told(d, 'SIGSTOP', 'two brokers', 'of three, in mid-flow')
  for (const { pid } of two) process.kill(pid, 'SIGSTOP')
  return () => {
    for (const { pid } of two) process.kill(pid, 'SIGCONT')
  }
}

async function killAll(d: Deployment): Promise<void> {
  told(d, 'SIGKILL', 'all services', 'at once')
  await Promise.all(d.services.map((service) => d.processes.kill(service)))
}

async function startAll({ services, processes }: Deployment): Promise<void> {
  await Promise.all(services.map((service) => processes.start(service)))
}

/** The time itself is the fault. */
async function passed({ world }: Deployment, ms: number): Promise<void> {
  const end = Date.now() + ms
  await world.until(`${ms} ms`, () => Date.now() > end || undefined, PATIENCE_MS)
}

/** Resolves when every topic is on all three brokers again: only then may the next one go. */
async function inSync({ world }: Deployment): Promise<void> {
  const all = async () => {
    try {
      const { topics } = await world.admin.fetchTopicMetadata()
      const partitions = topics.flatMap((topic) => topic.partitions)
      return partitions.every(({ isr }) => isr.length === 3) || undefined
    } catch {
      return undefined
    }
  }
  await world.until('three replicas of everything', all, PATIENCE_MS)
}
