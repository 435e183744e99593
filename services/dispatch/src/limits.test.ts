import {
  ACT_NAMES,
  ACTS,
  actObjectType,
  type ExceptionTicket,
  type RecoveryAct,
  type RecoveryAction,
  STATE_LIMITS,
  TIME_LIMITS,
} from '@prooftrail/contracts'
import { given } from '@prooftrail/testing/runtime'
import { exampleKey, verifiedBy } from '@prooftrail/testing/trail'
import { deriveId, Link, publicJwk, ticketId, trailKeyOf } from '@prooftrail/trail'
import { timePlus } from '@prooftrail/trail/format'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { actStateOf } from './acts/judge-act.ts'
import { endOf } from './course.ts'
import {
  after,
  context as basicContext,
  contextTool,
  dispatchKey,
  dueAt,
  held,
  heldInput,
  produced,
  toolKey,
  WORK_ORDER_ID,
} from './dispatch.fixtures.ts'
import { dispatch } from './service.ts'
import type { DispatchEvent, DispatchInput, State } from './state.ts'

const agentKey = exampleKey('agent-example', ['agent'])
const operatorKey = exampleKey('dispatch', ['operator'])
const operator = trailKeyOf(
  { party: 'dispatch', roles: ['operator'], publicKey: publicJwk(operatorKey.privateKey) },
  {},
)
const limits = { ...TIME_LIMITS, partial: 100, failed: 200, review: 300 }
const context = basicContext({
  limits,
  tools: new Map([['tokenops', contextTool]]),
  agents: new Map([
    [
      'agent-example',
      {
        ...{ status: 'agent', agent_id: 'agent-example', account: 'agent-example', revision: 0 },
        keys: [{ kid: agentKey.key_id, x: agentKey.privateKey.x }],
        registered_at: after(-3600),
      },
    ],
  ]),
  operators: new Map([[operatorKey.key_id, operator]]),
  verified: verifiedBy(toolKey, agentKey, operatorKey),
})

interface Told {
  state: State
  events: DispatchEvent[]
}

const start = (mode = 'controlled_pilot'): Told => {
  const input = heldInput()
  const { order } = (input as Extract<DispatchInput, { type: 'credits.held' }>).data.accepted
  const object = { ...order.object, execution_mode: mode }
  const signed = Link.sign('work_order', object, [], agentKey)
  const data = { ...held(), accepted: { ...held().accepted, order: signed } }
  return given(dispatch, context).when({ ...input, data } as DispatchInput)
}

function then(before: Told, ...inputs: DispatchInput[]): Told {
  let { state } = before
  const events = [...before.events]
  for (const input of inputs) {
    const said = dispatch.decide(state, input, context)
    state = said.reduce((folded, event) => dispatch.evolve(folded, event), state)
    events.push(...said)
  }
  return { state, events }
}

function of<T extends DispatchEvent['type']>({ events }: Pick<Told, 'events'>, type: T) {
  return events.flatMap((event) => (event.type === type ? [event] : [])) as Extract<
    DispatchEvent,
    { type: T }
  >[]
}

function result(told: Told, status: 'partial' | 'failed' | 'ready', at: string): DispatchInput {
  const bound = of(told, 'execution.bound').at(-1)?.data
  if (!bound) throw new Error('nothing is bound')
  const words = { partial: 'partial', failed: 'insufficient', ready: 'sufficient' } as const
  const evidence = words[status]
  const score = { partial: 60, failed: 20, ready: 100 }[status]
  const gap: ExceptionTicket = {
    object_type: 'agent_exception_ticket',
    exception_id: ticketId(WORK_ORDER_ID, 'evidence_gap', bound.command.object.attempt),
    work_order_id: WORK_ORDER_ID,
    agent_task_run_id: deriveId('run', WORK_ORDER_ID, 0),
    ...{ requested_tool: 'tokenops', exception_type: 'evidence_gap', severity: 'medium' },
    ...{ status: 'waiting_on_requesting_agent', missing_items: ['payment_request_artifact'] },
    ...{ created_at: at, issued_at: at },
  }
  return produced(bound, {
    at,
    contract: {
      result_status: status,
      machine_result: {
        ...{ tool: 'tokenops', evidence_status: evidence, evidence_score: score },
        open_items:
          status === 'ready' ? [] : [{ code: 'missing', about: 'payment_request_artifact' }],
        next_actions: [{ action: 'add_evidence' }],
        result_package: {
          ...{ package_type: 'tokenops_result_package', operating_tool: 'tokenops' },
          ...{ evidence_status: evidence, evidence_score: score },
        },
      },
      exceptions: status === 'ready' ? [] : [gap],
      issued_at: at,
    },
  })
}

let drawn = 0

