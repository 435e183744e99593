import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publicJwk } from '@prooftrail/trail'
import { cosignerVkey, vkeyOf } from '@prooftrail/trail/log'
import { expect, onTestFinished, test } from 'vitest'
import { exampleKeys, ORIGIN, serviceKeys } from './attestation.fixtures.ts'
import { readConfig } from './config.ts'

const { privateKey } = exampleKeys.log

function envWith(changes: Record<string, string>) {
  const dir = mkdtempSync(join(tmpdir(), 'prooftrail-config-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const write = (name: string, value: unknown) => {
    writeFileSync(join(dir, name), JSON.stringify(value))
    return join(dir, name)
  }
  return {
    LOG_ORIGIN: ORIGIN,
    KEYS_FILE: write('keys.json', serviceKeys),
    KEY_FILE: write('attestation.jwk', exampleKeys.attestation.privateKey),
    LOG_KEY_FILE: write('log.jwk', privateKey),
    ...changes,
  }
}

test('witnesses are named by verifier key and address', () => {
  const vkey = cosignerVkey('w.example/1', privateKey)
  const { witnesses, previousLogKey } = readConfig(
    envWith({ WITNESSES: `${vkey} https://w.example/a/, ${vkey}  http://10.0.0.7:7080` }),
  )
  const of = { name: 'w.example/1', key: publicJwk(privateKey) }
  expect(witnesses).toEqual([
    { ...of, url: 'https://w.example/a' },
    { ...of, url: 'http://10.0.0.7:7080' },
  ])
  expect(previousLogKey).toBeUndefined()
  expect(readConfig(envWith({})).witnesses).toEqual([])
})

test.each([
  'https://w.example',
  cosignerVkey('w', privateKey),
  `${cosignerVkey('w', privateKey)} ftp://w.example`,
  `${cosignerVkey('w', privateKey)} https://w.example more`,
  `${vkeyOf('w', privateKey)} https://w.example`,
])('%s names no witness, and the start stops', (WITNESSES) => {
  expect(() => readConfig(envWith({ WITNESSES }))).toThrow(/^WITNESSES takes/)
})

test('a previous key of the log that nobody could verify stops the start', () => {
  const LOG_KEY_PREVIOUS_FILE = envWith({}).KEY_FILE
  expect(() => readConfig(envWith({ LOG_KEY_PREVIOUS_FILE }))).toThrow(/^LOG_KEY_PREVIOUS_FILE: /)
})
