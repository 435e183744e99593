import { actBody, signAct } from '@prooftrail/agent-sdk'
import { type Json, type RecoveryAction, topicFor } from '@prooftrail/contracts'
import type { Ref } from '@prooftrail/trail'
import type { RegisteredAgent, TestWorld } from '../world.ts'

/** A run as dispatch's door of acts shows it. */
export interface ActsView {
  state: string
  follows: Ref
  allowed_acts: string[]
  open_evidence?: string[]
  [member: string]: unknown
}

/** What an act says besides its name. */
export interface Said {
  evidence?: { [evidenceClass: string]: Json }
  key?: string
}

type Signed = ReturnType<typeof signAct>

/** Acts as a test asks for them, through each door. */
export interface Acts {
  view(id: string): Promise<ActsView>
  /** An act of the run's agent, on what the run follows now. */
  sign(agent: RegisteredAgent, id: string, action: RecoveryAction, said?: Said): Promise<Signed>
  publish(act: Signed): Promise<void>
  post(
    id: string,
    body: unknown,
    query?: string,
  ): Promise<{ status: number; body: { [member: string]: unknown } }>
  /** An operator's act through the door, which signs it. */
  ask(
    id: string,
    action: RecoveryAction,
    more?: { [member: string]: Json },
  ): ReturnType<Acts['post']>
  /** An agent's act through the door. */
  send(
    agent: RegisteredAgent,
    id: string,
    action: RecoveryAction,
    said?: Said,
  ): ReturnType<Acts['post']>
}

const pathOf = (id: string) => `/v1/tasks/${id}/acts`

/** @param world asked when an act is: it may start later */
export function actsOn(world: () => TestWorld): Acts {
  let drawn = 0
  const acts: Acts = {
    view: (id) =>
      world().until(`acts of ${id}`, async () => {
        const { status, body } = await world().get('dispatch', pathOf(id))
        return status === 200 ? (body as unknown as ActsView) : undefined
      }),
    async sign(agent, id, recovery_action, { evidence, key } = {}) {
      const { follows } = await acts.view(id)
      const draft = {
        ...{ work_order_id: id, agent_id: agent.id, recovery_action },
        ...(evidence ? { evidence } : {}),
        ...(key ? { idempotency_key: key } : {}),
      }
      return signAct(draft, follows, agent.keys.privateJwk)
    },
    async publish(asked) {
      const { codec, producer } = world()
      await codec.ready(['recovery.requested'])
      const value = codec.encode('recovery.requested', asked)
      const messages = [{ key: asked.work_order_id, value }]
      await producer.send({ topic: topicFor('recovery.requested'), acks: -1, messages })
    },
    async post(id, body, query = '') {
      const answer = await fetch(`${world().url('dispatch')}${pathOf(id)}${query}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      return { status: answer.status, body: Object(await answer.json()) }
    },
    ask(id, recovery_action, more = {}) {
      drawn += 1
      const idempotency_key = `asked-${drawn}`
      const said = { work_order_id: id, recovery_action, idempotency_key, reason: 'as agreed' }
      return acts.post(id, { ...said, ...more })
    },
    send: async (agent, id, action, said) =>
      acts.post(id, actBody(await acts.sign(agent, id, action, said))),
  }
  return acts
}
