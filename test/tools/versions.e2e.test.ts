import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RegisteredAgent, startWorld, type TestWorld } from '../world.ts'
import { aFolder, prooftrailJson, runsTool } from './prooftrail.ts'

let world: TestWorld
let agent: RegisteredAgent
beforeAll(async () => {
  world = await startWorld()
  agent = await world.newAgent('versions')
})
afterAll(() => world?.stop())

interface Version {
  version: string
  status: string
  price: number
  live_executors: number
  backlog: number
  oldest_waiting?: string
}

/** The folder of another release, which differs in version and price. */
function release(from: string, version: string, credits: number): string {
  const folder = aFolder()
  cpSync(from, folder, { recursive: true })
  const path = join(folder, 'manifest.json')
  const manifest = JSON.parse(readFileSync(path, 'utf8'))
  Object.assign(manifest, { version, price: { ...manifest.price, credits } })
  writeFileSync(path, JSON.stringify(manifest))
  return folder
}

function makeOrder() {
  return agent.order({
    ...{ requested_tool: 'lock', requested_capability: 'lock_check' },
    ...{ proof_requirements: undefined, workflow_context: undefined },
    evidence: { measurement: { reference: 'm-1', value: 7 }, location: { reference: 'gate-1' } },
  })
}

/** Sends an order; answers what it was pinned to as its command goes out. */
async function send() {
  const order = makeOrder()
  const id = order.object.work_order_id
  await world.publish(order)
  const { command } = await world.until(
    `command of ${id}`,
    () => world.heard('execution.bound', id)[0]?.value,
  )
  const { manifest_version, hold } = command.object
  return { id, pinned: [manifest_version, hold.credits_held] }
}

async function versions(folder: string): Promise<Record<string, Version>> {
  const shown = await prooftrailJson<{ versions: Version[] }>(folder, 'tools', 'show', 'lock')
  return Object.fromEntries(shown.versions.map((one) => [one.version, one]))
}

async function debited(id: string): Promise<unknown> {
  const trail = await world.trailOf(id)
  expect(trail.verdict).toMatchObject({ ok: true, verdict: 'ready' })
  return trail.object('usage_receipt').credits_debited
}

describe('given releases of a tool while its orders are in flight', () => {
  test('then each order keeps what it was accepted with, and waits for the executors of that', async () => {
    const old = aFolder()
    await prooftrailJson(old, 'tools', 'new', 'lock', '--dir', '.')
    await prooftrailJson(old, 'tools', 'deploy', '.', '--force')
    const first = await send()
    expect(first.pinned).toEqual(['1.0.0', 3])

    const dearer = release(old, '1.1.0', 7)
    await prooftrailJson(dearer, 'tools', 'deploy', '.', '--force')
    const second = await send()
    expect(second.pinned).toEqual(['1.1.0', 7])

    await prooftrailJson(old, 'tools', 'withdraw', 'lock', '1.0.0')
    const third = await send()
    expect(third.pinned).toEqual(['1.1.0', 7])

    // all executors are away: what waits is seen, by version and since when
    const waiting = await versions(old)
    expect(waiting).toMatchObject({
      '1.0.0': { status: 'withdrawn', live_executors: 0, backlog: 1, price: 3 },
      '1.1.0': { status: 'current', live_executors: 0, backlog: 2, price: 7 },
    })
    expect(waiting['1.0.0']?.oldest_waiting).toMatch(/^\d{4}-/)
    const { body } = await world.get('console', '/v1/queue')
    expect(Object(body.lifecycle_counts).queued).toBeGreaterThanOrEqual(3)

    // the new version's executor reads the old one's command and leaves it alone
    await runsTool(dearer)
    expect(await Promise.all([debited(second.id), debited(third.id)])).toEqual([7, 7])
    expect(await versions(old)).toMatchObject({
      '1.0.0': { live_executors: 0, backlog: 1 },
      '1.1.0': { live_executors: 1, backlog: 0 },
    })
    expect(world.heard('result.produced', first.id)).toEqual([])

    // both side by side
    await runsTool(old)
    expect(await debited(first.id)).toBe(3)
    expect(await versions(old)).toMatchObject({
      '1.0.0': { live_executors: 1, backlog: 0 },
      '1.1.0': { live_executors: 1, backlog: 0 },
    })

    // an operator names the version; then nobody offers any
    const newest = release(old, '1.2.0', 9)
    await prooftrailJson(newest, 'tools', 'deploy', '.', '--force')
    await prooftrailJson(newest, 'tools', 'pin', 'lock', '1.1.0')
    const pinned = await send()
    expect(pinned.pinned).toEqual(['1.1.0', 7])
    expect(await debited(pinned.id)).toBe(7)
    await prooftrailJson(newest, 'tools', 'withdraw', 'lock', '1.2.0')
    await prooftrailJson(newest, 'tools', 'withdraw', 'lock', '1.1.0')
    const refused = makeOrder()
    await world.publish(refused)
    const id = refused.object.work_order_id
    const rejected = await world.until(
      `refusal of ${id}`,
      () => world.heard('work-order.rejected', id)[0]?.value,
    )
    expect(rejected.decision.object.reason_codes).toEqual(['PT-1023'])
  }, 240_000)
})
