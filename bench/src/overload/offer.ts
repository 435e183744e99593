import { setTimeout as wait } from 'node:timers/promises'
import type { RunningProduct } from '../product/product.ts'
import { Histogram } from './histogram.ts'
import type { Timeline } from './timeline.ts'

/** What was offered at both doors, and what they said. */
export interface Offered {
  /** Orders offered, half of them at each door. */
  offered: number
  /** Put on the topic, and 202 of the HTTP door. */
  published: number
  accepted: number
  /** 429, and the seconds of their Retry-After. */
  shed: number
  retryAfter: Histogram
  retryAfterMissing: number
  /** How long a 202 and a 429 took, in milliseconds. */
  acceptMs: Histogram
  shedMs: Histogram
  /** Any other answer, or none, by what it was. */
  other: Record<string, number>
  /** Orders that were not offered because the driver had too many requests open. */
  unoffered: number
}

const TICK_MS = 20
const MAX_OPEN = 512

/** Offers `rate` orders/s whatever becomes of them, half through HTTP and half onto the topic. */
export async function offer(
  { feed, post }: RunningProduct,
  timeline: Timeline,
  { rate, seconds }: { rate: number; seconds: number },
): Promise<Offered> {
  const said: Offered = {
    ...{ offered: 0, published: 0, accepted: 0, shed: 0, retryAfterMissing: 0, unoffered: 0 },
    ...{ retryAfter: new Histogram(), acceptMs: new Histogram(), shedMs: new Histogram() },
    other: {},
  }
  const count = (what: string) => {
    said.other[what] = (said.other[what] ?? 0) + 1
  }
  const open = new Set<Promise<void>>()
  const under = (act: Promise<void>) => {
    const one = act.finally(() => open.delete(one))
    open.add(one)
  }

  async function knock(id: string): Promise<void> {
    timeline.sent([id])
    const from = performance.now()
    const answer = await post(id).catch((error: unknown) => ({
      status: error instanceof Error ? error.message : String(error),
      retryAfter: undefined,
    }))
    const took = performance.now() - from
    if (answer.status === 202) {
      said.accepted += 1
      said.acceptMs.add(took)
      return
    }
    timeline.forget(id)
    if (answer.status !== 429) return count(String(answer.status))
    said.shed += 1
    said.shedMs.add(took)
    if (answer.retryAfter === undefined) said.retryAfterMissing += 1
    else said.retryAfter.add(answer.retryAfter)
  }

  async function publish(ids: readonly string[]): Promise<void> {
    timeline.sent(ids)
    try {
      await feed.send(ids)
      said.published += ids.length
    } catch (error) {
      for (const id of ids) timeline.forget(id)
      count(`publish: ${error instanceof Error ? error.message : error}`)
    }
  }

  const began = performance.now()
  for (let due = 0; ; ) {
    const passed = (performance.now() - began) / 1000
    const wanted = Math.floor(Math.min(passed, seconds) * rate) - due
    due += wanted
    const places = Math.max(0, MAX_OPEN - open.size)
    const ids = feed.prepare(Math.min(wanted, places))
    said.unoffered += wanted - ids.length
    said.offered += ids.length
    const isHttp = (n: number) => (due + n) % 2 === 0
    const direct = ids.filter((_, n) => !isHttp(n))
    if (direct.length > 0) under(publish(direct))
    for (const id of ids.filter((_, n) => isHttp(n))) under(knock(id))
    if (passed >= seconds) break
    await wait(TICK_MS)
  }
  await Promise.all(open)
  return said
}
