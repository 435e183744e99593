import { randomBytes } from 'node:crypto'
import { proveKey, topicFor } from '@prooftrail/contracts'
import { type Agent, makeAgent } from '../../toolkit/agent.ts'
import type { Deployment } from '../deployment.ts'
import { PATIENCE_MS } from '../traffic.ts'
import { type Answers, asked, makeAnswers } from './answers.ts'
import type { Noise } from './people.ts'
import type { Timed } from './schedule.ts'

/** Where bytes that are no message go: what agents write, and the commands of each tool. */
const TOPICS = [
  topicFor('work-order.submitted'),
  topicFor('recovery.requested'),
  ...['tokenops', 'energyops', 'financeops'].map((tool) => topicFor('execution.commanded', tool)),
]

/** An order that comes before its agent does. */
export interface Early {
  id: string
  agent: Agent
}

/** What was published for readers to set aside. */
export interface Noises {
  /** Keys of messages that nobody can read. */
  unreadable: Set<string>
  early: Early[]
  /** What became of operators' acts on it. */
  answers: Answers
  /** Ids of entries that an operator was told are decided, by the act. */
  done: { send: Set<string>; discard: Set<string> }
}

export function noNoise(): Noises {
  const done = { send: new Set<string>(), discard: new Set<string>() }
  return { unreadable: new Set(), early: [], answers: makeAnswers(), done }
}

/** Credits of an early agent: enough for its one order. */
const CREDITS = 100

/** Publishes each at its time. */
export async function makeNoise(
  d: Deployment,
  noises: Noises,
  noise: readonly Timed<Noise>[],
  after: (ms: number) => Promise<void>,
): Promise<void> {
  const mark = `noise-${randomBytes(4).toString('hex')}`
  const all: Promise<void>[] = []
  for (const [n, one] of noise.entries()) {
    await after(one.at)
    all.push(oneNoise(d, noises, one, { key: `${mark}-${n}`, after }))
  }
  await Promise.all(all)
}

async function oneNoise(
  d: Deployment,
  noises: Noises,
  { at, kind, topic, afterMs }: Timed<Noise>,
  { key, after }: { key: string; after: (ms: number) => Promise<void> },
): Promise<void> {
  const { world } = d
  const agent = makeAgent('early', world.receiver.address().url)
  if (kind === 'early order') {
    const order = agent.order()
    noises.early.push({ id: order.object.work_order_id, agent })
    await patiently(d, () => world.publish(order))
    await after(at + afterMs)
    return register(d, agent)
  }
  const cut = world.codec.encode('work-order.submitted', agent.order())
  const [value, to] =
    kind === 'bytes'
      ? [randomBytes(64), TOPICS[topic] ?? TOPICS[0]]
      : [cut.subarray(0, cut.length / 2), topicFor('work-order.submitted')]
  noises.unreadable.add(key)
  const messages = [{ key, value }]
  await patiently(d, () => world.producer.send({ topic: to ?? '', acks: -1, messages }))
}

/** Again until it is confirmed. */
async function patiently({ world }: Deployment, act: () => Promise<unknown>): Promise<void> {
  const confirmed = () =>
    act().then(
      () => true,
      () => undefined,
    )
  await world.until('somebody who confirms', confirmed, PATIENCE_MS)
}

/** Registered and funded, once, however often it takes. */
async function register(d: Deployment, { id, account, keys }: Agent): Promise<void> {
  const { world } = d
  const { kty, crv, x } = keys.publicJwk
  const proof = proveKey(id, keys.privateJwk)
  const known = async () => {
    await asked(`${world.url('intake')}/v1/agents`, {
      ...{ agent_id: id, public_key: { kty, crv, x }, proof },
    })
    const found = await asked(`${world.url('intake')}/v1/agents/${id}`)
    return found?.status === 200 || undefined
  }
  await world.until(`agent ${id}`, known, PATIENCE_MS)
  await patiently(d, () => world.fund(account, CREDITS, `early ${id}`))
}
