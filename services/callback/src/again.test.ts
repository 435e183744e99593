import {
  ACTS,
  actObjectType,
  type EvidenceRequest,
  type RecoveryAccepted,
  type RecoveryAction,
  type RunExpired,
  type RunExpiry,
} from '@prooftrail/contracts'
import { codeOf } from '@prooftrail/testing/runtime'
import { exampleKey } from '@prooftrail/testing/trail'
import { deriveId, Link } from '@prooftrail/trail'
import { describe, expect, test } from 'vitest'
import { contextAt, usageReceiptIssued } from './callback.fixtures.ts'
import { runOfAct } from './decide.ts'
import { due, evolve, initial } from './evolve.ts'
import { deliveries, later, outcome, play, startedIn, types } from './play.fixtures.ts'
import { callback } from './service.ts'
import type { CallbackEvent, CallbackInput, State } from './state.ts'

/** What acts have callback do: try again, and ask for evidence. */

const NOW = '2026-02-01T00:00:00.000Z'
const { work_order_id, result_contract } = usageReceiptIssued()
const operatorKey = exampleKey('dispatch', ['operator'])
const TEN = Array.from({ length: 10 }, () => ({ status: 500 }))

function accepted(action: RecoveryAction, more: Partial<RecoveryAccepted> = {}): CallbackInput {
  const object = {
    object_type: actObjectType(ACTS[action].link),
    ...{ work_order_id, recovery_action: action, requested_by: 'ada', idempotency_key: 'k' },
    ...{ reason: 'the receiver was mended', issued_at: NOW },
  }
  const act = Link.sign(ACTS[action].link, object, [result_contract.ref], operatorKey)
  const data = { work_order_id, act, sequence: 1, agent_id: 'agent-a', accepted_at: NOW, ...more }
  return { id: `accepted:${action}`, type: 'recovery.accepted', at: NOW, data }
}

const decide = (state: State, input: CallbackInput) => callback.decide(state, input, contextAt(NOW))
const fold = (state: State, events: readonly CallbackEvent[]) => events.reduce(evolve, state)

/** Every attempt that follows is answered alike, until none does. */
function answered(state: State, events: readonly CallbackEvent[], status: number) {
  const said = [...events]
  let next = state
  for (let i = 0; i < 20; i++) {
    const time = due(next)
    if (next.deliveries.every(({ phase }) => phase.status !== 'sending')) {
      if (time === undefined) break
      const wakes: CallbackInput = { id: `due:${time}`, type: 'due', at: time, data: {} }
      const woken = callback.decide(next, wakes, contextAt(time))
      said.push(...woken)
      next = fold(next, woken)
    }
    const ended = callback.decide(next, outcome(startedIn(said), { status }), contextAt(NOW))
    said.push(...ended)
    next = fold(next, ended)
  }
  return { state: next, events: said }
}

test('an agent whose run expired is told in a callback of its own, once, also without a result', () => {
  const object: RunExpiry = {
    object_type: 'run_expiry',
    ...{ work_order_id, ends: 'run', state: 'stalled', open_since: NOW, limit_seconds: 60 },
    ...{ reason: 'runner_error', rule: 'it ends', issued_at: NOW },
  }
  const expiry = Link.sign(
    'expiry',
    object,
    [result_contract.ref],
    exampleKey('dispatch', ['dispatch']),
  )
  const data: RunExpired = {
    ...{ work_order_id, task_token: 'tt_1', agent_id: 'agent-a', expiry, sequence: 2 },
    ...{ runtime_state: 'expired', expired_at: NOW },
    notice: {
      ...{ result_status: 'failed', requested_tool: 'tokenops', requested_capability: 'review' },
      ...{ callback_policy: 'callback_required', callback_url: 'https://agent.example.com/cb' },
    },
  }
  const told: CallbackInput = { id: 'expired', type: 'run.expired', at: NOW, data }
  const events = decide(initial, told)
  expect(types(events)).toEqual(['callback.prepared', 'attempt.started'])
  const { payload, callback_event_id } = startedIn(events)
  expect(callback_event_id).toBe(deriveId('rec', work_order_id, 2))
  expect(JSON.parse(payload.body)).toMatchObject({
    event_type: 'task_result_failed',
    expiry: { ends: 'run', state: 'stalled', reason: 'runner_error' },
    links: [{ name: 'expiry', digest: expiry.digest }],
  })
  const next = fold(initial, events)
  expect(decide(next, told)).toEqual([])
  const ended = callback.decide(next, outcome(startedIn(events), { status: 204 }), contextAt(NOW))
  // no delivery of a result: the trail does not wait for it
  expect(types(ended)).toEqual(['request.attempted'])
})

test('only acts on callbacks are callback’s', () => {
  const of = (action: RecoveryAction) => {
    const input = accepted(action)
    return input.type === 'recovery.accepted' ? runOfAct(input.data) : ''
  }
  expect(of('retry_callback')).toBe(work_order_id)
  expect(of('request_evidence')).toBe(work_order_id)
  expect(of('close')).toBeUndefined()
})

