import {
  ACT_NAMES,
  ACTS,
  type Actor,
  type ActState,
  actObjectType,
  actsAllowed,
  type ExceptionTicket,
  type ExecutionBound,
  type RecoveryAct,
  type RecoveryAction,
} from '@prooftrail/contracts'
import { codeOf, given } from '@prooftrail/testing/runtime'
import { exampleKey, verifiedBy } from '@prooftrail/testing/trail'
import { deriveId, Link, type Ref, type SigningKey, ticketId, trailKeyOf } from '@prooftrail/trail'
import { describe, expect, test } from 'vitest'
import {
  after,
  context as basicContext,
  contextTool,
  dueAt,
  held,
  heldInput,
  produced,
  toolKey,
  WORK_ORDER_ID,
} from '../dispatch.fixtures.ts'
import { dispatch } from '../service.ts'
import type { AgentState, DispatchEvent, DispatchInput, State } from '../state.ts'
import { actStateOf } from './judge-act.ts'

const agentKey = exampleKey('agent-example', ['agent'])
const operatorKey = exampleKey('dispatch', ['operator'])
const strangerKey = exampleKey('agent-other', ['agent'])

const agentOf = (key: SigningKey): AgentState => ({
  status: 'agent',
  agent_id: key.party,
  account: key.party,
  keys: [{ kid: key.key_id, x: key.privateKey.x }],
  registered_at: '2026-11-01T09:00:00.000Z',
  revision: 0,
})
const publicOf = ({ party, roles, privateKey: { kty, crv, x } }: SigningKey) =>
  trailKeyOf({ party, roles, publicKey: { kty, crv, x } }, {})

const context = basicContext({
  tools: new Map([['tokenops', contextTool]]),
  agents: new Map([agentKey, strangerKey].map((key) => [key.party, agentOf(key)])),
  operators: new Map([[operatorKey.key_id, publicOf(operatorKey)]]),
  verified: verifiedBy(toolKey, agentKey, operatorKey, strangerKey),
})

type Told = { state: State; events: DispatchEvent[] }

function of<T extends DispatchEvent['type']>(
  { events }: Pick<Told, 'events'>,
  type: T,
): Extract<DispatchEvent, { type: T }>['data'][] {
  return events.flatMap((event) => (event.type === type ? [event.data] : [])) as never
}

const when = (...inputs: DispatchInput[]): Told => given(dispatch, context).when(...inputs)
const boundOf = (told: Told): ExecutionBound => of(told, 'execution.bound').at(-1) as ExecutionBound

function gap(attempt: number): ExceptionTicket {
  return {
    object_type: 'agent_exception_ticket',
    exception_id: ticketId(WORK_ORDER_ID, 'evidence_gap', attempt),
    work_order_id: WORK_ORDER_ID,
    agent_task_run_id: deriveId('run', WORK_ORDER_ID, 0),
    requested_tool: 'tokenops',
    exception_type: 'evidence_gap',
    severity: 'medium',
    status: 'waiting_on_requesting_agent',
    missing_items: ['payment_request_artifact'],
    created_at: after(4),
    issued_at: after(4),
  }
}

/** What a tool concludes when the evidence is not enough, or is. */
function concluded(status: 'partial' | 'failed' | 'ready', attempt = 1) {
  const evidence = { partial: 'partial', failed: 'insufficient', ready: 'sufficient' } as const
  const score = { partial: 60, failed: 20, ready: 100 }[status]
  return {
    result_status: status,
    machine_result: {
      ...{ tool: 'tokenops', evidence_status: evidence[status], evidence_score: score },
      open_items:
        status === 'ready' ? [] : [{ code: 'missing', about: 'payment_request_artifact' }],
      next_actions: [{ action: 'add_evidence' }],
      result_package: {
        ...{ package_type: 'tokenops_result_package', operating_tool: 'tokenops' },
        ...{ evidence_status: evidence[status], evidence_score: score },
      },
    },
    exceptions: status === 'ready' ? [] : [gap(attempt)],
  }
}

let drawn = 0
interface Ask {
  by?: Actor
  key?: SigningKey
  act?: Partial<RecoveryAct>
  follows?: Ref[]
  at?: string
}

