import { type Access, problem, type Reader } from '@prooftrail/runtime'
import type { SigningKey } from '@prooftrail/trail'
import type { Express } from 'express'
import type { CallbackCode } from './codes.ts'
import { agentSecret, type Secrets, secretVersion, webhookPublicKey } from './sign.ts'
import type { Delivery, State } from './state.ts'

export interface Doors {
  store: Pick<Reader<State>, 'read'>
  access: Pick<Access, 'requireOperator' | 'mayRead'>
  secrets: Secrets
  webhookKey: SigningKey
}

const MAX_AGENT_ID = 200

/**
 * Callback's doors:
 * - `GET|POST /v1/agents/:agent_id/webhook-secret` (operator) → { agent_id, version, secret, public_key }
 * - `GET /v1/callbacks/:work_order_id` (task handle or operator) → { work_order_id, deliveries[] }, newest last
 * - `GET /v1/callbacks/:work_order_id/body` (the same) → the newest callback's bytes, while they are kept
 */
export function mountRoutes(app: Express, tools: Doors): void {
  const { store, access, secrets, webhookKey } = tools
  const say = (code: CallbackCode) => code

  app.route('/v1/agents/:agent_id/webhook-secret').all(access.requireOperator, (req, res, next) => {
    if (req.method !== 'GET' && req.method !== 'POST') return next()
    const agent_id = String(req.params.agent_id)
    if (agent_id.length > MAX_AGENT_ID) {
      problem(res, 400, say('PT-5022'), `an agent id has at most ${MAX_AGENT_ID} characters`)
      return
    }
    const version = secretVersion(secrets, agent_id)
    res.set('cache-control', 'no-store').json({
      ...{ agent_id, version },
      secret: agentSecret(secrets.current, agent_id, version),
      public_key: webhookPublicKey(webhookKey),
    })
  })

  app.use('/v1/callbacks/:work_order_id', async (req, res, next) => {
    const id = String(req.params.work_order_id)
    const state = (await store.read([id])).get(id)?.state
    // whether there is such an order is told to those who may read it
    if (!(await access.mayRead(req, state?.task_token))) {
      problem(res, 401, say('PT-5021'), 'this needs the task handle or an operator token as Bearer')
    } else if (!state) {
      problem(res, 404, say('PT-5020'), `${id} has no callback`)
    } else {
      res.locals.state = state
      next()
    }
  })

  app.get('/v1/callbacks/:work_order_id', (req, res) => {
    // set by the guard above
    const { deliveries } = res.locals.state as State
    const { work_order_id } = req.params
    res.json({ work_order_id, deliveries: deliveries.map(describeDelivery) })
  })

  app.get('/v1/callbacks/:work_order_id/body', (_req, res) => {
    // set by the guard above
    const { deliveries } = res.locals.state as State
    const newest = deliveries.at(-1)
    if (!newest?.payload) {
      problem(res, 404, say('PT-5020'), 'the callback was delivered; its body is no longer kept')
      return
    }
    res
      .set('prooftrail-callback-hash', newest.callback_hash)
      .set('prooftrail-callback-event', newest.payload.event_type)
      .type('application/json')
      .send(newest.payload.body)
  })
}

/** A delivery as people and programs read it; its body is not part of it. */
export function describeDelivery(delivery: Delivery): Record<string, unknown> {
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
