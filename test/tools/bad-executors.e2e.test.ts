/** What executors say wrongly is refused or parked with a code, and the rest goes on. */
import { readFileSync } from 'node:fs'
import { makeAnnouncement } from '@prooftrail/executor-sdk'
import { changedLink } from '@prooftrail/testing/trail'
import { workOrderId } from '@prooftrail/trail'
import { CompressionTypes } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type RegisteredAgent, startWorld, type TestWorld } from '../world.ts'
import { manifestOf, type PlayedTool, playTool, strangerKey } from './played-tool.ts'

let world: TestWorld
let agent: RegisteredAgent
let tool: PlayedTool
beforeAll(async () => {
  world = await startWorld()
  agent = await world.newAgent('asking')
  tool = await playTool(world, 'played')
})
afterAll(() => world?.stop())

const announced_at = new Date().toISOString()
const FIVE_MB = 'x'.repeat(5_000_000)
const TWO_MB = 'x'.repeat(2 * 1024 * 1024)

describe.concurrent('given an announcement', () => {
  test('with a manifest that is wrong in several ways, then it is parked and every fault is named', async () => {
    const key = strangerKey('crooked')
    const { capabilities: _, ...rest } = manifestOf('crooked')
    const limits = { heartbeat_seconds: 0, deadline_seconds: 120, max_attempts: 1 }
    const wrong = { ...rest, steps: [], colour: 'red', limits }
    // what the type forbids is what is announced here
    const said = makeAnnouncement(wrong as never, key, { announced_at, forced: true })
    const { reason_code, detail } = await world.parked(await tool.announce(said))
    expect(reason_code).toBe('PT-1043')
    for (const fault of ['capabilities', 'steps', 'colour', 'heartbeat_seconds']) {
      expect(detail).toContain(fault)
    }
    expect(await world.get('intake', '/v1/tools/crooked')).toMatchObject({ status: 404 })
  })

  test('of a name that another key holds, then it is parked and the name stays where it is', async () => {
    const before = (await world.get('intake', '/v1/tools/tokenops')).body
    const manifest = { ...manifestOf('tokenops'), version: '9.0.0' }
    const said = makeAnnouncement(manifest, strangerKey('tokenops'), { announced_at, forced: true })
    expect(await world.parked(await tool.announce(said))).toMatchObject({ reason_code: 'PT-1042' })
    expect((await world.get('intake', '/v1/tools/tokenops')).body).toEqual(before)
  })

  test('signed by another key than it names, then it is parked', async () => {
    const said = makeAnnouncement(manifestOf('forged'), strangerKey('forged'), { announced_at })
    const { signature } = makeAnnouncement(manifestOf('forged'), strangerKey('forged'), {
      announced_at,
    })
    const place = await tool.announce({ ...said, signature })
    expect(await world.parked(place)).toMatchObject({ reason_code: 'PT-1041' })
  })
})

describe.concurrent('given a result', () => {
  test('for a work order that was never commanded, then it is parked', async () => {
    const command = await tool.commanded(agent)
    const work_order_id = workOrderId('nobody', 'never')
    const place = await tool.say({ ...tool.result(command), work_order_id })
    expect(await world.parked(place)).toMatchObject({ reason_code: 'PT-2001' })
    await goesOn(command)
  })

  test.each([
    ['breaking the schema of its package', 'PT-2002', { package: { words: 'two' } }],
    ['of more than 1.5 MB', 'PT-2010', { human_summary: TWO_MB }],
  ])('%s, then it is parked as %s, and a good one counts', async (_what, code, lie) => {
    const command = await tool.commanded(agent)
    const place = await tool.say(tool.result(command, lie), CompressionTypes.GZIP)
    const parked = await world.parked(place)
    expect(parked).toMatchObject({ reason_code: code, document: command.work_order_id })
    await goesOn(command)
  })

  test('of 5 MB, as it is or compressed, then the broker refuses it', async () => {
    const command = await tool.commanded(agent)
    const result = tool.result(command, { human_summary: FIVE_MB })
    for (const compression of [CompressionTypes.None, CompressionTypes.GZIP]) {
      expect(await tool.say(result, compression).catch(typeOf)).toBe('MESSAGE_TOO_LARGE')
    }
    await goesOn(command)
  })

  test('signed by the key of another tool, then it is parked once that key had its time to be registered', async () => {
    const other = await playTool(world, 'otherplayed')
    const command = await tool.commanded(agent)
    const place = await tool.say(tool.result(command, { key: other.key }))
    const { reason_code, detail } = await world.parked(place, 60_000)
    expect(reason_code).toBe('PT-2006')
    expect(detail).toContain(other.key.key_id)
    await goesOn(command)
  }, 120_000)

  test('that says it is of another tool, then it is parked', async () => {
    const command = await tool.commanded(agent)
    const place = await tool.say({ ...tool.result(command), tool: 'tokenops' })
    expect(await world.parked(place)).toMatchObject({ reason_code: 'PT-2007' })
    await goesOn(command)
  })

  test('of an attempt that was given up, then it is parked, logged, and counted apart', async () => {
    const command = await tool.commanded(agent)
    const place = await tool.say({ ...tool.result(command), attempt: 0 })
    expect(await world.parked(place)).toMatchObject({ reason_code: 'PT-2003' })
    const lines = readFileSync(world.services.logFile, 'utf8').split('\n')
    const said = lines.filter((line) => line.includes(command.work_order_id))
    expect(said.filter((line) => line.includes('"code":"PT-2003"'))).toHaveLength(1)
    await goesOn(command)
  })

  test('under the key’s name but of another key, then it is parked at once', async () => {
    const command = await tool.commanded(agent)
    const good = tool.result(command)
    const { signature } = tool.result(command, { key: strangerKey('played') }).result_contract
    const place = await tool.say({
      ...good,
      result_contract: changedLink(good.result_contract, { signature }),
    })
    expect(await world.parked(place)).toMatchObject({ reason_code: 'PT-2006' })
    await goesOn(command)
  })
})

describe('given all that', () => {
  test('then what was parked is counted by its code', async () => {
    const metrics = await (await fetch(`${world.url('dispatch')}/metrics`)).text()
    for (const code of ['PT-2001', 'PT-2002', 'PT-2003', 'PT-2006', 'PT-2007', 'PT-2010']) {
      expect(metrics).toMatch(new RegExp(`prooftrail_parked_total\\{[^}]*code="${code}"`))
    }
  })
})

/** The work order itself is unharmed: its honest result ends in a verified trail. */
async function goesOn(command: Parameters<PlayedTool['result']>[0]): Promise<void> {
  await tool.say(tool.result(command))
  const trail = await world.trailOf(command.work_order_id)
  expect(trail.verdict).toMatchObject({ ok: true, verdict: 'ready' })
}

function typeOf(error: unknown): unknown {
  return Object(error).type ?? Object(Object(error).cause).type
}
