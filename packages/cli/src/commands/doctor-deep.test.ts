import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { makeOutput } from '../output.ts'
import { doctorDeep } from './doctor-deep.ts'

test('given a folder without the keys of the deployment, then none are made up', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'prooftrail-doctor-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  await expect(doctorDeep(makeOutput(false), dir)).rejects.toMatchObject({ code: 'PT-8006' })
  expect(readdirSync(dir)).toEqual([])
})