function asks(told: Told, action: RecoveryAction, at: string, more: Partial<RecoveryAct> = {}) {
  const { link: kind, by } = ACTS[action]
  const isAgents = by[0] === 'agent'
  drawn += 1
  const ticket = of(told, 'exception.opened').at(-1)?.data.object.exception_id
  const item = { evidence_class: 'payment_request_artifact', evidence: { reference: 'PR-7' } }
  const object: RecoveryAct = {
    ...{ object_type: actObjectType(kind), work_order_id: WORK_ORDER_ID, recovery_action: action },
    ...{ requested_by: isAgents ? 'agent-example' : 'ada', idempotency_key: `act-${drawn}` },
    ...(isAgents ? {} : { reason: 'looked at it' }),
    ...(action === 'close_exception' && ticket ? { exception_id: ticket } : {}),
    ...(action === 'add_evidence' ? { new_evidence_items: [item] } : {}),
    ...{ issued_at: at, ...more },
  }
  const newest = of(told, 'result.accepted').at(-1)?.data.result_contract.ref
  const order = of(told, 'execution.bound')[0]?.data.order.ref
  const follows = newest ?? order
  if (!follows) throw new Error('nothing to follow')
  const act = Link.sign(kind, object, [follows], isAgents ? agentKey : operatorKey)
  const data = { work_order_id: WORK_ORDER_ID, act }
  return { id: `input-${drawn}`, type: 'recovery.requested', at, data } as DispatchInput
}

const dueOf = ({ state }: Told): string => dispatch.due?.(state) ?? ''

function settledAs(status: 'partial' | 'failed' | 'ready', mode?: string): Told {
  const begun = start(mode)
  return then(begun, result(begun, status, after(5)))
}

const ENDS = { partial: 100, failed: 200, ready: 300 } as const

describe('a run with a result that nobody handles', () => {
  for (const status of ['partial', 'failed', 'ready'] as const) {
    test(`given a ${status} run, when its limit is over, then it is closed as expired, once`, () => {
      const settled = settledAs(status)
      const said = of(settled, 'result.accepted')[0]?.data
      const until = timePlus(after(5), ENDS[status] * 1000)
      expect(said?.open).toEqual({ since: after(5), until })
      const due = dueOf(settled)
      // what was sent in time has ten seconds to arrive
      expect(due).toBe(timePlus(until, 10_000))
      expect(then(settled, dueAt(until)).events).toEqual(settled.events)
      const over = then(settled, dueAt(due))
      const [expired] = of(over, 'run.expired')
      expect(expired?.data).toMatchObject({ runtime_state: 'closed', sequence: 1, expired_at: due })
      const { object, after: follows, key_id } = expired?.data.expiry ?? {}
      expect(key_id).toBe(dispatchKey.key_id)
      expect(follows).toEqual([said?.result_contract.ref])
      const state = status === 'ready' ? 'review' : status
      expect(object).toMatchObject({ ends: 'run', state, open_since: after(5), issued_at: due })
      expect(object?.limit_seconds).toBe(ENDS[status])
      expect(object?.rule).toBe(STATE_LIMITS[state].ends)
      expect(expired?.data.notice.result_status).toBe(status)
      expect(of(over, 'exception.resolved').map(({ data }) => data.status)).toEqual(
        status === 'ready' ? [] : ['closed'],
      )
      expect(actStateOf(over.state)).toBe('closed')
      expect(dueOf(over)).toBe('')
      expect(then(over, dueAt(due), dueAt(timePlus(due, 1000))).events).toEqual(over.events)
      const late = then(over, asks(over, 'close', timePlus(due, 1)))
      expect(of(late, 'recovery.refused')[0]?.data).toMatchObject({
        code: 'PT-2024',
        state: 'closed',
      })
    })
  }

  test('a ready standard run is closed already: nothing is counted', () => {
    const settled = settledAs('ready', 'standard')
    expect(of(settled, 'result.accepted')[0]?.data.open).toBeUndefined()
    expect(dueOf(settled)).toBe('')
  })

  test('one whose callback was given up is open again, and ends', () => {
    const settled = settledAs('ready', 'standard')
    const exception_id = ticketId(WORK_ORDER_ID, 'callback_failure', 0)
    const object = { exception_id, exception_type: 'callback_failure' }
    const opened = { id: 'o', type: 'exception.opened', at: after(50), data: { object } }
    // the rest of a ticket is no concern of this
    const open = then(settled, opened as unknown as DispatchInput)
    const over = then(open, dueAt(dueOf(open)))
    expect(of(over, 'run.expired')[0]?.data.expiry.object).toMatchObject({
      ...{ state: 'undelivered', reason: 'callback_delivery_failed', open_since: after(50) },
    })
    expect(of(over, 'exception.resolved').map(({ data }) => data.exception_id)).toEqual([
      exception_id,
    ])
  })

  test('an act that came a moment before counts, and begins the time anew', () => {
    const partial = settledAs('partial')
    const due = dueOf(partial)
    const asked = then(partial, asks(partial, 'add_evidence', timePlus(due, -1)), dueAt(due))
    expect(of(asked, 'run.expired')).toEqual([])
    expect(of(asked, 'recovery.accepted')[0]?.data.open).toEqual({
      since: timePlus(due, -1),
      until: timePlus(due, 100_000 - 1),
    })
    const over = then(asked, dueAt(dueOf(asked)))
    expect(of(over, 'run.expired')[0]?.data).toMatchObject({ sequence: 2 })
  })

  test('an agent that was asked for evidence and never answers has the time that it was told', () => {
    const partial = settledAs('partial')
    const until = after(5000)
    const asked = then(partial, asks(partial, 'request_evidence', after(20), { until }))
    expect(dueOf(asked)).toBe(timePlus(until, 10_000))
    const over = then(asked, dueAt(dueOf(asked)))
    expect(of(over, 'run.expired')[0]?.data.expiry.object.reason).toBe('missing_evidence')
  })

  test('a limit that a restart changes counts for what begins then', () => {
    const partial = settledAs('partial')
    const other = { ...context, limits: { ...limits, partial: 1 } }
    const due = dueOf(partial)
    expect(dispatch.decide(partial.state, dueAt(timePlus(due, -1000)), other)).toEqual([])
    expect(dispatch.decide(partial.state, dueAt(due), other).map(({ type }) => type)).toEqual([
      'run.expired',
      'exception.resolved',
    ])
  })

  test('what was published is enough to fold the time again', () => {
    const partial = settledAs('partial')
    const folded = partial.events
      .filter(({ type }) => type !== 'attempt.heard')
      .reduce<State>((state, event) => dispatch.evolve(state, event), dispatch.initial)
    expect(dispatch.due?.(folded)).toBe(dueOf(partial))
  })
})

