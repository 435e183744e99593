import type { WorkOrderLink } from '@prooftrail/contracts'
import { Refusal, RetryLater } from '@prooftrail/runtime'
import { FORBIDDEN_CALLBACKS } from '@prooftrail/testing/contracts'
import { changedLink, verifiedBy } from '@prooftrail/testing/trail'
import { generateKeyPair, Link, signingKeyFromJwk, taskToken } from '@prooftrail/trail'
import { digestOf } from '@prooftrail/trail/encoding'
import { describe, expect, test } from 'vitest'
import {
  AT,
  aContext,
  agentKey,
  aManifest,
  anAgent,
  anOrder,
  aTool,
  intakeKey,
  otherKey,
  publicKey,
  seconds,
  signed,
  submitted,
} from './intake.fixtures.ts'
import { intake } from './service.ts'
import type { Context, OrderInput, State } from './state.ts'

const { decide, evolve, route } = intake

const absent: State = { status: 'absent' }

test('given a refused order, when its run is forgotten, then its id stays taken, with codes and no words', () => {
  const refused: State = {
    ...{ status: 'order', decision: 'rejected', digest: digestOf('order') },
    ...{ decided_at: AT, agent_id: 'agent-1', tool: 'tokenops' },
    reasons: [{ code: 'PT-1023', detail: 'https://me.example is no address' }],
  }
  expect(intake.forget?.(refused)).toEqual({
    ...refused,
    reasons: [{ code: 'PT-1023', detail: '' }],
  })
  expect(intake.forget?.({ ...refused, decision: 'accepted' })).not.toEqual(absent)
})

