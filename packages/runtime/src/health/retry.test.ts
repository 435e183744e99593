import { ContractError, RegistryUnavailable } from '@prooftrail/contracts'
import { MongoNetworkError, MongoServerError } from 'mongodb'
import { describe, expect, test } from 'vitest'
import { ConfigError } from '../env.ts'
import { Refusal, RetryLater } from '../service.ts'
import {
  backoffMs,
  isDefect,
  isOutage,
  isOwnFault,
  isPassing,
  reasonOf,
  saysAbsent,
} from './retry.ts'

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

/** An error as Node, kafkajs or the driver for MongoDB makes it. */
function errorOf(name: string, members: object = {}, cause?: unknown): Error {
  return Object.assign(new Error(name, { cause }), { name, ...members })
}

const refused = errorOf('Error', { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED' })

describe('what passes at a start', () => {
  test.each([
    ['a broker that is away', errorOf('KafkaJSConnectionError', { retriable: true })],
    [
      'no leader',
      errorOf('KafkaJSProtocolError', { type: 'LEADER_NOT_AVAILABLE', retriable: true }),
    ],
    [
      'not the leader, after all attempts',
      errorOf(
        'KafkaJSNumberOfRetriesExceeded',
        { retriable: false },
        kafkaError({ retriable: true }),
      ),
    ],
    ['no coordinator', errorOf('KafkaJSGroupCoordinatorNotFound', { retriable: false })],
    ['a lock that another attempt holds', errorOf('KafkaJSLockTimeout', { retriable: false })],
    [
      'one of several topics without a leader',
      new AggregateError([kafkaError({ retriable: true })]),
    ],
    ['a registry that answers 503', new RegistryUnavailable('503', { status: 503 })],
    [
      'a registry that is away',
      new RegistryUnavailable('away', { cause: new TypeError('fetch failed', { cause: refused }) }),
    ],
    ['a database that is away', errorOf('MongoServerSelectionError')],
    ['a database that ends a connection', new MongoNetworkError('closed')],
    ['a database without a primary', new MongoServerError({ message: 'not primary', code: 10107 })],
    ['a name that is not known yet', errorOf('Error', { code: 'ENOTFOUND' })],
  ])('%s', (_, error) => {
    expect(isOutage(error)).toBe(true)
  })

  test.each([
    [
      'a wrong password at the brokers',
      errorOf('KafkaJSSASLAuthenticationError', { retriable: false }),
    ],
    [
      'a wrong password, met by a client that tries again',
      kafkaError({ retriable: true }, errorOf('KafkaJSSASLAuthenticationError')),
    ],
    [
      'too few brokers for the replicas asked for',
      errorOf('KafkaJSProtocolError', { type: 'INVALID_REPLICATION_FACTOR', retriable: false }),
    ],
    ['a wrong password at the registry', new RegistryUnavailable('401', { status: 401 })],
    [
      'a wrong password at the database',
      new MongoServerError({ message: 'Authentication failed.', code: 18 }),
    ],
    ['a broken unique index', new MongoServerError({ message: 'E11000', code: 11_000 })],
    [
      'a certificate',
      errorOf(
        'MongoServerSelectionError',
        {},
        errorOf('Error', { code: 'SELF_SIGNED_CERT_IN_CHAIN' }),
      ),
    ],
    ['an incompatible schema', new ContractError('PT-9020', 'subject', [])],
    ['a setting', new ConfigError('PORT takes a whole number')],
    ['a port that is taken', errorOf('Error', { code: 'EADDRINUSE' })],
    ['a defect', new TypeError('x is undefined')],
    ['what is no error', 'text'],
  ])('but not %s', (_, error) => {
    expect(isOutage(error)).toBe(false)
  })

  test('given an error that another one caused, then both are told', () => {
    const away = new RegistryUnavailable('the registry does not answer', { cause: refused })
    expect(reasonOf(away)).toBe('the registry does not answer (connect ECONNREFUSED)')
    expect(reasonOf(refused)).toBe('connect ECONNREFUSED')
    expect(reasonOf('text')).toBe('text')
  })
})
