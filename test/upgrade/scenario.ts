/** What a deployment lives through before it is frozen, and what is said of it. */
import { TOOLS } from '../faults/traffic.ts'
import { actsOn } from '../toolkit/acts.ts'
import { example } from '../toolkit/agent.ts'
import type { RegisteredAgent, TestWorld } from '../world.ts'
import type { Release } from './release.ts'

/** Orders may wait for years: what is frozen is carried out whenever its test runs. */
export const YEARS = { INTAKE_MAX_ORDER_DAYS: '3650' }
const YEAR_MS = 365 * 24 * 3_600_000

const inYears = () => new Date(Date.now() + 9 * YEAR_MS).toISOString().replace(/\d{3}Z$/, '000Z')

type Lived = Pick<Release, 'checkpoint' | 'key_set' | 'bundles' | 'waiting' | 'unsent'>

/** Resolves when all that can be sealed is. */
export async function liveThrough(world: TestWorld): Promise<Lived> {
  const agent = await world.newAgent('frozen')
  const sealed = [
    ...(await eachTool(world, agent)),
    await refused(world, agent),
    await putRight(world, agent),
    await calledBackAgain(world),
  ]
  const waiting = await waitingOrder(world)
  await inBatch(world, sealed)
  await parkedMessage(world)
  const unsent = agent.order({ expires_at: inYears() })
  const value = world.codec.encode('work-order.submitted', unsent).toString('base64')
  await world.settle()
  const told = async (path: string) => (await fetch(`${world.url('attestation')}${path}`)).text()
  const bundles: Record<string, string> = {}
  for (const id of sealed) bundles[id] = await told(`/v1/trails/${id}`)
  const [checkpoint, key_set] = [await told('/checkpoint'), await told('/keys.json')]
  return {
    checkpoint,
    key_set,
    bundles,
    waiting,
    unsent: { id: unsent.object.work_order_id, value },
  }
}

async function eachTool(world: TestWorld, agent: RegisteredAgent): Promise<string[]> {
  const orders = TOOLS.map(({ asking }) => agent.order(asking))
  for (const order of orders) await world.publish(order)
  const ids = orders.map(({ object }) => object.work_order_id)
  for (const id of ids) await world.trailOf(id)
  return ids
}

async function refused(world: TestWorld, agent: RegisteredAgent): Promise<string> {
  const order = agent.order({ requested_capability: 'none_of_that_name' })
  await world.publish(order)
  await world.trailOf(order.object.work_order_id)
  return order.object.work_order_id
}

/** Partial at first; its evidence is added, and it is replayed. */
async function putRight(world: TestWorld, agent: RegisteredAgent): Promise<string> {
  const acts = actsOn(() => world)
  const order = agent.order({ evidence: example('tokenops-missing-item').evidence })
  const id = order.object.work_order_id
  await world.publish(order)
  await world.trailOf(id)
  const { payment_request_artifact = '' } = Object(example('tokenops-complete').evidence)
  await acts.publish(
    await acts.sign(agent, id, 'add_evidence', { evidence: { payment_request_artifact } }),
  )
  await world.trailOf(id, 1)
  await acts.publish(await acts.sign(agent, id, 'replay_from_checkpoint'))
  await world.trailOf(id, 3)
  return id
}

/** Its receiver was gone at first, and an operator has it tried again. */
async function calledBackAgain(world: TestWorld): Promise<string> {
  const callbacks = world.receiver.address((_request, n) => ({ status: n === 1 ? 410 : 200 }))
  const agent = await world.newAgent('frozen-gone', { callbacks })
  const order = agent.order()
  const id = order.object.work_order_id
  await world.publish(order)
  await world.trailOf(id)
  await world.until('its ticket', () => world.heard('exception.opened', id).at(0))
  const acts = actsOn(() => world)
  await world.until('the act', async () => {
    const { status } = await acts.ask(id, 'retry_callback')
    return status === 200 || undefined
  })
  await world.trailOf(id, 2)
  return id
}

async function waitingOrder(world: TestWorld): Promise<Release['waiting']> {
  const agent = await world.newAgent('frozen-waiting', { credits: 0 })
  const order = agent.order({ expires_at: inYears() })
  const id = order.object.work_order_id
  await world.publish(order)
  await world.until('its ticket', () => world.heard('exception.opened', id).at(0))
  return { id, account: agent.account }
}

/** A batch that closes one of the runs and finds no other. */
async function inBatch(world: TestWorld, ids: readonly string[]): Promise<void> {
  const address = `${world.url('dispatch')}/v1/batches`
  const post = async (url: string, body: unknown) => {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    return Object(await answer.json())
  }
  const act = { recovery_action: 'close', reason: 'it was put right' }
  const work_order_ids = [ids.at(-1), 'wo_nobody_knows']
  const { batch_id } = await post(address, { act, work_order_ids })
  await post(`${address}/${batch_id}/run`, {})
  await world.until('the end of the batch', async () => {
    const { body } = await world.get('dispatch', `/v1/batches/${batch_id}`)
    return body.settled === true || undefined
  })
}

async function parkedMessage(world: TestWorld): Promise<void> {
  const place = await world.publishRaw({ key: 'nobody', value: Buffer.from('no message') })
  await world.parked(place)
}
