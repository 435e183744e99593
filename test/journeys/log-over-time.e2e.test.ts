import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../toolkit/free-port.ts'
import { until } from '../toolkit/until.ts'
import { aFolder, prooftrail, prooftrailJson, stays } from '../tools/prooftrail.ts'
import { startWorld, type TestWorld } from '../world.ts'

const BIN = fileURLToPath(new URL('../../packages/cli/bin/prooftrail.js', import.meta.url))
const ORIGIN = 'prooftrail.local/log'
const NAME = 'witness.local/e2e'
/** Two starts of all services. */
const PATIENCE_MS = 300_000

/** The keys of the deployment that all files of this run share. */
const keysDir = () => join(process.env.E2E_DIR ?? '', 'keys')

/** A world that is stopped at the end of the test at the latest. */
async function start(env: Record<string, string>): Promise<TestWorld> {
  const world = await startWorld({ env })
  let isOver = false
  const stop = async () => {
    if (!isOver) await world.stop()
    isOver = true
  }
  onTestFinished(stop)
  return { ...world, stop }
}

async function startWitness(folder: string) {
  const port = await freePort()
  const keys = join(keysDir(), 'services.keys.json')
  const files = ['--key', 'w.jwk', '--state', 'w.json', '--keys', keys, '--port', String(port)]
  await stays(
    process.execPath,
    [BIN, 'witness', '--new', '--name', NAME, ...files],
    folder,
    /vkey {2}/,
  )
  const url = `http://127.0.0.1:${port}`
  return { url, vkey: (await (await fetch(url)).text()).trim() }
}

test(
  'an order is sealed, witnessed and followed while the log and its key list change',
  async () => {
    const folder = aFolder()
    const keep = (name: string, content: string) => {
      writeFileSync(join(folder, name), content)
      return name
    }
    const ok = (...args: string[]) => prooftrailJson<Record<string, unknown>>(folder, ...args)
    /** Signs what services.keys.json holds as the next list of the deployment. */
    const ceremony = async (...more: string[]) => {
      copyFileSync(join(keysDir(), 'services.keys.json'), join(folder, 'services.keys.json'))
      return ok('keys', 'sign', '.', '--origin', ORIGIN, '--key', 'admin.jwk', ...more)
    }

    mkdirSync(keysDir(), { recursive: true })
    await ok('keys', 'make', keysDir(), '--origin', ORIGIN)
    const admin = await ok('keys', 'admin', 'admin.jwk')
    keep('admins.json', JSON.stringify({ threshold: 1, keys: [admin] }))
    expect(await ceremony('--admins', 'admins.json')).toMatchObject({ version: 1, missing: 0 })
    copyFileSync(join(folder, 'key-lists/1.json'), join(folder, 'pinned.json'))
    const witness = await startWitness(folder)
    const witnesses = [{ vkey: witness.vkey }]
    keep('policy.json', JSON.stringify({ format: 'prooftrail-policy/v1', witnesses, at_least: 1 }))
    const env = {
      WITNESSES: `${witness.vkey} ${witness.url}`,
      KEY_LISTS_DIR: join(folder, 'key-lists'),
    }

    /** Orders once, and waits until the bundle has what the policy asks for. */
    const sealed = async (world: TestWorld, name: string) => {
      const agent = await world.newAgent(name)
      const order = agent.order()
      await world.publish(order)
      await world.trailOf(order.object.work_order_id)
      const attestation = world.url('attestation')
      const update = ['keys', 'update', '--from', attestation, '--pinned', 'pinned.json']
      await until('the key lists to be witnessed', async () => {
        const { exit } = await prooftrail(folder, ...update, '--policy', 'policy.json')
        return exit === 0 ? true : undefined
      })
      const file = `${name}.trail.json`
      return until(`${name} to be witnessed`, async () => {
        const path = `${attestation}/v1/trails/${order.object.work_order_id}`
        keep(file, await (await fetch(path)).text())
        const with_ = ['--keys', 'pinned.json', '--policy', 'policy.json']
        const { exit, stdout } = await prooftrail(folder, '--json', 'verify', file, ...with_)
        const { ok: isOk, policy } = JSON.parse(stdout)
        expect(exit).toBe(isOk ? 0 : 1)
        return isOk ? { file, policy } : undefined
      })
    }
    const follow = (world: TestWorld, ...trails: string[]) =>
      ok(
        ...['log', 'monitor', world.url('attestation'), '--once', '--state', 'monitor.json'],
        ...['--keys', 'pinned.json', '--policy', 'policy.json', '--max-age', '600'],
        ...trails.flatMap((trail) => ['--trail', trail]),
      )

    const first = await start(env)
    const before = await sealed(first, 'witnessed')
    expect(before.policy).toMatchObject({ missing: 0, cosigned: [{ name: NAME }] })
    expect(await follow(first, before.file)).toMatchObject({ origin: ORIGIN, alarms: [] })
    const place = first.url('attestation')
    const derived = await ok('log', 'fsck', place, '--keys', 'pinned.json', '--documents')
    expect(derived).toMatchObject({ faults: 0, from_trails: true })
    const { checkpoint } = JSON.parse(readFileSync(join(folder, before.file), 'utf8')).log
    keep('old.checkpoint', checkpoint)
    await first.stop()

    // the log's key is rotated: the old one signs beside the new one, and the list is signed anew
    const previous = join(folder, 'log.old.jwk')
    renameSync(join(keysDir(), 'log.jwk'), previous)
    await ok('keys', 'make', keysDir(), '--origin', ORIGIN)
    expect(await ceremony()).toMatchObject({ version: 2, missing: 0 })
    const second = await start({ ...env, LOG_KEY_PREVIOUS_FILE: previous })
    const address = second.url('attestation')
    // whoever still holds the first list goes on
    expect(await follow(second, before.file)).toMatchObject({ alarms: [] })
    const after = await sealed(second, 'rotated')
    expect(await follow(second, before.file, after.file)).toMatchObject({ alarms: [] })
    const old = await prooftrail(folder, 'verify', before.file, '--keys', 'pinned.json')
    expect(old.exit).toBe(0)
    keep('new.checkpoint', await (await fetch(`${address}/checkpoint`)).text())
    const ends = ['old.checkpoint', 'new.checkpoint', '--log', address, '--keys', 'pinned.json']
    expect(await ok('log', 'consistency', ...ends)).toMatchObject({ consistent: true })
    const lists = `${address}/key-lists`
    expect(await ok('log', 'monitor', lists, '--once', '--keys', 'pinned.json')).toMatchObject({
      ...{ origin: `${ORIGIN}/keys`, size: 2, alarms: [] },
    })
    await second.stop()
  },
  PATIENCE_MS,
)
