import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readPort, run, settingsOf } from './run.ts'

const dir = mkdtempSync(join(tmpdir(), 'prooftrail-run-'))
afterAll(() => rmSync(dir, { recursive: true }))
const asked = { settings: dir, suffix: '.env.example' }
const write = (name: string, text: string) => writeFileSync(join(dir, name), text)

describe('given settings in files', () => {
  test('then a service’s own count before the common ones, and these before the process’s', () => {
    write('common.env.example', 'LOG_LEVEL=warn\nHOST=0.0.0.0\n# KAFKA_SSL=true\n')
    write('intake.env.example', "PORT=7001\nHOST='127.0.0.1'\n")
    const env = { LOG_LEVEL: 'info', OPERATOR_TOKEN: 'token' }
    expect(settingsOf('intake', asked, env)).toEqual({
      ...{ LOG_LEVEL: 'warn', HOST: '127.0.0.1', PORT: '7001', OPERATOR_TOKEN: 'token' },
    })
  })

  test('when a service has none, or nothing is called so, then that is told and nothing starts', async () => {
    expect(() => settingsOf('receipt', asked, {})).toThrow(/receipt\.env\.example is not there/)
    write('nobody.env.example', 'PORT=1')
    await expect(run(['nobody'], asked)).rejects.toThrow(/no service or tool is called nobody/)
  })
})

test('a port is one', () => {
  expect(readPort('7000')).toBe(7000)
  for (const text of ['0', '65536', '-1', '1e3', '']) expect(() => readPort(text)).toThrow()
})
