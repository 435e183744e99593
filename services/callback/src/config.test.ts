import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair } from '@prooftrail/trail'
import { expect, onTestFinished, test } from 'vitest'
import { readConfig } from './config.ts'
import { GAPS_MS } from './schedule.ts'

/** A complete environment with its files, and a place for more. */
function environment() {
  const folder = mkdtempSync(join(tmpdir(), 'callback-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const env = {
    KEY_FILE: file('key.json', JSON.stringify(generateKeyPair().privateKey)),
    WEBHOOK_KEY_FILE: file('webhook.json', JSON.stringify(generateKeyPair().privateKey)),
    CALLBACK_SECRET_FILE: file('secret', `${'s'.repeat(40)}\n`),
    PUBLIC_URL: 'https://prooftrail.example/',
  }
  return { env, file }
}

test('what is not given has its default', () => {
  const { env } = environment()
  expect(readConfig(env)).toMatchObject({
    port: 7005,
    key: { party: 'callback', roles: ['callback'] },
    webhookKey: { party: 'callback', roles: ['webhook'] },
    addresses: { results: 'https://prooftrail.example', trails: 'https://prooftrail.example' },
    allowedNetworks: [],
    totalMs: 20_000,
    responseBytes: 65_536,
    gapsMs: GAPS_MS,
    secrets: { current: Buffer.from('s'.repeat(40)) },
  })
})

test('a schedule of its own: as many attempts as gaps, and one', () => {
  const { env } = environment()
  const { gapsMs } = readConfig({ ...env, CALLBACK_GAPS_SECONDS: '5,300' })
  expect(gapsMs).toEqual([5_000, 300_000])
})

test('a rotation: the secret before, and versions of single agents', () => {
  const { env, file } = environment()
  const { secrets } = readConfig({
    ...env,
    CALLBACK_SECRET_PREVIOUS_FILE: file('old', 'o'.repeat(32)),
    CALLBACK_AGENT_VERSIONS_FILE: file('versions.json', '{"agent-a":2}'),
  })
  expect(secrets.previous).toEqual(Buffer.from('o'.repeat(32)))
  expect(secrets.versions.get('agent-a')).toBe(2)
})

test.each([
  ['KEY_FILE', ''],
  ['WEBHOOK_KEY_FILE', '/nowhere'],
  ['CALLBACK_SECRET_FILE', ''],
  ['PUBLIC_URL', 'no url'],
  ['CALLBACK_TOTAL_MS', '0'],
  ['CALLBACK_GAPS_SECONDS', '5,soon'],
  ['CALLBACK_GAPS_SECONDS', '0'],
  ['CALLBACK_TOTAL_MS', 'long'],
  ['CALLBACK_ALLOWED_PORTS', '443,http'],
  ['CALLBACK_ALLOWED_NETWORKS', '127.0.0.1/40'],
  ['PORT', 'x'],
])('%s=%s stops the start with its name', (name, value) => {
  const { env } = environment()
  const wrong = name === 'PUBLIC_URL' ? 'CONSOLE_URL' : name
  expect(() => readConfig({ ...env, [name]: value })).toThrow(wrong)
})

test('a short secret and a version below 1 stop the start', () => {
  const { env, file } = environment()
  const short = { ...env, CALLBACK_SECRET_FILE: file('short', 'short') }
  expect(() => readConfig(short)).toThrow('CALLBACK_SECRET_FILE')
  const versions = { ...env, CALLBACK_AGENT_VERSIONS_FILE: file('v.json', '{"agent-a":0}') }
  expect(() => readConfig(versions)).toThrow('CALLBACK_AGENT_VERSIONS_FILE')
})