/** An act of the newest result of a run, or of its order. */
function asks(before: Told, action: RecoveryAction, ask: Ask = {}): DispatchInput {
  const { link: kind, by } = ACTS[action]
  const asker = ask.by ?? by[0] ?? 'agent'
  const key = ask.key ?? (asker === 'agent' ? agentKey : operatorKey)
  drawn += 1
  const at = ask.at ?? after(20)
  const ticket = of(before, 'exception.opened').at(-1)?.object.exception_id
  const object: RecoveryAct = {
    object_type: actObjectType(kind),
    work_order_id: WORK_ORDER_ID,
    recovery_action: action,
    requested_by: asker === 'agent' ? key.party : 'ada',
    idempotency_key: `act-${drawn}`,
    ...(asker === 'operator' ? { reason: 'the tool was mended' } : {}),
    ...(action === 'close_exception' && ticket ? { exception_id: ticket } : {}),
    ...(action === 'add_evidence' ? { new_evidence_items: [item] } : {}),
    issued_at: at,
    ...ask.act,
  }
  const newest = of(before, 'result.accepted').at(-1)?.result_contract.ref
  const follows = ask.follows ?? [newest ?? held().accepted.order.ref]
  const act = Link.sign(kind, object, follows, key)
  const data = { work_order_id: WORK_ORDER_ID, act }
  return { id: `input-${drawn}`, type: 'recovery.requested', at, data }
}

const item = {
  evidence_class: 'payment_request_artifact',
  evidence: { reference: 'PR-7', issued_at: '2026-11-01' },
}

/** Goes on from what was told. */
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

const settledAs = (status: 'partial' | 'failed' | 'ready'): Told => {
  const begun = when(heldInput())
  return then(begun, produced(boundOf(begun), { contract: concluded(status) }))
}

/** Credits are held for the replay that was accepted last. */
function replayHeld(told: Told, at = after(30)): DispatchInput {
  const replay = of(told, 'recovery.accepted').at(-1)?.replay
  if (!replay) throw new Error('no replay was accepted')
  return { id: `held-${replay.hold_number}`, type: 'credits.held', at, data: { ...held(), replay } }
}

const RUNS: Readonly<Record<Exclude<ActState, 'absent'>, () => Told>> = {
  operating: () => when(heldInput()),
  stalled: () => when(heldInput(), dueAt(after(3600)), dueAt(after(7200))),
  partial: () => settledAs('partial'),
  failed: () => settledAs('failed'),
  ready: () => settledAs('ready'),
  replay_waiting: () => {
    const partial = settledAs('partial')
    return then(partial, asks(partial, 'replay_from_checkpoint'))
  },
  closed: () => {
    const ready = settledAs('ready')
    return then(ready, asks(ready, 'close'))
  },
}

describe('every act in every state', () => {
  for (const [state, make] of Object.entries(RUNS)) {
    const before = make()
    const at = state === 'stalled' ? after(7199) : after(20)
    for (const action of ACT_NAMES) {
      const isAllowed = ACTS[action].states.some((one) => one === state)
      test(`${action} when the run is ${state}: ${isAllowed ? 'accepted' : 'refused'}`, () => {
        expect(actStateOf(before.state)).toBe(state)
        // a ready run of the example has no ticket of its own
        const opened = state === 'ready' || state === 'operating'
        const act = asks(before, action, { at })
        const told = { ...then({ state: before.state, events: [] }, act) }
        const [accepted, refused] = [of(told, 'recovery.accepted'), of(told, 'recovery.refused')]
        if (isAllowed && !(action === 'close_exception' && (opened || state === 'closed'))) {
          expect(refused).toEqual([])
          expect(accepted).toHaveLength(1)
          expect(accepted[0]?.runtime_state).toBe(ACTS[action].leads_to)
          return
        }
        expect(accepted).toEqual([])
        expect(refused).toHaveLength(1)
        expect(refused[0]?.code).toBe(isAllowed ? 'PT-2031' : 'PT-2024')
        expect(refused[0]?.state).toBe(state)
        expect(refused[0]?.allowed_states).toEqual(ACTS[action].states)
        // a stalled run still has its ticket; the acts that are allowed are the table's
        expect(refused[0]?.allowed_acts).toEqual(actsAllowed(actStateOf(before.state)))
        expect(told.events).toHaveLength(1)
      })
    }
  }
})

describe('who asks', () => {
  for (const action of ACT_NAMES) {
    const [state = 'partial'] = ACTS[action].states
    for (const by of ['agent', 'operator'] as const) {
      const may = ACTS[action].by.includes(by)
      // only an operator's key signs decisions
      if (!may && ACTS[action].link === 'operator_decision') continue
      test(`${action} by an ${by} is ${may ? 'for them' : 'refused with PT-2025'}`, () => {
        const before = RUNS[state as keyof typeof RUNS]()
        const told = then({ state: before.state, events: [] }, asks(before, action, { by }))
        const codes = of(told, 'recovery.refused').map(({ code }) => code)
        expect(codes.includes('PT-2025')).toBe(!may)
      })
    }
  }
  const partial = settledAs('partial')
  const refusal = (ask: Ask, action: RecoveryAction = 'add_evidence', before = partial) =>
    codeOf(() => then({ state: before.state, events: [] }, asks(before, action, ask)))

  test('another agent learns nothing of the run: PT-2021', () => {
    expect(refusal({ key: strangerKey })).toBe('PT-2021')
  })
  test('an act on a run that is not there is PT-2021', () => {
    expect(codeOf(() => when(asks(partial, 'add_evidence')))).toBe('PT-2021')
  })
  test('whoever signs under the name of the run’s agent is PT-2022', () => {
    expect(refusal({ key: strangerKey, act: { requested_by: 'agent-example' } })).toBe('PT-2022')
  })
  test('an agent signs no operator’s decision: PT-2022', () => {
    expect(refusal({ by: 'agent', act: { requested_by: 'agent-example' } }, 'close')).toBe(
      'PT-2022',
    )
  })
  test('an act dated ahead is PT-2022', () => {
    expect(refusal({ act: { issued_at: after(3600) } })).toBe('PT-2022')
  })
})

