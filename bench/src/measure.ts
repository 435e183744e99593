import { loadavg } from 'node:os'
import { closedLoop, type Feed, type LoadResult, openLoop } from './load.ts'
import { type ThreadUsage, threadsOf, type Usage, usageOf, usageOfEach } from './usage.ts'

/** Processes by role: their cost is told apart. */
export interface Roles {
  /** What is measured: services or the floor's relays; the servers below them are left out. */
  work: readonly number[]
  /** Kafka, registry, MongoDB. */
  servers: readonly number[]
  /** Each of these processes by its name, where they are told apart. */
  parts?: Readonly<Record<string, number>>
}

export interface Measured extends LoadResult {
  in_flight?: number
  rate?: number
  /** CPU milliseconds (user and system) per finished order. */
  cpu_ms: { work: number; servers: number; driver: number }
  /** The same for each process that has a name. */
  cpu_ms_by_process?: Record<string, number>
  /** The same of `work` by what threads are for. */
  cpu_ms_by_thread: ThreadUsage
  /** Resident megabytes at the end of the window. */
  rss_mb: { work: number; servers: number }
  /** Load average over one minute before and after. */
  load1: [number, number]
}

/** A closed loop with what it cost. */
export async function measureClosed(
  feed: Feed,
  roles: Roles,
  options: { inFlight: number; seconds: number; orders?: number },
  hooks: { open?: () => Promise<void>; close?: () => Promise<void> } = {},
): Promise<Measured> {
  const meter = openMeter(roles)
  const result = await closedLoop(feed, options, {
    async open() {
      await hooks.open?.()
      meter.open()
    },
    async close() {
      meter.close()
      await hooks.close?.()
    },
  })
  return { ...result, in_flight: options.inFlight, ...meter.per(result.orders) }
}

/** An open loop with what it cost. */
export async function measureOpen(
  feed: Feed,
  roles: Roles,
  options: { rate: number; seconds: number },
): Promise<Measured> {
  const meter = openMeter(roles)
  const result = await openLoop(feed, options, meter)
  return { ...result, rate: options.rate, ...meter.per(result.orders) }
}

interface Reading {
  work: Usage
  servers: Usage
  threads: ThreadUsage
  driver: number
  parts: Record<string, Usage>
  load: number
}

function openMeter({ work, servers, parts = {} }: Roles) {
  const read = (): Reading => {
    const { user, system } = process.cpuUsage()
    const [load = 0] = loadavg()
    return {
      work: usageOf(work, servers),
      servers: usageOf(servers),
      threads: threadsOf(work, servers),
      driver: (user + system) / 1e6,
      parts: usageOfEach(parts),
      load,
    }
  }
  let before = read()
  let after = before
  return {
    open() {
      before = read()
    },
    close() {
      after = read()
    },
    per(orders: number): Omit<Measured, keyof LoadResult | 'in_flight' | 'rate'> {
      const ms = (seconds: number) => (1000 * seconds) / Math.max(1, orders)
      const each = Object.entries(after.parts).map(
        ([name, { cpu }]) => [name, ms(cpu - (before.parts[name]?.cpu ?? 0))] as const,
      )
      const mb = (bytes: number) => Math.round(bytes / 1024 / 1024)
      return {
        cpu_ms: {
          work: ms(after.work.cpu - before.work.cpu),
          servers: ms(after.servers.cpu - before.servers.cpu),
          driver: ms(after.driver - before.driver),
        },
        cpu_ms_by_thread: {
          main: ms(after.threads.main - before.threads.main),
          helpers: ms(after.threads.helpers - before.threads.helpers),
          others: ms(after.threads.others - before.threads.others),
        },
        ...(each.length > 0 ? { cpu_ms_by_process: Object.fromEntries(each) } : {}),
        rss_mb: { work: mb(after.work.rss), servers: mb(after.servers.rss) },
        load1: [before.load, after.load],
      }
    },
  }
}