describe('given an order of a registered agent for a registered tool', () => {
  test('when it is good, then it is accepted with what later stages need', () => {
    const link = signed(anOrder())
    const context = aContext()
    const [event, ...rest] = decide(absent, submitted(link), context)
    expect(rest).toEqual([])
    expect(event).toEqual({
      type: 'work-order.accepted',
      data: {
        accepted: {
          work_order_id: link.object.work_order_id,
          task_token: taskToken(context.taskSecret, link.object.work_order_id),
          order: link,
          pins: {
            agent_key_id: agentKey.key_id,
            account: 'agent-1',
            pilot_id: 'settling_controlled_pilot_001',
            callback_url: 'https://agent.example.com/callback',
            callback_policy: 'callback_required',
            tool: 'settling',
            manifest_version: '1.0.0',
            manifest_digest: digestOf(aManifest()),
            price: 5,
            limits: { heartbeat_seconds: 10, deadline_seconds: 60, max_attempts: 3 },
            proof_trail: aManifest().proof_trail,
            evidence_schema_digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
            policy_version: 'prooftrail-intake/v1',
          },
          accepted_at: AT,
        },
      },
    })
  })

  test('when it is decided twice, then both say the same bytes', () => {
    const link = signed(anOrder({ requested_capability: 'none such' }))
    const once = decide(absent, submitted(link), aContext())
    expect(JSON.stringify(decide(absent, submitted(link), aContext()))).toBe(JSON.stringify(once))
  })

  const good: [string, { [member: string]: unknown }][] = [
    ['gives the proof trail itself', { proof_requirements: aManifest().proof_trail }],
    ['asks for polling only', { callback_url: undefined, callback_policy: 'status_polling_only' }],
    ['lacks a required class beside another', { evidence: { invoice: { reference: 'i' } } }],
    ['has an empty list of a class', { evidence: { invoice: { reference: 'i' }, note: [] } }],
    ['was issued up to five minutes ahead', { issued_at: '2026-11-23T12:05:00.000Z' }],
    ['is a standard order', { execution_mode: 'standard' }],
    ['ends 31 days after it was issued', { expires_at: '2026-12-24T11:59:00.000Z' }],
    ['pays as much as the price', { max_credits: 5 }],
    ['names its own id again', { workflow_context: { work_order_id: anOrder().work_order_id } }],
  ]
  test.each(good)('when it %s, then it is accepted', (_, changes) => {
    const order = anOrder(changes)
    const [event] = decide(absent, submitted(signed(order)), aContext())
    expect(event).toMatchObject({ type: 'work-order.accepted' })
  })

  test('when no callback is owed, then polling only is pinned', () => {
    const polling = { callback_url: undefined, callback_policy: 'status_polling_only' }
    const link = signed(anOrder(polling))
    expect(pinsOf(decide(absent, submitted(link), aContext()))).toMatchObject({
      callback_policy: 'status_polling_only',
    })
  })

  test('when the tool has several versions, then the newest in service is pinned', () => {
    const tool = aTool(
      ...['1.9.0', '1.10.0', '2.0.0-rc.1', '2.0.0'].map((version) => aManifest({ version })),
    )
    const versions = tool.versions.map((one) =>
      one.version === '2.0.0' ? { ...one, withdrawn_at: AT } : one,
    )
    const context = aContext({ tools: new Map([['settling', { ...tool, versions }]]) })
    const events = decide(absent, submitted(signed(anOrder())), context)
    expect(pinsOf(events)).toMatchObject({ manifest_version: '2.0.0-rc.1' })
  })

  const bad: [string, { [member: string]: unknown }, string][] = [
    ['an end in the year 9999', { expires_at: '9999-12-31T23:59:59.999Z' }, 'PT-1032'],
    ['an end after more than 31 days', { expires_at: '2026-12-24T12:00:00.001Z' }, 'PT-1032'],
    ['an end within a leap second', { expires_at: '2026-11-30T23:59:60.000Z' }, 'PT-1020'],
    ['fewer credits than the price', { max_credits: 4 }, 'PT-1034'],
    ['credits that are no number of them', { max_credits: -1 }, 'PT-1020'],
    ['a capability that is not offered', { requested_capability: 'other' }, 'PT-1025'],
    ['evidence that is no object', { evidence: ['invoice'] }, 'PT-1026'],
    ['an item without reference', { evidence: { invoice: { digest: 'x' } } }, 'PT-1026'],
    ['an item that is a text', { evidence: { invoice: 'inv-1' } }, 'PT-1026'],
    [
      'an unknown class',
      { evidence: { invoice: { reference: 'i' }, other: { reference: 'o' } } },
      'PT-1027',
    ],
    ['no required class', { evidence: { note: { reference: 'n' } } }, 'PT-1028'],
    ['no evidence at all', { evidence: {} }, 'PT-1028'],
    ['only empty lists', { evidence: { invoice: [], confirmation: [] } }, 'PT-1028'],
    [
      'a required callback without address',
      { callback_url: undefined, callback_policy: 'callback_required' },
      'PT-1030',
    ],
    ['neither address nor policy', { callback_url: undefined }, 'PT-1030'],
    [
      'an optional callback without address',
      { callback_url: undefined, callback_policy: 'callback_optional' },
      'PT-1030',
    ],
    ['an address with polling only', { callback_policy: 'status_polling_only' }, 'PT-1030'],
    ['another proof trail', { proof_requirements: ['work_order', 'attestation'] }, 'PT-1031'],
    [
      'the proof trail in another order',
      { proof_requirements: [...aManifest().proof_trail].reverse() },
      'PT-1031',
    ],
    ['an expiry that has passed', { expires_at: AT }, 'PT-1032'],
    [
      'an expiry before its issue',
      { issued_at: '2026-11-23T12:04:00.000Z', expires_at: '2026-11-23T12:03:00.000Z' },
      'PT-1032',
    ],
    ['another schema version', { schema_version: 'prooftrail-work-order/v9' }, 'PT-1021'],
    ['an unknown mode', { execution_mode: 'dry' }, 'PT-1020'],
    ['an unknown callback policy', { callback_policy: 'maybe' }, 'PT-1020'],
    ['a time without zone', { expires_at: '2026-11-23 13:00' }, 'PT-1020'],
    ['more than 1.5 MB', { workflow_context: { text: 'x'.repeat(1_500_001) } }, 'PT-1009'],
  ]
  test.each(bad)('when it has %s, then it is rejected for that alone', (_, changes, code) => {
    const decision = rejectionOf(anOrder(changes))
    expect(decision.reason_codes).toEqual([code])
    expect(decision.reasons).toEqual([{ code, detail: expect.stringMatching(/./) }])
  })

  test.each(FORBIDDEN_CALLBACKS)(
    'when its callback goes to $url, then it is rejected for that alone',
    ({ url }) => {
      // an address also has a length
      const form = url === '' || url.length > 2048 ? ['PT-1020'] : []
      const { reason_codes } = rejectionOf(anOrder({ callback_url: url }))
      expect(reason_codes).toEqual([...form, 'PT-1029'])
    },
  )

  test('when its workflow context does not fit the schema of the tool, then it is rejected', () => {
    const workflow_context_schema = {
      required: ['project'],
      properties: { size: { type: 'integer' } },
    }
    const context = aContext({
      tools: new Map([['settling', aTool(aManifest({ workflow_context_schema }))]]),
    })
    for (const workflow_context of [undefined, { size: 1 }, { project: 'p', size: 'big' }]) {
      expect(rejectionOf(anOrder({ workflow_context }), context).reason_codes).toEqual(['PT-1033'])
    }
    const fitting = signed(anOrder({ workflow_context: { project: 'p', size: 2 } }))
    const [event] = decide(absent, submitted(fitting), context)
    expect(event).toMatchObject({ type: 'work-order.accepted' })
  })

  test('when its callback goes to an allowed network, then it is accepted', () => {
    const policy = {
      allowedNetworks: ['127.0.0.0/8'],
      allowedPorts: [],
      toolRegistration: 'open' as const,
      maxOrderMs: 31 * 24 * 3_600_000,
      maxAwaitingCredits: 10,
    }
    const link = signed(anOrder({ callback_url: 'http://127.0.0.1:9000/callback' }))
    const [event] = decide(absent, submitted(link), aContext({ policy }))
    expect(event).toMatchObject({ type: 'work-order.accepted' })
  })

  test('when the agent may use other tools only, then it is rejected', () => {
    const agents = new Map([['agent-1', anAgent({ tools: ['another'] })]])
    expect(rejectionOf(anOrder(), aContext({ agents })).reason_codes).toEqual(['PT-1024'])
  })

  test('when every version is withdrawn, then it is rejected at once', () => {
    const tool = aTool()
    const versions = tool.versions.map((one) => ({ ...one, withdrawn_at: AT }))
    const context = aContext({ tools: new Map([['settling', { ...tool, versions }]]) })
    expect(rejectionOf(anOrder(), context).reason_codes).toEqual(['PT-1023'])
  })

  test('when much is wrong, then all reasons are given at once', () => {
    const order = anOrder({
      schema_version: 'v0',
      requested_capability: 'other',
      evidence: { other: { reference: 'o' } },
      callback_url: 'https://10.0.0.1/',
      proof_requirements: [],
      expires_at: AT,
    })
    expect([...rejectionOf(order).reason_codes].sort()).toEqual([
      ...['PT-1021', 'PT-1025', 'PT-1027', 'PT-1028', 'PT-1029', 'PT-1031', 'PT-1032'],
    ])
  })

  test('when it is rejected, then intake signs the decision, and it follows the order', () => {
    const link = signed(anOrder({ requested_capability: 'other' }))
    const context = aContext()
    const [event] = decide(absent, submitted(link), context)
    if (event?.type !== 'work-order.rejected') throw new Error('not rejected')
    const { decision, order, task_token, work_order_id } = event.data
    expect(order).toEqual(link)
    expect(work_order_id).toBe(link.object.work_order_id)
    expect(task_token).toBe(taskToken(context.taskSecret, work_order_id))
    expect(decision.after).toEqual([{ name: 'work_order', digest: digestOf(link.object) }])
    expect(decision.key_id).toBe(intakeKey.key_id)
    expect(decision.isSignedBy(intakeKey.privateKey)).toBe(true)
    expect(decision.object).toMatchObject({
      object_type: 'intake_decision',
      decision_id: expect.stringMatching(/^dec_[a-z2-7]{32}$/),
      decision: 'rejected',
      work_order_digest: digestOf(link.object),
      policy_version: 'prooftrail-intake/v1',
      issued_at: AT,
    })
  })
})

