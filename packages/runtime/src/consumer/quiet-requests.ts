import { createRequire } from 'node:module'

/** The part of a connection's queue of requests in kafkajs that is used here. */
interface RequestQueue {
  pending: readonly unknown[]
  scheduleCheckPendingRequests(): void
}

const require = createRequire(import.meta.url)
let isDone = false

/**
 * Keeps kafkajs from looking for requests to send when none waits. As it comes, every connection that
 * was answered once looks again every millisecond, for as long as it lives: a process at rest wakes up a
 * thousand times a second. A request that has to wait (the broker throttles, or enough are under way)
 * asks for the look itself.
 */
export function lookForNoRequests(): void {
  if (isDone) return
  isDone = true
  // a module without types; the test goes through kafkajs's own queue
  const { prototype } = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue }
  const schedule = prototype.scheduleCheckPendingRequests
  prototype.scheduleCheckPendingRequests = function () {
    if (this.pending.length > 0) schedule.call(this)
  }
}