describe('retry_callback', () => {
  const parked = play(TEN)

  test('tries again what was given up: the next attempt, the same id and bytes', () => {
    const said = decide(parked.state, accepted('retry_callback'))
    expect(types(said)).toEqual(['attempt.started'])
    const [first] = parked.events.flatMap((one) => (one.type === 'attempt.started' ? [one] : []))
    expect(startedIn(said)).toMatchObject({
      attempt: 11,
      callback_event_id: first?.data.callback_event_id,
      payload: first?.data.payload,
    })
    const delivered = decide(fold(parked.state, said), outcome(startedIn(said), { status: 200 }))
    expect(deliveries(delivered)).toMatchObject([{ callback_status: 'delivered', attempt: 11 }])
    expect(deliveries(delivered)[0]?.attempts).toHaveLength(11)
  })

  test('gives it up after ten attempts more, under one more ticket', () => {
    const said = decide(parked.state, accepted('retry_callback'))
    const { state, events } = answered(fold(parked.state, said), said, 500)
    expect(deliveries(events).at(-1)).toMatchObject({ callback_status: 'parked', attempt: 20 })
    const tickets = events.filter(({ type }) => type === 'exception.opened')
    expect(tickets).toHaveLength(1)
    expect(state.tickets).toBe(2)
    expect(JSON.stringify(tickets)).toContain('in 10 of 10 attempts')
  })

  test('of a callback that was delivered, or has its next attempt, does nothing', () => {
    expect(decide(play([{ status: 200 }]).state, accepted('retry_callback'))).toEqual([])
    expect(decide(play([{ status: 500 }]).state, accepted('retry_callback'))).toEqual([])
  })

  test('of a run that is not known yet waits, then is parked', () => {
    expect(codeOf(() => decide(initial, accepted('retry_callback')))).toBe('PT-5014')
    const late = { ...accepted('retry_callback'), waited: 60 } as CallbackInput
    expect(codeOf(() => decide(initial, late))).toBe('PT-5014')
  })

  test('what was published restores from where attempts count', () => {
    const published = parked.events.filter(({ type }) => type === 'callback.attempted')
    expect(fold(initial, published).deliveries[0]?.given_up_at).toBe(10)
  })
})

describe('request_evidence', () => {
  const evidence_request: EvidenceRequest = {
    missing_items: ['diagrams'],
    until: later(NOW, 86_400_000),
    ...{ result_status: 'partial', requested_tool: 'tokenops', requested_capability: 'review' },
    ...{ callback_policy: 'callback_required', callback_url: 'https://agent.example/hook' },
  }
  const { state } = play([{ status: 200 }])
  const input = accepted('request_evidence', { evidence_request })
  const said = decide(state, input)

  test('is a callback of its own that says what is missing and until when, with the act', () => {
    expect(types(said)).toEqual(['callback.prepared', 'attempt.started'])
    const { callback_event_id, callback_url, payload } = startedIn(said)
    expect(callback_event_id).toBe(deriveId('rec', work_order_id, 1))
    expect(callback_url).toBe('https://agent.example/hook')
    const body = JSON.parse(payload.body)
    expect(body).toMatchObject({
      payload_type: 'agent_callback_payload',
      event_type: 'task_result_partial',
      callback_event_id,
      evidence_request: {
        missing_items: ['diagrams'],
        until: evidence_request.until,
        requested_by: 'ada',
        reason: 'the receiver was mended',
        acts_url: 'https://console.example/v1/tasks/tt_example/acts',
      },
      links: [{ name: 'recovery_request' }],
    })
    const [link] = body.links
    expect(Link.fromEnvelope(link.envelope).isSignedBy(operatorKey.privateKey)).toBe(true)
  })

  test('delivered, it is said by no link of the trail; said again, it is nothing new', () => {
    const after = fold(state, said)
    const ended = decide(after, outcome(startedIn(said), { status: 200 }))
    expect(types(ended)).toEqual(['request.attempted'])
    const done = fold(after, ended)
    expect(done.deliveries.map(({ phase }) => phase.status)).toEqual(['delivered', 'delivered'])
    expect(decide(done, { ...input, id: 'again' })).toEqual([])
  })

  test('given up, it has a ticket, and can be tried again', () => {
    const { state: done, events } = answered(fold(state, said), said, 500)
    const [ticket] = events.flatMap((one) => (one.type === 'exception.opened' ? [one.data] : []))
    expect(ticket?.object).toMatchObject({ exception_type: 'callback_failure' })
    expect(ticket?.after).toMatchObject([{ name: 'recovery_request' }])
    const again = decide(done, accepted('retry_callback'))
    expect(startedIn(again)).toMatchObject({ attempt: 11 })
    expect(deliveries(events)).toEqual([])
  })

  test('of an agent that polls is kept ready', () => {
    const polls: EvidenceRequest = {
      ...evidence_request,
      callback_policy: 'status_polling_only',
    }
    const ready = decide(state, accepted('request_evidence', { evidence_request: polls }))
    expect(types(ready)).toEqual(['callback.prepared', 'request.attempted'])
    expect(due(fold(state, ready))).toBeUndefined()
  })
})
