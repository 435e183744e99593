import { randomBytes } from 'node:crypto'
import { makeAgentKeys, signAct } from '@prooftrail/agent-sdk'
import {
  type ExecutionCommand,
  type Manifest,
  type TopicName,
  topicFor,
} from '@prooftrail/contracts'
import { makeAnnouncement } from '@prooftrail/executor-sdk'
import { changedLink } from '@prooftrail/testing/trail'
import { deriveId } from '@prooftrail/trail'
import { signRecord } from '@prooftrail/trail/encoding'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SignedOrder } from '../../toolkit/agent.ts'
import { slowness } from '../../toolkit/machine.ts'
import { openServersOfItsOwn } from '../../toolkit/servers.ts'
import { type PlayedTool, playTool } from '../../tools/played-tool.ts'
import { type RegisteredAgent, startWorld, type TestWorld } from '../../world.ts'
import { forged, withEvidenceText } from './messages.ts'

/** So many bad messages come right before one good order of somebody else. */
const FLOOD = 5_000
/** So much longer than undisturbed it may take at most, on the machine for which that is promised. */
const MAX_DELAY_MS = 1_000
/**
 * Where others keep the processor from this process, so much of it counts instead: that of every
 * service, and of this test, which hears each parked message.
 */
const MAX_CPU_MS = 3_000
/** On a machine that others use too, a moment of theirs is not the flood's: the best try counts. */
const TRIES = 3
const BYTES_OF_A_REQUEST = 512 * 1024

let world: TestWorld
let victim: RegisteredAgent
let attacker: RegisteredAgent
let frame: Buffer
/** What a good order takes while nothing else happens, in milliseconds. */
let undisturbed: Times

interface Times {
  /** From its arrival on the topic of orders to intake's decision, as the broker dates both. */
  decided: number
  /** To its seal. */
  sealed: number
}

let close: () => Promise<void>
beforeAll(async () => {
  // a hundred thousand parked messages are listed for a while yet, and are no other file's concern
  close = await openServersOfItsOwn()
  world = await startWorld()
  victim = await world.newAgent('victim')
  attacker = await world.newAgent('attacker')
  frame = world.codec.encode('work-order.submitted', victim.order()).subarray(0, 5)
  await timesOf(await publishedBy(victim))
  const times = [await timesOf(await publishedBy(victim)), await timesOf(await publishedBy(victim))]
  undisturbed = {
    decided: Math.min(...times.map(({ decided }) => decided)),
    sealed: Math.min(...times.map(({ sealed }) => sealed)),
  }
}, 120_000)
afterAll(async () => {
  await world?.stop()
  await close?.()
}, 120_000)

async function publishedBy(agent: RegisteredAgent): Promise<SignedOrder> {
  const order = agent.order()
  await world.publish(order)
  return order
}

/** The topic of orders has more partitions than one; all that is to meet is sent to this one. */
const PARTITION = 0
const ORDERS = 'work-order.submitted'

async function timesOf({ object: { work_order_id: id } }: SignedOrder): Promise<Times> {
  const sealed = await world.until('seal', () => world.heard('trail.attested', id).at(0), 100_000)
  // topics are heard beside each other: the earlier event may be heard later
  const accepted = await world.until('acceptance', () =>
    world.heard('work-order.accepted', id).at(0),
  )
  const came = Date.parse(accepted.value.accepted.accepted_at)
  return { decided: Date.parse(accepted.at) - came, sealed: Date.parse(sealed.at) - came }
}

/**
 * How much longer the order that is sent took than undisturbed, as a part of what it may; 1 is all of
 * that.
 */
async function delayOf(send: () => Promise<SignedOrder>, time: keyof Times): Promise<number> {
  // before anything is measured: it keeps the loop for itself
  const slowBefore = slowness()
  const order = await send()
  const before = process.cpuUsage()
  const id = order.object.work_order_id
  const name = time === 'decided' ? 'work-order.accepted' : 'trail.attested'
  await world.until(name, () => world.heard(name, id).at(0), 100_000)
  const { user, system } = process.cpuUsage(before)
  const longer = (await timesOf(order))[time] - undisturbed[time]
  const slow = Math.max(slowBefore, slowness())
  return Math.min(longer / MAX_DELAY_MS, (user + system) / 1000 / MAX_CPU_MS) / slow
}

