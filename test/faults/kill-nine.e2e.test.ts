/** Whatever is killed, and whenever: nothing is lost, nothing is done twice, nothing is rewritten. */
import type { TopicName } from '@prooftrail/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { caseOf } from '../toolkit/agent.ts'
import type { VerifiedTrail } from '../toolkit/trail-of.ts'
import { type RegisteredAgent, startWorld, type TestWorld } from '../world.ts'
import { type CheckpointWatch, inconsistencies, watchCheckpoints } from './checkpoint-watch.ts'
import { type ServiceProcesses, serviceProcesses } from './service-processes.ts'

/** The moments of the kills follow from it. */
const SEED = 20_260_302
const WAVE = 21
const CREDITS = 100_000
const PATIENCE_MS = 120_000

const tools = [
  { tool: 'tokenops', price: 10, asking: {} },
  { tool: 'energyops', price: 15, asking: asking('energyops', 'complete') },
  { tool: 'financeops', price: 20, asking: asking('financeops', 'all-matched') },
] as const

/** Who is killed in each wave, and the fact whose random n-th appearance in the wave says when. */
const waves: readonly (readonly (readonly [victim: string, fact: TopicName])[])[] = [
  [
    ['intake', 'work-order.accepted'],
    ['tokenops', 'execution.bound'],
    ['energyops', 'result.produced'],
    ['callback', 'callback.attempted'],
  ],
  [
    ['dispatch', 'execution.bound'],
    ['financeops', 'execution.bound'],
    ['tokenops', 'result.produced'],
    ['attestation', 'trail.attested'],
  ],
  [
    ['receipt', 'credits.held'],
    ['energyops', 'execution.bound'],
    ['financeops', 'result.produced'],
    ['console', 'result.accepted'],
  ],
]

interface Sent {
  id: string
  tool: string
  price: number
  agent: RegisteredAgent
}

interface Kill {
  wave: number
  victim: string
  /** The fact and how often it had to appear. */
  moment: string
  /** Orders that were published and not yet sealed. */
  open: number
}

let world: TestWorld
let processes: ServiceProcesses
let checkpoints: CheckpointWatch
const begun = new Date().toISOString()
const agents = new Map<string, RegisteredAgent>()
const sent: Sent[] = []
const kills: Kill[] = []
const trails = new Map<string, VerifiedTrail>()

// What is asserted below happens once, here: a deployment under way, waves of orders and kills.
beforeAll(async () => {
  world = await startWorld({ processes: true })
  processes = serviceProcesses(world)
  checkpoints = watchCheckpoints(world.url('attestation'))
  for (const { tool } of tools) {
    agents.set(tool, await world.newAgent(`killed_${tool}`, { credits: CREDITS }))
  }
  const random = randomFrom(SEED)
  for (const [wave, victims] of waves.entries()) await runWave(wave + 1, victims, random)
  await world.until('seal of every order', () => sealed() === sent.length || undefined, PATIENCE_MS)
  await world.settle()
  // an attempt that a kill cut off is made again, and its delivery is a later revision
  for (const { id } of sent) trails.set(id, await deliveredTrailOf(id))
  await world.settle()
  await checkpoints.stop()
  process.stdout.write(tableOf(kills))
}, 2 * PATIENCE_MS)

afterAll(async () => {
  await checkpoints?.stop()
  await processes?.stop()
  await world?.stop()
})

describe('given services that are killed with SIGKILL in mid-work and started again', () => {
  test('then each of them was killed while orders were open', () => {
    const victims = new Set(kills.map(({ victim }) => victim))
    expect([...victims].sort()).toEqual([...world.services.urls.keys()].sort())
    expect(kills.filter(({ open }) => open === 0)).toEqual([])
  })

  test('then every order is accepted once, charged once, sealed once', () => {
    const once = ['work-order.accepted', 'credits.held', 'usage-receipt.issued'] as const
    for (const name of [...once, 'result.accepted'] as const) {
      const distinct = sent.map(({ id }) => new Set(world.heard(name, id).map((one) => one.bytes)))
      const wrong = distinct.filter(({ size }) => size !== 1)
      expect({ name, wrong: wrong.length }).toEqual({ name, wrong: 0 })
    }
    expect(trails.size).toBe(sent.length)
    const indexes = [...trails.values()].map(({ bundle }) => bundle.log.index)
    expect(new Set(indexes).size).toBe(sent.length)
  })

  test('then every trail is ready and ends in a delivered callback', () => {
    const unlike = [...trails].flatMap(([id, trail]) => {
      const { callback_status, attempts } = deliveryOf(trail)
      const { verdict } = trail.verdict
      const isDone = verdict === 'ready' && callback_status === 'delivered'
      return isDone ? [] : [{ id, verdict, callback_status, attempts }]
    })
    expect(unlike).toEqual([])
  })

  test('then the accounts balance: what was funded is what remains and what was debited', async () => {
    for (const { tool, price } of tools) {
      const own = sent.filter((one) => one.tool === tool)
      const debited = own.length * price
      const account = own[0]?.agent.account
      const { body } = await world.get('receipt', `/v1/accounts/${account}`)
      expect(body).toMatchObject({
        credits_funded: CREDITS,
        credits_held: 0,
        credits_debited: debited,
        remaining_credits: CREDITS - debited,
      })
      const charged = own.map(({ id }) => trails.get(id)?.object('usage_receipt').credits_debited)
      expect(charged).toEqual(own.map(() => price))
    }
  })

  test('then every callback arrived at least once, under one id and with the same bytes', () => {
    const expected = [...trails.values()].map((trail) =>
      String(trail.object('callback_delivery').callback_event_id),
    )
    const bodies = new Map<string, Set<string>>()
    for (const { headers, body } of [...agents.values()].flatMap((a) => a.callbacks.received)) {
      const id = String(headers['webhook-id'])
      bodies.set(id, (bodies.get(id) ?? new Set()).add(body.toString('base64')))
    }
    expect([...bodies.keys()].sort()).toEqual(expected.sort())
    expect([...bodies].filter(([, distinct]) => distinct.size !== 1)).toEqual([])
  })

  test('then nothing is parked', () => {
    const parked = world.heard('parked').filter(({ at }) => at >= begun)
    expect(parked.map(({ value }) => value)).toEqual([])
  })

  test('then every checkpoint that was ever shown is a beginning of the last log', async () => {
    const seen = checkpoints.seen()
    expect(seen.length).toBeGreaterThan(waves.length)
    expect(await inconsistencies(world.url('attestation'), seen)).toEqual([])
  })
})

