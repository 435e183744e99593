import { createRequire } from 'node:module'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { lookForNoRequests } from './quiet-requests.ts'

// kafkajs's own module, without types
const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue')

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** A connection's queue, and what it sent. */
function queueOf(maxInFlightRequests: number | null) {
  lookForNoRequests()
  const queue = new RequestQueue({
    maxInFlightRequests,
    requestTimeout: 30_000,
    enforceRequestTimeout: false,
    logger: { debug: () => undefined, warn: () => undefined },
  })
  const sent: number[] = []
  const push = (correlationId: number) =>
    queue.push({
      entry: { correlationId, resolve: () => undefined, reject: () => undefined },
      expectResponse: true,
      sendRequest: () => void sent.push(correlationId),
    })
  const answer = (correlationId: number) =>
    queue.fulfillRequest({ correlationId, payload: Buffer.alloc(0), size: 0 })
  return { queue, sent, push, answer }
}

test('given a connection whose requests are answered, then it wakes nobody', () => {
  const { push, answer, sent } = queueOf(null)
  push(1)
  answer(1)
  expect(sent).toEqual([1])
  expect(vi.getTimerCount()).toBe(0)
})

test('given a broker that throttles, then what waits is sent when that is over, and nothing is looked for after it', () => {
  const { queue, push, sent } = queueOf(null)
  queue.maybeThrottle(500)
  push(1)
  vi.advanceTimersByTime(400)
  expect(sent).toEqual([])
  vi.advanceTimersByTime(200)
  expect(sent).toEqual([1])
  expect(vi.getTimerCount()).toBe(0)
})

test('given as many requests under way as may be, then the next is sent with an answer', () => {
  const { push, answer, sent } = queueOf(1)
  push(1)
  push(2)
  expect(sent).toEqual([1])
  answer(1)
  expect(sent).toEqual([1, 2])
})
