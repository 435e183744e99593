import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { manifestDigest } from '@prooftrail/contracts'
import { expect, onTestFinished, test } from 'vitest'
import {
  CONFORMANCE_CHECKS,
  CONFORMANCE_FILE,
  conformanceFaults,
  folderDigest,
  isConform,
} from './conformance.ts'
import { exampleManifest as manifest } from './example-tool.fixtures.ts'

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tool-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'cases'))
  writeFileSync(join(folder, 'execute.js'), 'export const execute = () => 1\n')
  writeFileSync(join(folder, 'cases', 'one.json'), '{}')
  return folder
}

function record(folder: string, passed = true, names: readonly string[] = CONFORMANCE_CHECKS) {
  const manifest_digest = manifestDigest(manifest)
  const checks = names.map((name) => ({ name, outcome: 'passed' }))
  const value = { passed, manifest_digest, folder_digest: folderDigest(folder), checks }
  writeFileSync(join(folder, CONFORMANCE_FILE), JSON.stringify(value))
}

test('a folder is conform as long as it is the one that passed', () => {
  const folder = aFolder()
  expect(isConform(folder, manifest)).toBe(false)
  record(folder)
  expect(isConform(folder, manifest)).toBe(true)
  writeFileSync(join(folder, 'README.md'), 'words')
  writeFileSync(join(folder, '.hidden'), 'x')
  writeFileSync(join(folder, 'tsconfig.tsbuildinfo'), 'x')
  expect(isConform(folder, manifest)).toBe(true)
  expect(isConform(folder, { ...manifest, version: '1.0.1' })).toBe(false)
  writeFileSync(join(folder, 'cases', 'one.json'), '{"a":1}')
  expect(isConform(folder, manifest)).toBe(false)
  record(folder, false)
  expect(isConform(folder, manifest)).toBe(false)
})

test('a file that moves is another folder', () => {
  const folder = aFolder()
  const before = folderDigest(folder)
  writeFileSync(join(folder, 'cases', 'two.json'), '{}')
  const added = folderDigest(folder)
  rmSync(join(folder, 'cases', 'two.json'))
  expect(added).not.toBe(before)
  expect(folderDigest(folder)).toBe(before)
})

test('a record that is older than the suite is named stale by what it lacks', () => {
  const folder = aFolder()
  expect(conformanceFaults(folder, manifest)[0]).toContain('no record')
  record(folder, true, CONFORMANCE_CHECKS.slice(1))
  expect(conformanceFaults(folder, manifest)).toEqual(["the record lacks 'manifest valid'"])
})