describe('bad input changes nothing and is answered', () => {
  const partial = settledAs('partial')
  const answer = (action: RecoveryAction, ask: Ask, before = partial) => {
    const told = then({ state: before.state, events: [] }, asks(before, action, ask))
    expect(told.events).toHaveLength(1)
    return of(told, 'recovery.refused')[0]?.code
  }
  test.each([
    ['evidence of a class that is not open', 'settlement_reference', { reference: 'x' }],
    ['evidence of no class', 'nothing', { reference: 'x' }],
    ['a class without items', 'payment_request_artifact', []],
    ['an item without a reference', 'payment_request_artifact', { digest: 'x' }],
  ])('%s is PT-2028', (_what, evidence_class, evidence) => {
    const act = { new_evidence_items: [{ evidence_class, evidence }] }
    expect(answer('add_evidence', { act })).toBe('PT-2028')
  })
  test('an act of no evidence, and evidence where none belongs, are PT-2023', () => {
    const act = { new_evidence_items: [item] }
    expect(answer('replay_from_checkpoint', { act })).toBe('PT-2023')
    const { state, events } = then(partial, asks(partial, 'add_evidence', { by: 'operator' }))
    expect(of({ events }, 'recovery.refused')).toEqual([])
    expect(actStateOf(state)).toBe('partial')
  })
  test('an operator who says no reason is PT-2023', () => {
    const { reason: _, ...act } = { reason: '', recovery_action: 'close' as const }
    const link = asks(partial, 'close', { act })
    if (link.type !== 'recovery.requested') throw new Error()
    const { reason: __, ...object } = link.data.act.object
    const signed = Link.sign('operator_decision', object, link.data.act.after, operatorKey)
    const told = then(
      { state: partial.state, events: [] },
      { ...link, data: { work_order_id: WORK_ORDER_ID, act: signed } },
    )
    expect(of(told, 'recovery.refused')[0]?.code).toBe('PT-2023')
  })
  test('an act about another run is PT-2023', () => {
    expect(answer('close', { act: { work_order_id: `wo_${'a'.repeat(32)}` } })).toBe('PT-2023')
  })
  test('an act that follows something else than the newest result is PT-2027', () => {
    expect(answer('close', { follows: [held().accepted.order.ref] })).toBe('PT-2027')
    expect(answer('close', { follows: [] })).toBe('PT-2027')
  })
  test('a key of another act is PT-2026; the very same act is answered once', () => {
    const first = asks(partial, 'add_evidence', { act: { idempotency_key: 'k' } })
    const told = then(partial, first, { ...first, id: 'again' })
    expect(of(told, 'recovery.accepted')).toHaveLength(1)
    const other = asks(partial, 'replay_from_checkpoint', { act: { idempotency_key: 'k' } })
    expect(of(then(told, other), 'recovery.refused').at(-1)?.code).toBe('PT-2026')
  })
  test('past the limit acts are PT-2029, and past the limit of answers they are parked', () => {
    let told = partial
    for (let i = 0; i < 64; i++) told = then(told, asks(partial, 'add_evidence'))
    expect(of(told, 'recovery.refused')).toEqual([])
    for (let i = 0; i < 256; i++) told = then(told, asks(partial, 'add_evidence'))
    expect(new Set(of(told, 'recovery.refused').map(({ code }) => code))).toEqual(
      new Set(['PT-2029']),
    )
    expect(codeOf(() => then(told, asks(partial, 'close')))).toBe('PT-2029')
  })
})