describe('given an order that is not the agent’s word', () => {
  const expiring = (exp: string) =>
    aContext({
      agents: new Map([
        ['agent-1', anAgent({ keys: [{ ...publicKey(agentKey), nbf: 0, exp: seconds(exp) }] })],
      ]),
    })
  const order = anOrder()
  const forged = signed(order, otherKey)
  const unreadable = anOrder({ object_type: 'quote', work_order_id: 'wo_x' })
  const cases: [string, WorkOrderLink, Context, string][] = [
    [
      'is wrong in all else too, and signed by a stranger',
      signed(unreadable, otherKey),
      aContext(),
      'PT-1004',
    ],
    [
      'comes while ten of its agent wait for credits',
      signed(order),
      aContext({ awaiting: new Map([['agent-1', 10]]) }),
      'PT-1066',
    ],
    ['is signed by a stranger', forged, aContext(), 'PT-1004'],
    [
      'names the agent’s key under a stranger’s signature',
      changedLink(forged, { key_id: agentKey.key_id }),
      aContext(),
      'PT-1005',
    ],
    [
      'was changed after signing',
      changedLink(signed(order), { object: { ...order, requested_tool: 'other' } }),
      aContext(),
      'PT-1005',
    ],
    [
      'has no base64 for a signature',
      changedLink(signed(order), { signature: '!' }),
      aContext(),
      'PT-1005',
    ],
    [
      'is issued before its key counts',
      signed(anOrder({ issued_at: '2026-11-23T10:54:59.999Z' })),
      aContext(),
      'PT-1006',
    ],
    ['has no time of issue', signed(anOrder({ issued_at: 'today' })), aContext(), 'PT-1006'],
    [
      'is issued when its key is expired',
      signed(order),
      expiring('2026-11-23T11:59:00.000Z'),
      'PT-1006',
    ],
    [
      'is backdated with a key that expired meanwhile',
      signed(order),
      expiring('2026-11-23T11:59:30.000Z'),
      'PT-1006',
    ],
    [
      'follows something',
      Link.sign('work_order', order, [{ name: 'work_order', digest: digestOf(1) }], agentKey),
      aContext(),
      'PT-1007',
    ],
    [
      'is issued more than five minutes ahead',
      signed(anOrder({ issued_at: '2026-11-23T12:05:00.001Z' })),
      aContext(),
      'PT-1012',
    ],
    [
      'holds an id of another trail',
      signed(anOrder({ workflow_context: { list: [{ receipt_id: 'usage_x' }] } })),
      aContext(),
      'PT-1011',
    ],
    ['is no work order', signed(anOrder({ object_type: 'quote' })), aContext(), 'PT-1013'],
    ['names no tool', signed(anOrder({ requested_tool: '' })), aContext(), 'PT-1013'],
    [
      'nests as deep as an object may, so that no statement can hold it',
      signed(anOrder({ workflow_context: { deep: JSON.parse('['.repeat(61) + ']'.repeat(61)) } })),
      aContext(),
      'PT-1013',
    ],
    [
      'names a tool that fills the closing record',
      signed(anOrder({ requested_tool: 'x'.repeat(201) })),
      aContext(),
      'PT-1013',
    ],
    [
      'is far too large to be answered',
      signed(anOrder({ workflow_context: { text: 'x'.repeat(3_000_001) } })),
      aContext(),
      'PT-1009',
    ],
  ]
  test.each(cases)('when it %s, then it is parked and claims nothing', (_, link, context, code) => {
    expect(refusalOf(absent, submitted(link), context)).toMatchObject({ code })
  })

  test('when ids from elsewhere stand under evidence, then they are no fault', () => {
    const evidence = { invoice: { reference: 'i', receipt_id: 'usage_x' } }
    const [event] = decide(absent, submitted(signed(anOrder({ evidence }))), aContext())
    expect(event).toMatchObject({ type: 'work-order.accepted' })
  })

  test('when a forgery comes first, then the agent’s own order still claims the id', () => {
    expect(refusalOf(absent, submitted(forged), aContext())).toMatchObject({ code: 'PT-1004' })
    const [event] = decide(absent, submitted(signed(order)), aContext())
    expect(event).toMatchObject({ type: 'work-order.accepted' })
  })

  test('when a forgery comes second, then it is parked as a forgery', () => {
    const state = stateAfter(signed(anOrder()))
    const link = signed(anOrder({ requested_capability: 'other' }), otherKey)
    expect(refusalOf(state, submitted(link), aContext())).toMatchObject({
      ...{ code: 'PT-1004', party: undefined },
    })
  })
})