async function runWave(
  wave: number,
  victims: (typeof waves)[number],
  random: () => number,
): Promise<void> {
  const killing = victims.map(([victim, fact]) => {
    const tool = tools.some((one) => one.tool === victim) ? victim : undefined
    const ids = () => new Set(sent.filter((one) => !tool || one.tool === tool).map(({ id }) => id))
    const count = () => {
      const own = ids()
      return new Set(world.heard(fact).flatMap(({ key }) => (own.has(key) ? [key] : []))).size
    }
    // the earlier half of what the wave brings about, so that work is left
    const share = tool ? WAVE / tools.length : WAVE
    const nth = 1 + Math.floor((random() * share) / 2)
    const wanted = count() + nth
    return killAt({ wave, victim, moment: `${nth}. ${fact}` }, () => count() >= wanted)
  })
  const orders = Array.from({ length: WAVE }, (_, i) => orderOf(i))
  await Promise.all(
    orders.map(({ order, ...one }) => {
      sent.push(one)
      return world.publish(order)
    }),
  )
  await Promise.all(killing)
}

/** Kills as soon as the moment is there, and starts again. */
async function killAt(kill: Omit<Kill, 'open'>, isThere: () => boolean): Promise<void> {
  const { victim, moment } = kill
  await world.until(moment, () => isThere() || undefined, PATIENCE_MS)
  kills.push({ ...kill, open: sent.length - sealed() })
  await processes.kill(victim)
  await processes.start(victim)
}

/** The trail whose newest delivery is delivered; as it stands when that does not come. */
async function deliveredTrailOf(id: string): Promise<VerifiedTrail> {
  let trail = await world.trailOf(id)
  const isDelivered = async () => {
    if (deliveryOf(trail).callback_status === 'delivered') return true
    trail = await world.trailOf(id)
    return undefined
  }
  await world.until(`delivery of ${id}`, isDelivered).catch(() => undefined)
  return trail
}

/** The newest delivery of a trail. */
function deliveryOf(trail: VerifiedTrail): Record<string, unknown> {
  const names = trail.bundle.links.map(({ name }) => name)
  return trail.object(names.findLast((name) => /^callback_delivery\b/.test(name)) ?? '')
}

function orderOf(i: number) {
  const given = tools[i % tools.length]
  const agent = given && agents.get(given.tool)
  if (!agent) throw new Error(`no agent for order ${i}`)
  const order = agent.order(given.asking)
  const { tool, price } = given
  return { order, id: order.object.work_order_id, tool, price, agent }
}

function sealed(): number {
  const keys = new Set(world.heard('trail.attested').map(({ key }) => key))
  return sent.filter(({ id }) => keys.has(id)).length
}

function asking(tool: string, complete: string) {
  const capability =
    { energyops: 'interconnection_readiness_check' }[tool] ?? 'reconciliation_check'
  return {
    requested_tool: tool,
    requested_capability: capability,
    proof_requirements: undefined,
    workflow_context: undefined,
    ...caseOf(tool, complete),
  }
}

/** Mulberry32: the same numbers for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function tableOf(all: Kill[]): string {
  const lines = [...new Set(all.map(({ victim }) => victim))].map((victim) => {
    const own = all.filter((one) => one.victim === victim)
    const when = own.map(({ wave, moment, open }) => `wave ${wave} at ${moment}, ${open} open`)
    return `  ${victim.padEnd(12)} ${own.length}  ${when.join('; ')}`
  })
  const again = [...trails.values()].filter((trail) => deliveryOf(trail).attempt !== 1)
  lines.push(`  callbacks that a kill cut off and that were made again: ${again.length}`)
  return `killed with SIGKILL (seed ${SEED})\n${lines.join('\n')}\n`
}
