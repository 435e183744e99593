import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readAddresses } from './addresses.ts'

const SET = {
  KAFKA_BROKERS: 'one:9092, two:9093',
  SCHEMA_REGISTRY_URL: 'https://registry.example/api/',
  MONGODB_URL: 'mongodb://one,two/?replicaSet=rs',
}

describe('addresses in the environment', () => {
  test('none set means that nothing was configured', () => {
    expect(readAddresses({ KAFKA_BROKERS: '', PATH: '/bin' })).toBeUndefined()
  })

  test('all three set are used as they are', () => {
    expect(readAddresses(SET)).toEqual({
      kafka: { brokers: ['one:9092', 'two:9093'] },
      registry: { url: 'https://registry.example/api' },
      mongodb: { url: 'mongodb://one,two/?replicaSet=rs', kind: 'configured', standIn: false },
    })
  })

  test('credentials travel with the address they belong to', () => {
    const addresses = readAddresses({
      ...SET,
      KAFKA_SSL: 'true',
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
      KAFKA_SASL_USERNAME: 'ann',
      KAFKA_SASL_PASSWORD: 'k',
      SCHEMA_REGISTRY_USERNAME: 'bob',
      SCHEMA_REGISTRY_PASSWORD: 'r',
    })
    expect(addresses?.kafka.ssl).toBe(true)
    expect(addresses?.kafka.sasl).toEqual({
      mechanism: 'scram-sha-512',
      username: 'ann',
      password: 'k',
    })
    expect(addresses?.registry.auth).toEqual({ username: 'bob', password: 'r' })
  })

  test('a password and an authority may stand in files', () => {
    const dir = mkdtempSync(join(tmpdir(), 'prooftrail-addresses-'))
    onTestFinished(() => rmSync(dir, { recursive: true }))
    const file = (name: string, text: string) => {
      writeFileSync(join(dir, name), text)
      return join(dir, name)
    }
    const env = {
      ...SET,
      KAFKA_SASL_USERNAME: 'ann',
      KAFKA_SASL_PASSWORD_FILE: file('password', 'k-in-a-file\n'),
      KAFKA_SSL_CA_FILE: file('ca.pem', 'PEM'),
    }
    expect(readAddresses(env)?.kafka).toMatchObject({
      ssl: { ca: 'PEM' },
      sasl: { mechanism: 'plain', username: 'ann', password: 'k-in-a-file' },
    })
    for (const more of [
      { KAFKA_SASL_PASSWORD: 'k' },
      { KAFKA_SSL: '0' },
      { KAFKA_SSL_CA_FILE: join(dir, 'none') },
    ]) {
      expect(() => readAddresses({ ...env, ...more })).toThrow(Object.keys(more)[0])
    }
  })

  test('some set is one error that names every missing one', () => {
    expect(() => readAddresses({ MONGODB_URL: 'mongodb://one' })).toThrow(
      expect.objectContaining({
        code: 'STACK_ADDRESSES_INCOMPLETE',
        message: expect.stringContaining('KAFKA_BROKERS and SCHEMA_REGISTRY_URL are missing'),
      }),
    )
  })

  test('every value that cannot be used is named at once', () => {
    const wrong = {
      KAFKA_BROKERS: 'one:9092,two:99999',
      SCHEMA_REGISTRY_URL: 'registry',
      MONGODB_URL: 'postgres://one',
      KAFKA_SSL: 'yes',
      KAFKA_SASL_MECHANISM: 'gssapi',
      SCHEMA_REGISTRY_USERNAME: 'bob',
    }
    const names = [
      ...Object.keys(wrong).filter((name) => name !== 'SCHEMA_REGISTRY_USERNAME'),
      'SCHEMA_REGISTRY_PASSWORD',
    ]
    for (const name of names) expect(() => readAddresses(wrong)).toThrow(name)
  })

  test('an error does not repeat a password', () => {
    const secret = 'do-not-print'
    const env = {
      ...SET,
      KAFKA_BROKERS: 'none',
      KAFKA_SASL_PASSWORD: secret,
      MONGODB_URL: `x://u:${secret}@h`,
    }
    expect(() => readAddresses(env)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining(secret) }),
    )
  })
})