describe('given what an order names is not registered', () => {
  const nobody = aContext({ agents: new Map() })
  const nothing = aContext({ tools: new Map() })
  const input = (waited?: number) =>
    submitted(signed(anOrder()), waited === undefined ? {} : { waited })

  test.each([undefined, 0, 29.9])('when the agent is unknown for %s s, then it waits', (waited) => {
    expect(() => decide(absent, input(waited), nobody)).toThrow(RetryLater)
  })

  test('when the agent is unknown for 30 s, then the order is parked', () => {
    expect(refusalOf(absent, input(30), nobody)).toMatchObject({ code: 'PT-1003' })
  })

  test.each([undefined, 29.9])('when the tool is unknown for %s s, then it waits', (waited) => {
    expect(() => decide(absent, input(waited), nothing)).toThrow(RetryLater)
  })

  test('when the tool is unknown for 30 s, then the order is rejected', () => {
    const [event] = decide(absent, input(30), nothing)
    expect(event).toMatchObject({
      type: 'work-order.rejected',
      data: { decision: { object: { reason_codes: ['PT-1022'] } } },
    })
  })

  test('when another reason refuses it already, then it does not wait for the tool', () => {
    expect(rejectionOf(anOrder({ expires_at: AT }), nothing).reason_codes).toEqual([
      'PT-1032',
      'PT-1022',
    ])
  })
})

