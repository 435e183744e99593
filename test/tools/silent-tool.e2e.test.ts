/** A run whose tool fell silent is put right by an operator, or let go: both are proved. */
import { checkCallback } from '@prooftrail/agent-sdk'
import { parseKeySet } from '@prooftrail/trail'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { actsOn } from '../toolkit/acts.ts'
import { type RegisteredAgent, startWorld, type TestWorld } from '../world.ts'
import { type PlayedTool, playTool } from './played-tool.ts'

let world: TestWorld
let tool: PlayedTool
beforeAll(async () => {
  world = await startWorld()
  const limits = { heartbeat_seconds: 1, deadline_seconds: 1, max_attempts: 1 }
  tool = await playTool(world, 'silenttool', { limits })
})
afterAll(() => world?.stop())
const acts = actsOn(() => world)

/** An order whose only attempt began and was never heard of again. */
async function stalledRun(agent: RegisteredAgent) {
  const command = await tool.commanded(agent)
  await tool.begin(command)
  const id = command.work_order_id
  await world.until('run that is out of attempts', async () => {
    const { body } = await world.get('dispatch', `/v1/tasks/${id}/acts`)
    return body.state === 'stalled' || undefined
  })
  return command
}

describe.concurrent('given a run that is out of attempts', () => {
  test('when an operator releases its credits, then they are back, and its trail says who ended it and by which rule', async () => {
    const agent = await world.newAgent('silent-released', { credits: 5 })
    const command = await stalledRun(agent)
    const id = command.work_order_id
    const account = async () => (await world.get('receipt', `/v1/accounts/${agent.account}`)).body
    expect(await account()).toMatchObject({ credits_held: 2 })

    expect(await acts.ask(id, 'release_credit_allocation')).toMatchObject({
      status: 200,
      body: { run: { state: 'closed', allowed_acts: [], open_tickets: [] } },
    })
    const trail = await world.until('its trail', async () => {
      const { status } = await world.get('attestation', `/v1/trails/${id}`)
      return status === 200 ? world.trailOf(id) : undefined
    })
    expect(trail.verdict).toMatchObject({ ok: true, verdict: 'released', revision: 0 })
    expect(trail.bundle.links.map(({ name }) => name)).toEqual([
      ...['work_order', 'recovery_request', 'expiry', 'ledger_entry', 'attestation'],
    ])
    expect(trail.object('recovery_request')).toMatchObject({ reason: 'as agreed' })
    expect(trail.object('expiry')).toMatchObject({
      ...{ ends: 'run', state: 'stalled', reason: 'runner_error' },
      rule: 'an operator released its credits: closed without a result',
    })
    await world.until('the credits', async () => (await account()).credits_held === 0 || undefined)
    expect(await account()).toMatchObject({ credits_debited: 0 })

    // a result that comes after all counts no more, and adds nothing to the trail
    expect(await world.parked(await tool.say(tool.result(command)))).toMatchObject({
      reason_code: 'PT-2004',
    })
    const told = await world.until('the callback that tells of it', () =>
      agent.callbacks.received.find(({ body }) => body.toString().includes('"expiry"')),
    )
    const keys = parseKeySet((await world.get('attestation', '/keys.json')).body)
    expect(checkCallback(told, agent.secret, keys)).toMatchObject({
      ...{ ok: true, problems: [], expiry: { ends: 'run', state: 'stalled' } },
    })
    await world.until('run that is closed for whoever looks', async () => {
      const { body } = await world.get('console', `/v1/tasks/${id}`)
      return (body.lifecycle_state === 'closed' && body.verdict === 'released') || undefined
    })
  })

  test('when the queue is advanced, then the next attempt answers, and the run ends as others do', async () => {
    const agent = await world.newAgent('silent-advanced')
    const { work_order_id: id } = await stalledRun(agent)
    expect(await acts.ask(id, 'advance_queue')).toMatchObject({
      status: 200,
      body: { run: { state: 'operating' } },
    })
    const next = await world.until('the next command', () => {
      const bound = world.heard('execution.bound', id)
      return bound.find(({ value }) => value.command.object.attempt === 2)?.value
    })
    await tool.say(tool.result(next.command.object))
    expect((await world.trailOf(id)).verdict).toMatchObject({ ok: true, verdict: 'ready' })
  })
})
