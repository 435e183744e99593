/** The command as a process: what it answers to a shell. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeExampleTrail } from '@prooftrail/testing/trail'
import { expect, onTestFinished, test } from 'vitest'

const BIN = join(import.meta.dirname, '../bin/prooftrail.js')

test('nobody reads on: it ends quietly, with the verdict as exit code', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'prooftrail-cli-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const { bundle, keys } = makeExampleTrail({ kind: 'tokenops-ready' })
  writeFileSync(join(dir, 'trail.json'), JSON.stringify(bundle))
  writeFileSync(join(dir, 'keys.json'), JSON.stringify(keys))
  const args = [BIN, 'verify', join(dir, 'trail.json'), '--keys', join(dir, 'keys.json')]
  const child = spawn(process.execPath, args)
  child.stdout.destroy()
  let err = ''
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  const exit = await new Promise((resolve) => child.on('close', resolve))
  expect({ exit, err }).toEqual({ exit: 0, err: '' })
}, 180_000)