describe('a replay', () => {
  const partial = settledAs('partial')
  const added = then(partial, asks(partial, 'add_evidence'))
  const asked = then(added, asks(partial, 'replay_from_checkpoint', { at: after(25) }))
  const begun = then(asked, replayHeld(asked))
  const { command, result_number } = boundOf(begun)

  test('a partial result was paid for, so that its replay costs nothing more', () => {
    expect(of(asked, 'recovery.accepted').at(-1)?.replay).toMatchObject({
      result_number: 1,
      hold_number: 1,
      credits: 0,
    })
  })
  test('a failed result cost nothing, so that its replay costs the price', () => {
    const failed = settledAs('failed')
    const told = then(failed, asks(failed, 'replay_from_checkpoint'))
    expect(of(told, 'recovery.accepted').at(-1)?.replay?.credits).toBe(10)
  })
  test('the tool is commanded again with what was added, under the ids of the next result', () => {
    expect(result_number).toBe(1)
    expect(command.object).toMatchObject({
      attempt: 2,
      evidence: {
        settlement_reference: { reference: 'INV-1' },
        payment_request_artifact: [item.evidence],
      },
      ids: {
        result_contract: deriveId('rc', WORK_ORDER_ID, 1),
        usage_receipt: deriveId('usage', WORK_ORDER_ID, 1),
        callback_delivery: deriveId('cb', WORK_ORDER_ID, 1),
        execution_command: deriveId('cmd', WORK_ORDER_ID, 1),
      },
      hold: { credits_held: 10 },
    })
    const request = of(asked, 'recovery.accepted').at(-1)?.act.ref
    expect(command.after).toEqual([held().accepted.order.ref, request])
  })
  test('its result is judged as the first was, and tickets of the one before are resolved', () => {
    const told = then(
      begun,
      produced(boundOf(begun), { contract: concluded('ready'), at: after(40) }),
    )
    expect(of(told, 'result.accepted').at(-1)).toMatchObject({ result_number: 1, attempt: 2 })
    expect(of(told, 'exception.resolved')).toMatchObject([
      { exception_type: 'evidence_gap', status: 'resolved' },
    ])
    expect(actStateOf(told.state)).toBe('ready')
  })
  test('a result under the ids of the first is refused', () => {
    const first = boundOf(partial)
    expect(codeOf(() => then(begun, produced(first, { at: after(40) })))).toBe('PT-2003')
  })
  test('a rerun gives the tool what the newest result was made of', () => {
    const rerun = then(added, asks(partial, 'rerun_result_contract', { at: after(25) }))
    const commanded = then(rerun, replayHeld(rerun))
    expect(boundOf(commanded).command.object.evidence).toEqual({
      settlement_reference: { reference: 'INV-1' },
    })
  })
  test('one whose credits never come ends by itself, and the result before it stands', () => {
    const { ends_at } = of(asked, 'recovery.accepted').at(-1)?.replay ?? { ends_at: '' }
    expect(dispatch.due?.(asked.state)).toBe(ends_at)
    const over = then(asked, dueAt(ends_at))
    expect(actStateOf(over.state)).toBe('partial')
    expect(then(over, replayHeld(asked, ends_at)).state).toEqual(over.state)
    const again = then(over, asks(partial, 'replay_from_checkpoint', { at: ends_at }))
    expect(of(again, 'recovery.accepted').at(-1)?.replay).toMatchObject({
      result_number: 1,
      hold_number: 2,
    })
  })
  test('one whose attempts fall silent stalls under a ticket of its own, and ends', () => {
    const silent = then(begun, dueAt(after(3700)), dueAt(after(7400)))
    expect(actStateOf(silent.state)).toBe('stalled')
    const ticket = of(silent, 'exception.opened').at(-1)?.object
    expect(ticket?.exception_id).toBe(ticketId(WORK_ORDER_ID, 'tool_execution_pause', 63))
    const over = then(silent, dueAt(dispatch.due?.(silent.state) ?? ''))
    expect(actStateOf(over.state)).toBe('partial')
  })
  test('folded again from what was published, the run stands where it stood', () => {
    const published = begun.events.filter(
      ({ type }) => type.includes('.') && type !== 'agent.known',
    )
    const folded = published.reduce<State>(
      (state, event) => dispatch.evolve(state, event),
      dispatch.initial,
    )
    expect(folded).toEqual(begun.state)
  })
})

test('a closed run has no open ticket and no act', () => {
  const partial = settledAs('partial')
  const told = then(partial, asks(partial, 'close'))
  expect(of(told, 'exception.resolved')).toMatchObject([{ status: 'closed' }])
  expect(actStateOf(told.state)).toBe('closed')
  expect(actsAllowed('closed')).toEqual([])
})

test('the next attempt is commanded at once, and the one before counts no more', () => {
  const begun = when(heldInput())
  const told = then(begun, asks(begun, 'advance_queue'))
  expect(of(told, 'execution.bound').map(({ binding }) => binding.attempt)).toEqual([1, 2])
  expect(codeOf(() => then(told, produced(boundOf(begun), { at: after(30) })))).toBe('PT-2003')
})
