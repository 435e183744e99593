import { actBody } from '@prooftrail/agent-sdk'
import type { Json } from '@prooftrail/contracts'
import { actsOn } from '../../toolkit/acts.ts'
import { example } from '../../toolkit/agent.ts'
import type { RegisteredAgent } from '../../world.ts'
import type { Deployment } from '../deployment.ts'
import { PATIENCE_MS } from '../traffic.ts'
import { type Answers, makeAnswers } from './answers.ts'
import type { Haste } from './people.ts'
import type { Timed } from './schedule.ts'

/** The runs that hasty people act on, and what doors answered them. */
export interface ActedOn {
  agent: RegisteredAgent
  stranger: RegisteredAgent
  /** Work orders, oldest first. */
  orders: string[]
  /** Acts that a door said it accepts, and that the broker took, by run and key. */
  told: Set<string>
  published: Set<string>
  /** By act: a code, `accepted`, or that there was none. */
  answers: Answers
}

/** An agent whose orders all lack an item, and one who acts on what is not his. */
export async function hastyPeople(d: Deployment, areDown: () => boolean): Promise<ActedOn> {
  const { world } = d
  const callbacks = world.receiver.address(() => ({ status: areDown() ? 503 : 200 }))
  const agent = await world.newAgent('chaos_hasty', { credits: 1_000_000, callbacks })
  const stranger = await world.newAgent('chaos_stranger', { credits: 0 })
  return {
    agent,
    stranger,
    orders: [],
    told: new Set(),
    published: new Set(),
    answers: makeAnswers(),
  }
}

/** An order of theirs. */
export async function orderPartial({ world }: Deployment, acted: ActedOn): Promise<void> {
  const order = acted.agent.order({ evidence: example('tokenops-missing-item').evidence })
  // in the order in which they are drawn, whenever the broker confirms
  acted.orders.push(order.object.work_order_id)
  // what it did not confirm is published again
  const confirmed = () =>
    world.publish(order).then(
      () => true as const,
      () => undefined,
    )
  await world.until('a broker that confirms', confirmed, PATIENCE_MS)
}

/** Acts at each time, on whatever there is then; what is away or refused is answered and counted. */
export async function actHastily(
  d: Deployment,
  acted: ActedOn,
  haste: readonly Timed<Haste>[],
  after: (ms: number) => Promise<void>,
): Promise<void> {
  const all: Promise<void>[] = []
  for (const [n, one] of haste.entries()) {
    await after(one.at)
    const id = acted.orders[one.run] ?? acted.orders.at(-1)
    if (id !== undefined) all.push(actOnce(d, acted, one, { id, key: `haste-${n}` }))
  }
  await Promise.all(all)
}

async function actOnce(
  { world }: Deployment,
  { agent, stranger, answers, told, published }: ActedOn,
  { act, by, via, twice }: Haste,
  { id, key }: { id: string; key: string },
): Promise<void> {
  const acts = actsOn(() => world)
  const { payment_request_artifact = '' } = Object(example('tokenops-complete').evidence)
  const evidence: { [name: string]: Json } = { payment_request_artifact }
  const said = { key, ...(act === 'add_evidence' ? { evidence } : {}) }
  const count = (answer: string) => answers.count(act, answer)
  for (let times = twice ? 2 : 1; times > 0; times -= 1) {
    try {
      const isOperator = by === 'operator'
      if (!isOperator && via === 'topic') {
        await acts.publish(await acts.sign(by === 'agent' ? agent : stranger, id, act, said))
        published.add(`${id} ${key}`)
        count('published')
        continue
      }
      const { body } = isOperator
        ? await acts.post(id, {
            ...operatorsAct(id, act, key),
            ...(said.evidence ? { evidence } : {}),
          })
        : await acts.post(
            id,
            actBody(await acts.sign(by === 'agent' ? agent : stranger, id, act, said)),
          )
      const { status } = Object(body.act)
      if (status === 'accepted') told.add(`${id} ${key}`)
      count(typeof status === 'string' ? status : String(body.code))
    } catch {
      count('no answer')
    }
  }
}

function operatorsAct(work_order_id: string, recovery_action: string, idempotency_key: string) {
  return { work_order_id, recovery_action, idempotency_key, reason: 'in haste' }
}
