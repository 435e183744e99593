import { readdirSync, readFileSync } from 'node:fs'
import { evidenceClasses, type Json, type Manifest } from '@prooftrail/contracts'
import { describe, expect, test } from 'vitest'
import { evidenceFaults } from './evidence.ts'

const executors = new URL('../../executors/', import.meta.url)
const manifests = readdirSync(executors).map(
  // a manifest of the repository is checked by its own suite
  (name): Manifest =>
    JSON.parse(readFileSync(new URL(`${name}/manifest.json`, executors), 'utf8')) as Manifest,
)

/** So many fit into the largest order. */
const ITEMS = 100_000
/** What an answer may take, whatever was sent: it is signed, kept and logged. */
const MOST_CHARACTERS = 2_000

describe.each(manifests)('given an agent that breaks every item of $tool', (manifest) => {
  test.each<[string, Json]>([
    ['numbers', 0],
    ['texts', ''],
    ['objects', {}],
    ['lists', []],
    ['items without a reference', { issued_at: 'yesterday', digest: 'md5' }],
  ])('with %s in every class, then the answer stays short', (_, bad) => {
    const classes = evidenceClasses(manifest).map(({ name }) => name)
    const evidence = Object.fromEntries(
      classes.map((name) => [name, new Array<Json>(Math.ceil(ITEMS / classes.length)).fill(bad)]),
    )
    const faults = evidenceFaults(evidence, manifest)
    expect(faults.map(({ code }) => code)).toContain('PT-1026')
    expect(JSON.stringify(faults).length).toBeLessThan(MOST_CHARACTERS)
  })

  test('with as many classes that do not exist, then the answer stays short', () => {
    const names = Array.from({ length: ITEMS }, (__, i) => [`class_${i}`, 0] as const)
    const faults = evidenceFaults(Object.fromEntries(names), manifest)
    expect(faults.map(({ code }) => code)).toContain('PT-1027')
    expect(JSON.stringify(faults).length).toBeLessThan(MOST_CHARACTERS)
  })
})
