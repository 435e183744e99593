/** Who speaks for a tool: its keys are rotated and revoked, it is retired, and nobody else beats for it. */
import { topicFor } from '@prooftrail/contracts'
import { makeAnnouncement } from '@prooftrail/executor-sdk'
import type { SigningKey } from '@prooftrail/trail'
import { signRecord } from '@prooftrail/trail/encoding'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RegisteredAgent, startWorld, type TestWorld } from '../world.ts'
import { type PlayedTool, playTool, strangerKey } from './played-tool.ts'

const TOOL = 'keyed'
/** The key that follows the tool's first. */
const next = strangerKey(TOOL)
let world: TestWorld
let agent: RegisteredAgent
let tool: PlayedTool
beforeAll(async () => {
  world = await startWorld()
  agent = await world.newAgent('asking')
  tool = await playTool(world, TOOL)
})
afterAll(() => world?.stop())

test('only the commanded tool beats for a run, and a process that begins again is heard', async () => {
  const command = await tool.commanded(agent)
  const { work_order_id, tool_command_id, attempt } = command
  const beat = async (sequence: number, note: string, key: SigningKey | undefined = tool.key) => {
    const at = new Date().toISOString()
    const said = { work_order_id, tool: TOOL, tool_command_id, attempt, sequence, note, at }
    const unsigned = { ...said, state: 'running' as const, key_id: key.key_id }
    await world.codec.ready(['execution.progressed'])
    const value = world.codec.encode('execution.progressed', signRecord(unsigned, key.privateKey))
    const topic = topicFor('execution.progressed')
    await world.producer.send({ topic, acks: -1, messages: [{ key: work_order_id, value }] })
  }
  const told = async () =>
    JSON.stringify((await world.get('console', `/v1/tasks/${command.task_token}/events`)).body)
  await beat(1, 'first')
  const first = async () => (await told()).includes('first') || undefined
  await world.until('the first beat on the page', first)
  await beat(2 ** 53 - 1, 'a sequence to end all', tool.key)
  await beat(9, 'a stranger was here', strangerKey(TOOL))
  await beat(1, 'begun again')
  await world.until(
    'the last beat on the page',
    async () => (await told()).includes('begun again') || undefined,
  )
  const page = await told()
  expect(page).toContain('first')
  expect(page).not.toContain('stranger')
  expect(page).not.toContain('to end all')
  await world.settle()
  const metrics = await (await fetch(`${world.url('dispatch')}/metrics`)).text()
  for (const code of ['PT-2011', 'PT-2013']) {
    expect(metrics).toMatch(new RegExp(`prooftrail_refused_total\\{[^}]*code="${code}"`))
  }
  await tool.say(tool.result(command))
  await world.trailOf(work_order_id)
})

test('a key names the next one; what it signed stays good when it is revoked, and it signs nothing more', async () => {
  const before = await tool.commanded(agent)
  const announced_at = () => new Date().toISOString()
  const said = { announced_at: announced_at(), forced: true, next_key: next.privateKey }
  await tool.announce(makeAnnouncement(tool.manifest, tool.key, said))
  await world.until(
    'the next key',
    async () =>
      JSON.stringify((await world.get('intake', `/v1/tools/${TOOL}`)).body).includes(next.key_id) ||
      undefined,
  )
  const second = await tool.commanded(agent)
  await tool.say(tool.result(before))
  await tool.say(tool.result(second, { key: next }))
  await world.trailOf(before.work_order_id)
  await world.trailOf(second.work_order_id)

  const door = `${world.url('intake')}/v1/tools/${TOOL}`
  const word = { key_id: tool.key.key_id, reason: 'stolen' }
  expect((await post(`${door}/revoke`, word)).status).toBe(202)
  await world.until('the revocation in the key list', async () => {
    const answer = await fetch(`${world.url('attestation')}/keys.json`)
    const list: { keys: { kid: string; revoked_at?: number }[] } = JSON.parse(await answer.text())
    const found = list.keys.find(({ kid }) => kid === tool.key.key_id)
    return found?.revoked_at
  })
  await world.settle()
  await forgotten()

  const third = await tool.commanded(agent)
  const place = await tool.say(tool.result(third))
  expect(await world.parked(place, 60_000)).toMatchObject({ reason_code: 'PT-2006' })
  const thief = makeAnnouncement(tool.manifest, tool.key, {
    announced_at: announced_at(),
    withdraw: true,
  })
  expect(await world.parked(await tool.announce(thief))).toMatchObject({ reason_code: 'PT-1046' })
  await tool.say(tool.result(third, { key: next }))
  await world.trailOf(third.work_order_id)
  await world.trailOf(before.work_order_id)
}, 180_000)

test('a retired tool takes no new orders; the open one goes on', async () => {
  const open = await tool.commanded(agent)
  const door = `${world.url('intake')}/v1/tools/${TOOL}`
  expect((await post(`${door}/retire`, { retired: true })).status).toBe(202)
  await world.until('the retirement', async () => {
    const { body } = await world.get('intake', `/v1/tools/${TOOL}`)
    return body.retired_at
  })
  await forgotten()
  const order = agent.order({
    ...{ requested_tool: TOOL, requested_capability: 'play' },
    ...{ proof_requirements: undefined, workflow_context: undefined },
    evidence: { text: { reference: 'text-1' } },
  })
  await world.publish(order)
  const { work_order_id } = order.object
  const rejected = await world.until(
    'the refusal',
    () => world.heard('work-order.rejected', work_order_id)[0]?.value,
  )
  expect(rejected.decision.object.reason_codes).toEqual(['PT-1035'])
  await tool.say(tool.result(open, { key: next }))
  await world.trailOf(open.work_order_id)
})

function post(url: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
}

/** What services have read of a registration before they heard of a newer one is a second old at most. */
async function forgotten(): Promise<void> {
  const readAt = Date.now()
  await world.until('a new look', async () => Date.now() > readAt + 1_500 || undefined)
}