describe('given an order whose id is taken', () => {
  const first = signed(anOrder())

  test('when the same order comes again, then nothing happens, whatever changed since', () => {
    const state = stateAfter(first)
    const keys = [{ ...publicKey(agentKey), nbf: 0, exp: 1 }]
    const agents = new Map([['agent-1', anAgent({ keys })]])
    expect(decide(state, submitted(first), aContext({ agents, tools: new Map() }))).toEqual([])
    expect(decide(state, submitted(first, { at: '2027-01-01T00:00:00.000Z' }), aContext())).toEqual(
      [],
    )
  })

  test.each([
    ['accepted', anOrder()],
    ['rejected', anOrder({ requested_capability: 'other' })],
  ])(
    'when the first was %s and another body comes, then it is parked with the first digest',
    (_, order) => {
      const state = stateAfter(signed(order))
      const other = submitted(signed(anOrder({ quote_id: 'q-1' })))
      expect(refusalOf(state, other, aContext())).toMatchObject({
        code: 'PT-1008',
        firstDigest: digestOf(order),
        // the signature held: the agent can be told
        party: `agent/${order.agent_id}`,
      })
    },
  )
})

describe('given a message on the intake topic', () => {
  const link = signed(anOrder())

  test('when its key is the id inside, then it goes to the document of that id', () => {
    expect(route(submitted(link))).toBe(link.object.work_order_id)
  })

  test.each(['wo_other', undefined])('when its key is %s, then it is parked', (key) => {
    const { key: _, ...rest } = submitted(link)
    expect(() => route(key === undefined ? rest : { ...rest, key })).toThrow(/PT-1001/)
  })

  test('when its id is not derived, then it is parked', () => {
    const order = anOrder({ work_order_id: 'agent/agent-1' })
    expect(() => route(submitted(signed(order)))).toThrow(/PT-1002/)
  })
})

describe('given the events of an order', () => {
  test('when they are folded, then the state says how it was decided', () => {
    const order = anOrder()
    expect(stateAfter(signed(order))).toEqual({
      status: 'order',
      decision: 'accepted',
      digest: digestOf(order),
      decided_at: AT,
      agent_id: 'agent-1',
      tool: 'settling',
      manifest_version: '1.0.0',
    })
    const refused = anOrder({ requested_capability: 'other' })
    expect(stateAfter(signed(refused))).toEqual({
      status: 'order',
      decision: 'rejected',
      digest: digestOf(refused),
      decided_at: AT,
      agent_id: 'agent-1',
      tool: 'settling',
      reasons: [{ code: 'PT-1025', detail: 'offered: settlement_review' }],
    })
  })
})

test('given an agent with two keys, when it signs with either, then the order is accepted', () => {
  const { privateKey } = generateKeyPair()
  const second = signingKeyFromJwk(privateKey, { party: 'agent-1', roles: ['agent'] })
  const keys = [agentKey, second].map((key) => ({ ...publicKey(key), nbf: 0 }))
  const agents = new Map([['agent-1', anAgent({ keys })]])
  const context = aContext({ agents, verified: verifiedBy(agentKey, second) })
  for (const key of [agentKey, second]) {
    const events = decide(absent, submitted(signed(anOrder(), key)), context)
    expect(pinsOf(events)).toMatchObject({ agent_key_id: key.key_id })
  }
})

function refusalOf(state: State, input: OrderInput, context: Context): Refusal {
  try {
    decide(state, input, context)
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('not refused')
}

function rejectionOf(order: ReturnType<typeof anOrder>, context = aContext()) {
  const [event] = decide(absent, submitted(signed(order)), context)
  if (event?.type !== 'work-order.rejected') throw new Error('not rejected')
  return event.data.decision.object
}

function pinsOf(events: ReturnType<typeof decide>) {
  const [event] = events
  if (event?.type !== 'work-order.accepted') throw new Error('not accepted')
  return event.data.accepted.pins
}

function stateAfter(link: WorkOrderLink): State {
  return decide(absent, submitted(link), aContext()).reduce(evolve, absent)
}
