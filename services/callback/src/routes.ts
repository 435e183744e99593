import { callbackRoutes } from '@prooftrail/contracts/doors'
import {
  type Access,
  type Call,
  type Handlers,
  mountDoors,
  type Reader,
  type Refused,
  refuse,
  reply,
} from '@prooftrail/runtime'
import type { SigningKey } from '@prooftrail/trail'
import type { Express } from 'express'
import { codes } from './codes.ts'
import { agentSecret, type Secrets, secretVersion, webhookPublicKey } from './sign.ts'
import type { Delivery, State } from './state.ts'

export interface Doors {
  store: Pick<Reader<State>, 'read'>
  access: Pick<Access, 'caller'>
  secrets: Secrets
  webhookKey: SigningKey
}

const MAX_AGENT_ID = 200

/** Secrets of callbacks for operators; deliveries for whoever may read the task. */
export function mountRoutes(app: Express, tools: Doors): void {
  const handlers = handlersOf(tools)
  mountDoors(app, { routes: callbackRoutes, handlers, access: tools.access, codes })
}

function handlersOf({ store, secrets, webhookKey }: Doors): Handlers<typeof callbackRoutes> {
  const secretOf = async ({ params: { agent_id } }: { params: { agent_id: string } }) => {
    if (agent_id.length > MAX_AGENT_ID) {
      return refuse('PT-5022', `an agent id has at most ${MAX_AGENT_ID} characters`)
    }
    const version = secretVersion(secrets, agent_id)
    const secret = agentSecret(secrets.current, agent_id, version)
    const public_key = webhookPublicKey(webhookKey)
    return reply(
      { agent_id, version, secret, public_key },
      { headers: { 'cache-control': 'no-store' } },
    )
  }

  /** Whether there is such an order is told to those who may read it. */
  const stateOf = async ({ params, caller, denied }: Asked): Promise<State | Refused> => {
    const id = params.work_order_id
    const state = (await store.read([id])).get(id)?.state
    if (!caller.mayRead(state?.task_token)) return denied()
    return state ?? refuse('PT-5020', `${id} has no callback`)
  }

  return {
    'GET /v1/agents/:agent_id/webhook-secret': secretOf,
    'POST /v1/agents/:agent_id/webhook-secret': secretOf,

    'GET /v1/callbacks/:work_order_id': async (call) => {
      const state = await stateOf(call)
      if (!('deliveries' in state)) return state
      const { work_order_id } = call.params
      return { work_order_id, deliveries: state.deliveries.map(describeDelivery) }
    },

    'GET /v1/callbacks/:work_order_id/body': async (call) => {
      const state = await stateOf(call)
      if (!('deliveries' in state)) return state
      const newest = state.deliveries.at(-1)
      if (!newest?.payload) {
        return refuse('PT-5020', 'the callback was delivered; its body is no longer kept')
      }
      const { body, event_type } = newest.payload
      const headers = {
        'prooftrail-callback-hash': newest.callback_hash,
        'prooftrail-callback-event': event_type,
      }
      return reply(body, { type: 'application/json', headers })
    },
  }
}

type Asked = Pick<Call<'GET /v1/callbacks/:work_order_id', unknown>, 'params' | 'caller' | 'denied'>

/** A delivery as people and programs read it; its body is not part of it. */
export function describeDelivery(delivery: Delivery) {
  const { callback_event_id, callback_url, callback_hash, attempts, phase, payload } = delivery
  const pending = phase.status === 'sending' || phase.status === 'waiting'
  return {
    callback_event_id,
    ...(callback_url === undefined ? {} : { callback_url }),
    callback_hash,
    callback_status: pending ? 'pending' : phase.status,
    attempt: attempts.at(-1)?.attempt ?? 0,
    attempts,
    ...(phase.status === 'waiting' ? { next_attempt_at: phase.next_attempt_at } : {}),
    ...(phase.status === 'sending'
      ? { under_way: { attempt: phase.attempt, since: phase.begun_at } }
      : {}),
    body_kept: payload !== undefined,
  }
}