interface Message {
  key: string
  value: Buffer
  partition?: number
}

/** Sends so many messages, as fast as the broker takes them, in the order given. */
async function send(topic: string, messages: readonly Message[]): Promise<void> {
  let request: Message[] = []
  let bytes = 0
  for (const message of messages) {
    request.push(message)
    bytes += message.value.length + 100
    if (bytes < BYTES_OF_A_REQUEST) continue
    await world.producer.send({ topic, acks: -1, messages: request })
    request = []
    bytes = 0
  }
  if (request.length > 0) await world.producer.send({ topic, acks: -1, messages: request })
}

/** How many messages a service has parked under these codes (`a|b`). */
async function parkedBy(service: string, codes: string): Promise<number> {
  const text = await (await fetch(`${world.url(service)}/metrics`)).text()
  const counts = codes.split('|').map((code) => countOf(text, code))
  return counts.reduce((sum, count) => sum + count, 0)
}

function countOf(text: string, code: string): number {
  const found = new RegExp(`^prooftrail_parked_total\\{.*code="${code}".*\\} (\\d+)$`, 'm').exec(
    text,
  )
  return Number(found?.[1] ?? 0)
}

/** Asks for the liveness of a service until it is told to end; what it answered besides 200. */
function watchLiveness(service: string) {
  const bad: (number | string)[] = []
  let isOver = false
  const watching = (async () => {
    while (!isOver) {
      const status = await world.get(service, '/healthz').then(
        (answer) => answer.status,
        (error: unknown) => `${error} ${(error as Error).cause}`,
      )
      if (status !== 200) bad.push(status)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  })()
  return async () => {
    isOver = true
    await watching
    return bad
  }
}

/** One message; under the key of the good order that follows unless it says another. */
type Make = (n: number) => { key?: string; value: Buffer }

/** One flood after the other, until a good order behind one took no longer than it may. */
async function flood(
  { topic, service, code }: { topic: TopicName; service: string; code: string },
  make: Make,
  time: keyof Times,
): Promise<void> {
  const alive = watchLiveness(service)
  try {
    await floodUntilGood({ topic, service, code }, make, time)
  } finally {
    expect(await alive()).toEqual([])
  }
}

const NOWHERE = ''

async function floodUntilGood(
  { topic, service, code }: { topic: TopicName; service: string; code: string },
  make: Make,
  time: keyof Times,
): Promise<void> {
  const before = await parkedBy(service, code)
  const delays: number[] = []
  while (delays.length < TRIES && !delays.some((part) => part <= 1)) {
    const order = victim.order()
    const { work_order_id: key } = order.object
    const partition = topic === ORDERS ? { partition: PARTITION } : {}
    const bad: Message[] = []
    for (let n = 0; n < FLOOD; n += 1) {
      bad.push({ key, ...partition, ...make(n) })
      // services share this process, and thousands of signatures take seconds
      if (n % 50 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    const sendAll = async () => {
      await send(topicFor(topic), bad)
      await send(topicFor(ORDERS), [{ key, value: encoded(order), partition: PARTITION }])
      return order
    }
    delays.push(await delayOf(sendAll, time))
    if (code === NOWHERE) continue
    const expected = before + delays.length * FLOOD
    await world.until(
      `count of ${expected} messages under ${code}`,
      async () => (await parkedBy(service, code)) >= expected || undefined,
      // what waits for a key that may come is given up after 30 s
      90_000,
    )
  }
  expect(Math.min(...delays)).toBeLessThanOrEqual(1)
}

const oneByte: Make = () => ({ value: Buffer.from([7]) })
const noise: Make = () => ({ value: Buffer.concat([Buffer.from([1]), randomBytes(200)]) })
const framed = (id: number) => {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(id, 1)
  return { value: Buffer.concat([head, randomBytes(100)]) }
}
const unknownId: Make = () => framed(0x7ffffffe)
const unknownIds: Make = (n) => framed(0x60000000 + n)
const encoded = (link: SignedOrder) => world.codec.encode(ORDERS, link)

describe('given 5,000 bad messages on the topic of orders before a good order of somebody else', () => {
  /** An order that is none of its signer's, as the n-th of many. */
  const spoilt = (link: SignedOrder, n: number, members: object = {}) => ({
    key: link.object.work_order_id,
    value: encoded(
      changedLink(link, { object: { ...link.object, quote_id: `q-${n}`, ...members } }),
    ),
  })
  const kinds: [string, string, () => Make][] = [
    ['of one byte', 'PT-9001', () => oneByte],
    ['of noise', 'PT-9001', () => noise],
    ['under one unknown schema id', 'PT-9002', () => unknownId],
    ['under as many unknown schema ids', 'PT-9002|PT-9015', () => unknownIds],
    [
      'of noise behind a good frame',
      'PT-9004',
      () => () => ({ value: Buffer.concat([frame, Buffer.alloc(4, 0xff), randomBytes(200)]) }),
    ],
    [
      'signed by a key that nobody has',
      'PT-1004',
      () => {
        const link = forged(victim)
        return (n) => spoilt(link, n)
      },
    ],
    [
      'with a wrong signature under a key that counts',
      'PT-1005',
      () => {
        const link = attacker.order()
        return (n) => spoilt(link, n)
      },
    ],
    [
      'with a field of 2,000 characters',
      'PT-1005',
      () => {
        const link = attacker.order()
        return (n) => spoilt(link, n, { requested_tool: 'x'.repeat(2_000) })
      },
    ],
    [
      'nesting 200 levels deep',
      'PT-9016',
      () => {
        const deep = `${'['.repeat(200)}${']'.repeat(200)}`
        const value = withEvidenceText(attacker.order(), deep, frame)
        return () => ({ value })
      },
    ],
  ]
  test.each(kinds)(
    '%s, then that is decided as if they were not there',
    async (_, code, make) => {
      await flood({ topic: ORDERS, service: 'intake', code }, make(), 'decided')
    },
    120_000,
  )
})

describe('given 5,000 bad messages on a topic that tools write', () => {
  const topics: [TopicName, string][] = [
    ['result.produced', 'dispatch'],
    ['execution.progressed', 'dispatch'],
    ['tool.announced', 'intake'],
  ]
  const kinds: [string, string, Make][] = [
    ['of one byte', 'PT-9001', oneByte],
    ['of noise', 'PT-9001', noise],
    ['under as many unknown schema ids', 'PT-9002|PT-9015', unknownIds],
  ]
  const cases = topics.flatMap(([topic, service]) =>
    kinds.map(([what, code, make]) => ({ topic, service, what, code, make })),
  )
  test.each(cases)(
    '$topic: $what, then a good order is sealed as if they were not there',
    async ({ topic, service, code, make }) => {
      await flood({ topic, service, code }, make, 'sealed')
    },
    120_000,
  )
})

describe('given 5,000 messages of somebody whose key counts before a good order of somebody else', () => {
  let run: SignedOrder
  let own: SignedOrder
  let tool: PlayedTool
  let command: ExecutionCommand
  /** Nobody has answered it. */
  let open: ExecutionCommand
  beforeAll(async () => {
    run = await publishedBy(victim)
    own = await publishedBy(attacker)
    await world.trailOf(own.object.work_order_id)
    await world.trailOf(run.object.work_order_id)
    await world.codec.ready(['recovery.requested'])
    tool = await playTool(world, 'hostile')
    command = await tool.commanded(attacker)
    await tool.say(tool.result(command))
    await world.trailOf(command.work_order_id)
    open = await tool.commanded(attacker)
  }, 120_000)

  const actOn = (
    work_order_id: string,
    { id: agent_id } = attacker,
    key = attacker.keys.privateJwk,
    { ref } = run,
  ) => {
    const recovery_action = 'replay_from_checkpoint' as const
    const draft = { work_order_id, agent_id, recovery_action }
    const act = signAct(draft, ref, key)
    return { key: work_order_id, value: world.codec.encode('recovery.requested', act) }
  }
  const resultOf = (command: ExecutionCommand) => {
    const result = tool.result(command)
    return { key: result.work_order_id, value: world.codec.encode('result.produced', result) }
  }
  const commandOf = (work_order_id: string): ExecutionCommand => ({
    ...command,
    ...{ work_order_id, tool_command_id: deriveId('cmd', work_order_id, 0) },
  })
  const beatOf = (work_order_id: string, sequence: number) => {
    const said = { work_order_id, tool: 'hostile', attempt: 1, sequence, state: 'running' as const }
    const tool_command_id = deriveId('cmd', work_order_id, 0)
    const unsigned = { ...said, tool_command_id, at: new Date().toISOString() }
    const beat = signRecord({ ...unsigned, key_id: tool.key.key_id }, tool.key.privateKey)
    return { key: work_order_id, value: world.codec.encode('execution.progressed', beat) }
  }

  /** Each try says what none before it said. */
  let tries = 0
  /** Of the tool itself, or of another one under the same key. */
  const announced = (n: number, more: Partial<Manifest>) => {
    if (n === 0) tries += 1
    const announced_at = new Date(Date.now() + n).toISOString()
    const manifest = { ...tool.manifest, ...more }
    const key = { ...tool.key, party: manifest.tool }
    const value = makeAnnouncement(manifest, key, { announced_at, forced: true })
    return { key: value.tool, value: world.codec.encode('tool.announced', value) }
  }

  const kinds: [string, TopicName, string, () => Make][] = [
    [
      'beats for its own run',
      'execution.progressed',
      NOWHERE,
      () => (n) => beatOf(open.work_order_id, n + 1),
    ],
    [
      'acts on its own run',
      'recovery.requested',
      NOWHERE,
      () => () => actOn(own.object.work_order_id, attacker, attacker.keys.privateJwk, own),
    ],
    [
      'results of its own run, each another',
      'result.produced',
      NOWHERE,
      () => (n) => {
        const result = tool.result(command, { human_summary: `Two words, ${n}.` })
        return { key: result.work_order_id, value: world.codec.encode('result.produced', result) }
      },
    ],
    ['announcements of one version', 'tool.announced', NOWHERE, () => (n) => announced(n, {})],
    [
      'announcements, each of another version',
      'tool.announced',
      NOWHERE,
      () => (n) => announced(n, { version: `1.${tries}.${n}` }),
    ],
    [
      'announcements, each of another tool',
      'tool.announced',
      NOWHERE,
      () => (n) => announced(n, { tool: `hostile-${tries}-${n}` }),
    ],
    [
      'acts on a run of others',
      'recovery.requested',
      'PT-2021',
      () => () => actOn(run.object.work_order_id),
    ],
    [
      'acts on runs that are not there',
      'recovery.requested',
      'PT-2021',
      () => () => actOn(attacker.order().object.work_order_id),
    ],
    [
      'acts under a key that nobody has',
      'recovery.requested',
      'PT-2022|PT-9008',
      () => {
        const { privateJwk } = makeAgentKeys()
        return () => actOn(run.object.work_order_id, victim, privateJwk)
      },
    ],
    [
      'results of orders that are not there',
      'result.produced',
      'PT-2001|PT-2003|PT-2006|PT-2009|PT-9008',
      () => () => resultOf(commandOf(attacker.order().object.work_order_id)),
    ],
    [
      'results of a run of others',
      'result.produced',
      'PT-2005',
      () => () => resultOf(commandOf(run.object.work_order_id)),
    ],
    [
      'beats for a run of others',
      'execution.progressed',
      NOWHERE,
      () => (n) => beatOf(run.object.work_order_id, n),
    ],
  ]
  test.each(kinds)(
    '%s, then that is sealed as if they were not there',
    async (_, topic, code, make) => {
      const service = topic === 'tool.announced' ? 'intake' : 'dispatch'
      await flood({ topic, service, code }, make(), 'sealed')
    },
    180_000,
  )
})

describe('given 5,000 good orders of one agent before one of another', () => {
  test('when they wait for their turn, then the other one waits for none of them', async () => {
    const alive = watchLiveness('intake')
    const many = Array.from({ length: FLOOD }, () => attacker.order())
    const messages = many.map((order) => ({
      key: order.object.work_order_id,
      value: encoded(order),
    }))
    await send(topicFor(ORDERS), messages)
    const delays: number[] = []
    while (delays.length < TRIES && !delays.some((part) => part <= 1)) {
      delays.push(await delayOf(() => publishedBy(victim), 'decided'))
    }
    expect(Math.min(...delays)).toBeLessThanOrEqual(1)
    // The others are still there, and go on.
    const accepted = world.heard('work-order.accepted').length
    expect(accepted).toBeLessThan(FLOOD)
    await world.until(
      'more of them',
      () => world.heard('work-order.accepted').length > accepted + 50 || undefined,
    )
    expect(await alive()).toEqual([])
  }, 180_000)
})