describe('a replay that brings nothing', () => {
  const partial = settledAs('partial')
  const asked = then(partial, asks(partial, 'replay_from_checkpoint', after(20)))

  test('is given up with a link of its own, and the run is open anew', () => {
    const over = then(asked, dueAt(dueOf(asked)))
    const [request] = of(asked, 'recovery.accepted')
    const [expired] = of(over, 'run.expired')
    expect(expired?.data).toMatchObject({
      ...{ runtime_state: 'ready_for_operator_review', sequence: 2 },
      open: { since: dueOf(asked) },
    })
    expect(expired?.data.expiry.object).toMatchObject({ ends: 'replay', open_since: after(20) })
    expect(expired?.data.expiry.after).toEqual([
      of(over, 'result.accepted')[0]?.data.result_contract.ref,
      request?.data.act.ref,
    ])
    expect(actStateOf(over.state)).toBe('partial')
    const end = then(over, dueAt(dueOf(over)))
    expect(of(end, 'run.expired').map(({ data }) => data.expiry.object.ends)).toEqual([
      'replay',
      'run',
    ])
  })

  test('has twice the tool’s own time, whatever the limit says', () => {
    const short = { ...context, limits: { ...limits, replay: 1 } }
    const act = asks(partial, 'replay_from_checkpoint', after(20))
    const [said] = dispatch.decide(partial.state, act, short)
    expect(said?.type === 'recovery.accepted' && said.data.replay?.ends_at).toBe(after(20 + 120))
  })
})

