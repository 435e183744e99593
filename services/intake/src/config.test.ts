import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair, thumbprint } from '@prooftrail/trail'
import { afterAll, expect, test } from 'vitest'
import { readConfig } from './config.ts'

const folder = mkdtempSync(join(tmpdir(), 'intake-'))
let files = 0
afterAll(() => rmSync(folder, { recursive: true }))

const secret = fileOf('s'.repeat(32))

test('given a whole environment, when it is read, then everything is set', () => {
  const { privateKey } = generateKeyPair()
  const config = readConfig({
    KEY_FILE: fileWith(privateKey),
    TASK_TOKEN_SECRET_FILE: secret,
    PUBLIC_URL: 'https://intake.example.com/',
    CALLBACK_ALLOWED_NETWORKS: '127.0.0.0/8, ::1/128',
    CALLBACK_ALLOWED_PORTS: '8443',
    INTAKE_DIGEST_MS: '800',
    INTAKE_AT_LEAST: '16',
    INTAKE_MAX_WAIT_SECONDS: '30',
    INTAKE_AGENT_ORDERS_PER_MINUTE: '600',
  })
  expect(config).toMatchObject({
    port: 7001,
    publicUrl: 'https://intake.example.com',
    key: { key_id: thumbprint(privateKey), party: 'intake', roles: ['intake'] },
    policy: {
      allowedNetworks: ['127.0.0.0/8', '::1/128'],
      allowedPorts: [8443],
      maxOrderMs: 31 * 24 * 3_600_000,
      maxAwaitingCredits: 10_000,
    },
    load: { digestMs: 800, atLeast: 16, waitMs: 30_000 },
    quotas: {
      ordersPerMinute: 600,
      bytesPerMinute: 120_000_000,
      waitingOrders: 20_000,
      waitingBytes: 32_000_000,
    },
  })
  expect(config.taskSecret).toHaveLength(32)
})

test('given the secret itself or its file, when either is read, then handles are the same', () => {
  const rest = { KEY_FILE: fileWith(generateKeyPair().privateKey) }
  const fromFile = readConfig({ ...rest, TASK_TOKEN_SECRET_FILE: secret })
  const direct = readConfig({ ...rest, TASK_TOKEN_SECRET: 's'.repeat(32) })
  expect(direct.taskSecret).toEqual(fromFile.taskSecret)
})

test.each([
  ['INTAKE_AT_LEAST', { INTAKE_AT_LEAST: '0' }],
  ['INTAKE_AGENT_WAITING_MB', { INTAKE_AGENT_WAITING_MB: '0' }],
  ['KEY_FILE', { KEY_FILE: '/none/such' }],
  ['KEY_FILE', { KEY_FILE: fileWith({ kty: 'OKP' }) }],
  ['TASK_TOKEN_SECRET_FILE', { TASK_TOKEN_SECRET_FILE: fileOf('short') }],
  ['TASK_TOKEN_SECRET_FILE', { TASK_TOKEN_SECRET_FILE: '' }],
  ['TASK_TOKEN_SECRET', { TASK_TOKEN_SECRET: 'short' }],
  ['CALLBACK_ALLOWED_PORTS', { CALLBACK_ALLOWED_PORTS: 'https' }],
  ['PORT', { PORT: 'seven' }],
])(
  'given a bad %s, when the environment is read, then the start stops with its name',
  (name, bad) => {
    const good = {
      KEY_FILE: fileWith(generateKeyPair().privateKey),
      TASK_TOKEN_SECRET_FILE: secret,
    }
    expect(() => readConfig({ ...good, ...bad })).toThrow(name)
  },
)

function fileWith(value: unknown): string {
  return fileOf(JSON.stringify(value))
}

function fileOf(text: string): string {
  files += 1
  const path = join(folder, `${files}`)
  writeFileSync(path, text)
  return path
}
