/** Every act in every state through the HTTP door: it answers what the topic's judge decides. */
import type { AddressInfo } from 'node:net'
import { ACT_NAMES, ACTS, type RecoveryRequested } from '@prooftrail/contracts'
import { makeAccess } from '@prooftrail/runtime'
import { Link } from '@prooftrail/trail'
import express from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { courseOf } from '../course.ts'
import { after, contextTool, WORK_ORDER_ID } from '../dispatch.fixtures.ts'
import { type Doors, mountRoutes } from '../routes.ts'
import type { State } from '../state.ts'
import {
  agentKey,
  agentOf,
  asks,
  context,
  goOn,
  of,
  operatorKey,
  RUNS,
  strangerKey,
  type Told,
} from './acts.fixtures.ts'
import { actStateOf } from './judge-act.ts'

const TOKEN = 'operator-token-of-32-characters!'
const PARTIES = new Map<string, State>([
  ['agent/agent-example', agentOf(agentKey)],
  ['agent/agent-other', agentOf(strangerKey)],
  ['tool/tokenops', contextTool],
])

/** The door over one run; what it asks for is judged at once. */
async function doorOf(before: Told, at: string) {
  let now: Told = { state: before.state, events: [] }
  const app = express()
  const request = async (data: RecoveryRequested) => {
    now = goOn(now, { id: 'asked', type: 'recovery.requested', at, data })
  }
  const signAct: Doors['signAct'] = (kind, act, refs) => Link.sign(kind, act, refs, operatorKey)
  mountRoutes(app, {
    store: {
      read: async () => new Map([[WORK_ORDER_ID, { state: now.state, version: 1 }]]),
      find: async () => [{ id: WORK_ORDER_ID, state: now.state }],
    },
    lookup: {
      get: async (names: readonly string[]) =>
        new Map([...PARTIES].filter(([name]) => names.includes(name))),
    },
    access: makeAccess({ open: false, operatorToken: TOKEN }),
    operators: context.operators,
    signAct,
    ...{ request, limits: context.limits, now: () => Date.parse(at) },
    // only what the door asks of its tools
  } as unknown as Doors)
  const server = app.listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  // a listening TCP server has an AddressInfo
  const { port } = server.address() as AddressInfo
  const post = async (body: unknown, { query = '', token = '', id = WORK_ORDER_ID } = {}) => {
    const headers = token === '' ? {} : { authorization: `Bearer ${token}` }
    const url = `http://127.0.0.1:${port}/v1/tasks/${id}/acts${query}`
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    return { status: answer.status, body: Object(await answer.json()) }
  }
  return { post, told: () => now }
}

/** An act as its signer sends it. */
function signedBody(asked: ReturnType<typeof asks>) {
  const { act } = (asked as Extract<typeof asked, { type: 'recovery.requested' }>).data
  const { kind: name, object, after: follows, key_id, signature } = act
  return { act: { name, object, after: follows, key_id, signature } }
}

describe('every act in every state, through the door', () => {
  for (const [state, make] of Object.entries(RUNS)) {
    const at = state === 'stalled' ? after(7199) : after(20)
    for (const action of ACT_NAMES) {
      for (const by of ACTS[action].by) {
        test(`${action} by the ${by} when the run is ${state}: answered as the topic is`, async () => {
          const before = make()
          const asked = asks(before, action, { at, by })
          const decided = goOn({ state: before.state, events: [] }, asked)
          const [refused] = of(decided, 'recovery.refused')
          const door = await doorOf(before, at)
          const dry = await door.post(signedBody(asked), { query: '?dry_run' })
          expect(door.told().events).toEqual([])
          const handle = courseOf(before.state)?.task_token ?? ''
          const done = await door.post(signedBody(asked), { id: handle })
          if (refused) {
            const { code, allowed_states, allowed_acts } = refused
            for (const { status, body } of [dry, done]) {
              expect(status).toBeGreaterThanOrEqual(400)
              expect(body).toMatchObject({ code, state, allowed_states, allowed_acts })
            }
            // refused at the door: nothing of it reached the topic
            expect(door.told().events).toEqual([])
            return
          }
          expect(dry).toMatchObject({ status: 200, body: { dry_run: true, run: { state } } })
          expect(done).toMatchObject({
            status: 200,
            body: { act: { status: 'accepted' }, run: { state: actStateOf(decided.state) } },
          })
          expect(door.told().events).toEqual(decided.events)
          // the very same act is one act
          expect(await door.post(signedBody(asked))).toMatchObject({ status: 200 })
          expect(door.told().events).toEqual(decided.events)
        })
      }
    }
  }
})

describe('an operator who shows a token, and no key', () => {
  for (const [state, make] of Object.entries(RUNS)) {
    const at = state === 'stalled' ? after(7199) : after(20)
    test(`is answered on a run that is ${state} as one who signs`, async () => {
      const before = make()
      for (const action of ACT_NAMES.filter((name) => ACTS[name].by.includes('operator'))) {
        const signed = asks(before, action, { at, by: 'operator' })
        const [refused] = of(goOn({ state: before.state, events: [] }, signed), 'recovery.refused')
        const { act } = signedBody(signed)
        const { object_type: _, requested_by: __, issued_at: ___, ...members } = act.object
        const door = await doorOf(before, at)
        const { status, body } = await door.post(members, { query: '?dry_run', token: TOKEN })
        expect([action, body.code, status === 200]).toEqual([action, refused?.code, !refused])
      }
    })
  }

  test('may choose no key that looks like a batch’s: dispatch signs those of batches alone', async () => {
    const before = RUNS.partial()
    const signed = asks(before, 'close', { at: after(20), by: 'operator' })
    const {
      object_type: _,
      requested_by: __,
      issued_at: ___,
      ...members
    } = signedBody(signed).act.object
    const door = await doorOf(before, after(20))
    const body = { ...members, idempotency_key: `bt_${'0'.repeat(32)}/7` }
    expect(await door.post(body, { token: TOKEN })).toMatchObject({ body: { code: 'PT-2023' } })
    expect(door.told().events).toEqual([])
  })
})
