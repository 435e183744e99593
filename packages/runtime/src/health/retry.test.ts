import { describe, expect, test } from 'vitest'
import { Refusal, RetryLater } from '../service.ts'
import { backoffMs, isDefect, isOwnFault, isPassing, saysAbsent } from './retry.ts'

/** An error as kafkajs makes it. */
function kafkaError(members: object, cause?: unknown): Error {
  return Object.assign(new Error('kafka', { cause }), members)
}

describe('backoff', () => {
  test('given attempts that fail, then each wait is longer, up to the limit', () => {
    const waits = [0, 1, 2, 3, 4].map((attempt) => backoffMs(attempt, { first: 100, most: 500 }))
    expect(waits).toEqual([100, 200, 400, 500, 500])
    expect(backoffMs(1, { first: 1_000, most: 60_000, factor: 4 })).toBe(4_000)
  })

  test('given very many attempts, then the wait is still the limit', () => {
    expect(backoffMs(100_000, { first: 100, most: 5_000 })).toBe(5_000)
  })
})

describe('what another attempt may mend', () => {
  test('given a refusal or a defect, then it is the input’s own fault', () => {
    for (const error of [
      new Refusal('PT-4001', 'no'),
      new RetryLater('PT-4002', 'not yet'),
      new TypeError('x is undefined'),
      new RangeError('stack'),
      new ReferenceError('y'),
    ]) {
      expect(isOwnFault(error)).toBe(true)
    }
  })

  test('given an error of the language that has a cause, then it reports an outage', () => {
    const failed = new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') })
    expect(isDefect(failed)).toBe(false)
    expect(isOwnFault(failed)).toBe(false)
    expect(isOwnFault(new Error('away'))).toBe(false)
  })

  test('given what Kafka calls retriable, itself or as a cause, then it passes', () => {
    expect(isPassing(kafkaError({ retriable: true }))).toBe(true)
    expect(isPassing(kafkaError({ retriable: false }, kafkaError({ retriable: true })))).toBe(true)
    expect(isPassing(kafkaError({ retriable: false }))).toBe(false)
    expect(isPassing('text')).toBe(false)
  })

  test('given a topic that is missing, then it is told from other faults', () => {
    const absent = kafkaError({ type: 'UNKNOWN_TOPIC_OR_PARTITION' })
    expect(saysAbsent(kafkaError({}, absent))).toBe(true)
    expect(saysAbsent(kafkaError({ type: 'REQUEST_TIMED_OUT' }))).toBe(false)
  })

  test('given an error that is its own cause, then asking ends', () => {
    const error: Error & { cause?: unknown } = new Error('round')
    error.cause = error
    expect(isPassing(error)).toBe(false)
  })
})
