import { createRequire } from 'node:module'
import { setTimeout as pause } from 'node:timers/promises'
import { backoffMs } from '../health/retry.ts'

/** The part of kafkajs's runner of a consumer that is used here. */
interface Runner {
  running: boolean
  fetch(nodeId: string): Promise<readonly unknown[]>
}

const require = createRequire(import.meta.url)
let isDone = false

/** A fetch that brought nothing and was quicker waited for nothing: a broker that has nothing holds it longer. */
const QUICK_MS = 20
/** So many of them in a row may be chance: a rebalance, a partition that was paused. */
const CHANCE = 10
const PACE = { first: 10, most: 1_000 }

/**
 * Keeps kafkajs's fetch loop from turning without doing anything.
 *
 * As it comes, a consumer that is stopped while its fetchers are made anew (a broker came or went)
 * makes them all the same; each then asks a runner that has stopped, which answers at once with
 * nothing, for ever, without letting anything else of the process run. Here such a fetch fails, so that
 * its loop ends. And a fetch that again and again brings nothing at once is paced, whatever the reason.
 */
export function paceFetches(): void {
  if (isDone) return
  isDone = true
  // a module without types; the test goes through kafkajs's own runner
  const { prototype } = require('kafkajs/src/consumer/runner') as { prototype: Runner }
  const fetch = prototype.fetch
  const quick = new WeakMap<Runner, number>()
  prototype.fetch = async function (nodeId) {
    if (!this.running) throw new Error('the consumer has stopped')
    const begun = performance.now()
    const batches = await fetch.call(this, nodeId)
    const isQuick = batches.length === 0 && performance.now() - begun < QUICK_MS
    const inARow = isQuick ? (quick.get(this) ?? 0) + 1 : 0
    quick.set(this, inARow)
    if (inARow > CHANCE) await pause(backoffMs(inARow - CHANCE - 1, PACE))
    return batches
  }
}
