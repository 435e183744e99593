import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CONFORMANCE_CHECKS } from '@prooftrail/executor-sdk'
import { generateKeyPair } from '@prooftrail/trail'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWorld, type TestWorld } from '../world.ts'
import { aFolder, prooftrail, prooftrailJson, runsTool } from './prooftrail.ts'

let world: TestWorld
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world?.stop())

interface Check {
  name: string
  outcome: string
  detail?: string
}

interface Shown {
  current?: string
  pinned?: string
  versions: { version: string; conformance: string; live_executors: number; backlog: number }[]
}

function edit(
  folder: string,
  file: string,
  change: (value: Record<string, unknown>) => void,
): void {
  const path = join(folder, file)
  const value = JSON.parse(readFileSync(path, 'utf8'))
  change(value)
  writeFileSync(path, JSON.stringify(value))
}

describe('given a tool that somebody makes in a folder of their own', () => {
  test('when its commands are run one after the other, then its order ends in a verified trail', async () => {
    const folder = aFolder()
    await prooftrailJson(folder, 'tools', 'new', 'harbour', '--dir', '.')

    const report = await prooftrailJson<{ passed: boolean; checks: Check[] }>(
      folder,
      ...['tools', 'check', '.'],
    )
    expect(report.checks.map(({ name }) => name).sort()).toEqual([...CONFORMANCE_CHECKS].sort())
    expect(report.checks.filter(({ outcome }) => outcome !== 'passed')).toEqual([])

    const deployed = await prooftrailJson(folder, 'tools', 'deploy', '.')
    expect(deployed).toEqual({ tool: 'harbour', version: '1.0.0', announced: 'checked' })

    const trying = prooftrailJson<{ verdict: { ok: boolean; verdict: string } }>(
      folder,
      ...['tools', 'try', '.'],
    )
    // nobody runs it yet: its order waits, and is seen waiting
    await world.until('an order that waits', async () => {
      const { versions } = await prooftrailJson<Shown>(folder, 'tools', 'show', 'harbour')
      return versions[0]?.backlog === 1 ? versions : undefined
    })
    await runsTool(folder)
    expect((await trying).verdict).toMatchObject({ ok: true, verdict: 'ready' })
    const shown = await prooftrailJson<Shown>(folder, 'tools', 'show', 'harbour')
    expect(shown).toMatchObject({
      current: '1.0.0',
      versions: [{ conformance: 'checked', live_executors: 1, backlog: 0 }],
    })
  }, 240_000)

  test('when a release breaks what relies on the last one, then it is named and not announced', async () => {
    const folder = aFolder()
    await prooftrailJson(folder, 'tools', 'new', 'quay', '--dir', '.')
    const forced = await prooftrailJson(folder, 'tools', 'deploy', '.', '--force')
    expect(forced).toMatchObject({ announced: 'forced' })

    edit(folder, 'manifest.json', (manifest) => {
      manifest.version = '1.1.0'
      Object.assign(Object(manifest.evidence), {
        permit: { description: 'A permit.', required: true, weight: 10 },
      })
    })
    const { exit, stdout } = await prooftrail(folder, '--json', 'tools', 'check', '.')
    expect(exit).toBe(1)
    const failed: Check[] = JSON.parse(stdout).checks
    const names = failed.filter(({ outcome }) => outcome === 'failed').map(({ name }) => name)
    expect(names).toContain('cases pass twice with equal bytes')

    for (const one of ['complete', 'incomplete', 'useless']) {
      edit(folder, `cases/${one}.json`, (value) => {
        Object.assign(Object(Object(value.command).evidence), { permit: { reference: 'p-1' } })
        value.result = {}
      })
    }
    const again = await prooftrail(folder, 'tools', 'deploy', '.')
    expect(again.exit).not.toBe(0)
    expect(again.stdout).toContain('/evidence/permit is required now')
    expect(again.stderr).toContain('PT-8009')
    const { versions } = await prooftrailJson<Shown>(folder, 'tools', 'show', 'quay')
    expect(versions).toMatchObject([{ version: '1.0.0', conformance: 'forced' }])
  }, 240_000)

  test('when versions stand side by side, then orders take the newest, or the one that is pinned', async () => {
    const folder = aFolder()
    await prooftrailJson(folder, 'tools', 'new', 'dock', '--dir', '.')
    await prooftrailJson(folder, 'tools', 'deploy', '.', '--force')
    edit(folder, 'manifest.json', (manifest) => {
      manifest.version = '1.1.0'
    })
    await prooftrailJson(folder, 'tools', 'deploy', '.', '--force')
    const current = async (...args: string[]) =>
      (await prooftrailJson<Shown>(folder, 'tools', ...args)).current
    expect(await current('show', 'dock')).toBe('1.1.0')
    expect(await current('pin', 'dock', '1.0.0')).toBe('1.0.0')
    expect(await current('pin', 'dock', '1.0.0', '--off')).toBe('1.1.0')
    expect(await current('withdraw', 'dock', '1.1.0')).toBe('1.0.0')
  }, 120_000)

  test('when another key announces its name, then it is not given away', async () => {
    const folder = aFolder()
    await prooftrailJson(folder, 'tools', 'new', 'pier', '--dir', '.')
    await prooftrailJson(folder, 'tools', 'deploy', '.', '--force')
    const thief = join(folder, 'thief.jwk')
    writeFileSync(thief, JSON.stringify(generateKeyPair().privateKey))
    const { exit, stderr } = await prooftrail(
      folder,
      ...['tools', 'deploy', '.', '--force', '--key', thief],
    )
    expect(exit).not.toBe(0)
    expect(stderr).toContain('PT-8011')
  }, 120_000)

  test('when its manifest is wrong, then every fault is named', async () => {
    const folder = aFolder()
    await prooftrailJson(folder, 'tools', 'new', 'mole', '--dir', '.')
    edit(folder, 'manifest.json', (manifest) => {
      manifest.version = 'one'
      delete manifest.capabilities
    })
    const { exit, stdout } = await prooftrail(folder, 'tools', 'check', '.', '--cases')
    expect(exit).toBe(1)
    expect(stdout).toContain('/version')
    expect(stdout).toContain('capabilities')
  }, 60_000)
})
