import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readServers } from './servers-config.ts'

const env = {
  KAFKA_BROKERS: 'a:1,b:2',
  SCHEMA_REGISTRY_URL: 'http://a',
  MONGODB_URL: 'mongodb://a',
}

function fileOf(text: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'prooftrail-config-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  writeFileSync(join(dir, 'file'), text)
  return join(dir, 'file')
}

test('a service is somebody at the broker: mechanism, user, a password in a file, an authority', () => {
  const { kafka } = readServers({
    ...env,
    KAFKA_SSL_CA_FILE: fileOf('PEM'),
    KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
    KAFKA_SASL_USERNAME: 'prooftrail-intake',
    KAFKA_SASL_PASSWORD_FILE: fileOf('of-intake\n'),
  })
  expect(kafka).toEqual({
    brokers: ['a:1', 'b:2'],
    ssl: { ca: 'PEM' },
    sasl: { mechanism: 'scram-sha-512', username: 'prooftrail-intake', password: 'of-intake' },
  })
  expect(readServers(env).kafka).toEqual({ brokers: ['a:1', 'b:2'], ssl: false })
})

test.each<[string, () => Record<string, string>, string]>([
  ['no password', () => ({}), 'KAFKA_SASL_PASSWORD is not set'],
  ['an empty file', () => ({ KAFKA_SASL_PASSWORD_FILE: fileOf('\n') }), 'without a secret'],
  ['no such file', () => ({ KAFKA_SASL_PASSWORD_FILE: '/none' }), 'cannot be read'],
  [
    'two passwords',
    () => ({ KAFKA_SASL_PASSWORD: 'a', KAFKA_SASL_PASSWORD_FILE: fileOf('b') }),
    'both set',
  ],
  [
    'an unknown mechanism',
    () => ({ KAFKA_SASL_PASSWORD: 'a', KAFKA_SASL_MECHANISM: 'gssapi' }),
    'KAFKA_SASL_MECHANISM',
  ],
  [
    'an authority without TLS',
    () => ({ KAFKA_SASL_PASSWORD: 'a', KAFKA_SSL: '0', KAFKA_SSL_CA_FILE: fileOf('x') }),
    'KAFKA_SSL_CA_FILE',
  ],
])('given %s, then the start stops and says so', (_, more, told) => {
  expect(() => readServers({ ...env, KAFKA_SASL_USERNAME: 'x', ...more() })).toThrow(told)
})
