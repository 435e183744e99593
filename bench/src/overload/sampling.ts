import type { RunningProduct } from '../product/product.ts'
import { usageOf } from '../usage.ts'
import type { Stretch, Timeline } from './timeline.ts'

/** One tenth of the time in which orders are offered. */
export interface TenthOfOverload {
  sealed: number
  seal_p99_ms: number
  /** Largest resident megabytes seen. */
  rss_mb: number
  servers_rss_mb: number
  driver_rss_mb: number
  /** Orders that a door had taken and that were not sealed, at the end. */
  outstanding: number
  /** What intake expects an order that arrives now to wait, at the end. */
  wait_seconds: number
}

const EVERY_MS = 2_000
const MB = 1024 * 1024

/** Looks at memory and progress, and cuts the time into tenths. */
export function startSampling(
  { roles, place }: RunningProduct,
  timeline: Timeline,
  seconds: number,
  say: (line: string) => void,
): { stop(): TenthOfOverload[] } {
  const tenths: TenthOfOverload[] = []
  const began = performance.now()
  let stretch = timeline.stretch()
  let most = { work: 0, servers: 0, driver: 0 }
  let waitSeconds = 0

  function sample(): void {
    most = {
      work: Math.max(most.work, usageOf(roles.work, roles.servers).rss),
      servers: Math.max(most.servers, usageOf(roles.servers).rss),
      driver: Math.max(most.driver, process.memoryUsage.rss()),
    }
    void readWait(place.urls.intake).then((found) => {
      waitSeconds = found ?? waitSeconds
    })
    const isOver = performance.now() - began >= seconds * 100 * (tenths.length + 1)
    if (isOver && tenths.length < 9) cut()
  }

  function cut(): void {
    timeline.end(stretch)
    tenths.push(tenthOf(stretch))
    const last = tenths.at(-1)
    say(
      `overload ${tenths.length}/10: ${last?.sealed} sealed, p99 ${last?.seal_p99_ms.toFixed(0)} ms, ` +
        `${last?.rss_mb} MB, ${last?.outstanding} outstanding`,
    )
    stretch = timeline.stretch()
    most = { work: 0, servers: 0, driver: 0 }
  }

  function tenthOf({ toSeal }: Stretch): TenthOfOverload {
    return {
      sealed: toSeal.count,
      seal_p99_ms: toSeal.percentile(0.99),
      rss_mb: Math.round(most.work / MB),
      servers_rss_mb: Math.round(most.servers / MB),
      driver_rss_mb: Math.round(most.driver / MB),
      outstanding: timeline.outstanding(),
      wait_seconds: waitSeconds,
    }
  }

  const timer = setInterval(sample, Math.min(EVERY_MS, seconds * 50))
  sample()
  return {
    stop() {
      clearInterval(timer)
      sample()
      cut()
      return tenths
    },
  }
}

async function readWait(intake: string | undefined): Promise<number | undefined> {
  const text = await fetch(`${intake}/metrics`).then(
    (answer) => answer.text(),
    () => '',
  )
  const [, value] = /^prooftrail_admission_wait_seconds\{[^}]*\} (\S+)$/m.exec(text) ?? []
  return value === undefined ? undefined : Number(value)
}
