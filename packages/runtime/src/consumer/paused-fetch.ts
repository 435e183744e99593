import { createRequire } from 'node:module'

/** The part of kafkajs's consumer group that is used here. */
interface ConsumerGroup {
  maxWaitTime: number
  paused(): readonly unknown[]
  fetch(nodeId: string): Promise<readonly unknown[]>
}

const require = createRequire(import.meta.url)
let isDone = false

/** A fetch that leaves a partition out waits for others no longer. */
export const PAUSED_WAIT_MS = 50

/**
 * Has a partition that goes on fetched soon. As it comes, a fetch that left it out because it was paused
 * waits its whole time for the others, however soon the partition goes on.
 */
export function fetchPausedSoon(): void {
  if (isDone) return
  isDone = true
  // a class without types; the test goes through it, and a real broker
  const { prototype } = require('kafkajs/src/consumer/consumerGroup') as {
    prototype: ConsumerGroup
  }
  const { fetch } = prototype
  const usual = new WeakMap<ConsumerGroup, number>()
  prototype.fetch = function (nodeId) {
    const most = usual.get(this) ?? this.maxWaitTime
    usual.set(this, most)
    this.maxWaitTime = this.paused().length > 0 ? Math.min(PAUSED_WAIT_MS, most) : most
    return fetch.call(this, nodeId)
  }
}