describe('an order that no result comes of', () => {
  const stalled = then(start(), dueAt(after(3600)), dueAt(after(7200)))

  test('ends an hour after its time, as the whole of its trail', () => {
    if (stalled.state.status !== 'stalled') throw new Error('it is not stalled')
    const end = new Date(endOf(stalled.state)).toISOString()
    expect(dueOf(stalled)).toBe(timePlus(end, 10_000))
    const over = then(stalled, dueAt(dueOf(stalled)))
    const { order } = stalled.state.accepted
    const [expired] = of(over, 'run.expired')
    expect(expired?.data).toMatchObject({
      runtime_state: 'expired',
      order: { digest: order.digest },
    })
    expect(expired?.data.expiry.object).toMatchObject({
      ...{ ends: 'run', state: 'stalled', reason: 'runner_error' },
      work_order_digest: order.digest,
    })
    expect(expired?.data.expiry.after).toEqual([order.ref])
    expect(of(over, 'exception.resolved').map(({ data }) => data.status)).toEqual(['closed'])
    expect(over.state.status).toBe('ended')
    expect(() => then(over, result(over, 'ready', timePlus(end, 20_000)))).toThrow('PT-2004')
    const act = asks(over, 'advance_queue', timePlus(end, 20_000))
    expect(of(then(over, act), 'recovery.refused')[0]?.data.state).toBe('closed')
  })

  test('names the acts that were accepted before it, which are no links of its trail', () => {
    const first = asks(stalled, 'advance_queue', after(7190))
    const queued = then(stalled, first)
    const refused = asks(queued, 'close', after(7191))
    const again = then(queued, refused, dueAt(dueOf(queued)))
    const over = then(again, dueAt(dueOf(again)))
    const accepted = of(over, 'recovery.accepted').map(({ data }) => data.act.digest)
    expect(accepted).toHaveLength(1)
    expect(of(over, 'recovery.refused')).toHaveLength(1)
    expect(of(over, 'run.expired')[0]?.data.expiry.object.accepted_acts).toEqual(accepted)
  })

  test('released, its end names the acts but the one that its trail holds', () => {
    const queued = then(stalled, asks(stalled, 'advance_queue', after(7190)))
    const again = then(queued, dueAt(dueOf(queued)))
    const over = then(again, asks(again, 'release_credit_allocation', dueOf(again)))
    const [advance, release] = of(over, 'recovery.accepted').map(({ data }) => data.act)
    const [end] = of(over, 'run.expired').map(({ data }) => data.expiry)
    expect(end?.after.map(({ digest }) => digest)).toContain(release?.digest)
    expect(end?.object.accepted_acts).toEqual([advance?.digest])
  })

  test('a result that came in time counts before the end', () => {
    const ready = then(stalled, result(stalled, 'ready', after(7200)))
    expect(then(ready, dueAt(dueOf(stalled))).events).toEqual(ready.events)
  })
})

type Step =
  | { do: 'result'; status: 'partial' | 'failed' | 'ready' }
  | { do: 'act'; action: RecoveryAction }
  | { do: 'due' | 'credits' | 'wait' }

const steps = fc.array(
  fc.oneof(
    fc.record({
      do: fc.constant('result' as const),
      status: fc.constantFrom('partial' as const, 'failed' as const, 'ready' as const),
    }),
    fc.record({ do: fc.constant('act' as const), action: fc.constantFrom(...ACT_NAMES) }),
    fc.record({ do: fc.constantFrom('due' as const, 'credits' as const, 'wait' as const) }),
  ),
  { maxLength: 25 },
)

/** What a step sends, at a time; undefined where there is nothing to send. */
function inputOf(told: Told, step: Step, at: string): DispatchInput | undefined {
  switch (step.do) {
    case 'result':
      return result(told, step.status, at)
    case 'act':
      return asks(told, step.action, at)
    case 'due':
      return dueOf(told) === '' ? undefined : dueAt(dueOf(told))
    case 'credits': {
      const replay = of(told, 'recovery.accepted').at(-1)?.data.replay
      const data = replay && { ...held(), replay }
      return data && { id: `held-${at}`, type: 'credits.held', at, data }
    }
    case 'wait':
      return undefined
  }
}

test('whatever happens: every run ends, once, with no ticket open and nothing after the end', () => {
  fc.assert(
    fc.property(fc.constantFrom('controlled_pilot', 'standard'), steps, (mode, taken) => {
      let told = start(mode)
      let clock = after(1)
      const take = (input: DispatchInput | undefined) => {
        if (input === undefined) return
        try {
          told = then(told, input)
        } catch (error) {
          // what the domain refuses changes nothing
          if (!/^PT-/.test(String(Object(error).message))) throw error
        }
      }
      for (const step of taken) {
        clock = timePlus(clock, step.do === 'wait' ? 3_600_000 : 7_000)
        if (step.do === 'due' && dueOf(told) > clock) clock = dueOf(told)
        take(inputOf(told, step, clock))
      }
      // then nobody does anything: only time passes
      for (let i = 0; dueOf(told) !== '' && i < 60; i++) take(dueAt(dueOf(told)))
      const stands = actStateOf(told.state)
      const ends = of(told, 'run.expired').filter(({ data }) => data.expiry.object.ends === 'run')
      const closes = of(told, 'recovery.accepted').filter(
        ({ data }) => data.act.object.recovery_action === 'close',
      )
      expect(stands).toBe('closed')
      expect(ends.length + closes.length).toBeLessThanOrEqual(1)
      const isByItself = mode === 'standard' && told.state.status === 'settled'
      if (!isByItself || told.state.status !== 'settled' || told.state.result_status !== 'ready') {
        expect(ends.length + closes.length).toBe(1)
      }
      const open = new Set(of(told, 'exception.opened').map(({ data }) => data.object.exception_id))
      for (const { data } of of(told, 'exception.resolved')) open.delete(data.exception_id)
      expect([...open]).toEqual([])
    }),
    { numRuns: 150 },
  )
})
