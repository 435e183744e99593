import {
  ACT_NAMES,
  ACTS,
  actsAllowed,
  type ExceptionTicket,
  type ExceptionType,
  RELEASE_RULE,
  type RecoveryAction,
} from '@prooftrail/contracts'
import { codeOf } from '@prooftrail/testing/runtime'
import { exampleKey } from '@prooftrail/testing/trail'
import { deriveId, Link, ticketId } from '@prooftrail/trail'
import { describe, expect, test } from 'vitest'
import { courseOf, isOrder } from '../course.ts'
import { after, dueAt, held, heldInput, produced, WORK_ORDER_ID } from '../dispatch.fixtures.ts'
import { dispatch } from '../service.ts'
import type { Course, DispatchInput, State } from '../state.ts'
import {
  type Ask,
  adaKey,
  agentKey,
  asks,
  boundOf,
  concluded,
  gap,
  goOn,
  item,
  lacks,
  leadsTo,
  of,
  operatorKey,
  RUNS,
  replayHeld,
  settledAs,
  strangerKey,
  type Told,
  waitEnded,
  waits,
  when,
} from './acts.fixtures.ts'
import { actStateOf, runOf } from './judge-act.ts'
import { isOpen } from './own-fault.ts'

describe('every act in every state', () => {
  for (const [state, make] of Object.entries(RUNS)) {
    const before = make()
    const at = state === 'stalled' ? after(7199) : after(20)
    for (const action of ACT_NAMES) {
      const isAllowed = ACTS[action].states.some((one) => one === state)
      test(`${action} when the run is ${state}: ${isAllowed ? 'accepted' : 'refused'}`, () => {
        expect(actStateOf(before.state)).toBe(state)
        const act = asks(before, action, { at })
        const told = { ...goOn({ state: before.state, events: [] }, act) }
        const [accepted, refused] = [of(told, 'recovery.accepted'), of(told, 'recovery.refused')]
        const lacking = isAllowed ? lacks(action, state) : undefined
        if (isAllowed && lacking === undefined) {
          expect(refused).toEqual([])
          expect(accepted).toHaveLength(1)
          expect(accepted[0]?.runtime_state).toBe(leadsTo(action, state))
          return
        }
        expect(accepted).toEqual([])
        expect(refused).toHaveLength(1)
        expect(refused[0]?.code).toBe(lacking ?? 'PT-2024')
        expect(refused[0]?.state).toBe(state)
        expect(refused[0]?.allowed_states).toEqual(ACTS[action].states)
        // a stalled run still has its ticket; the acts that are allowed are the table's
        expect(refused[0]?.allowed_acts).toEqual(actsAllowed(actStateOf(before.state)))
        expect(told.events).toHaveLength(1)
      })
    }
  }
})

describe('what a run takes now', () => {
  for (const [state, make] of Object.entries(RUNS)) {
    const before = make()
    const at = state === 'stalled' ? after(7199) : after(20)
    test(`of one that is ${state} is what it accepts, and nothing else`, () => {
      if (!isOrder(before.state)) throw new Error()
      const one = { state: before.state, course: courseOf(before.state) as Course, at }
      const run = { ...one, run: runOf(before.state), manifest: undefined }
      const open = ACT_NAMES.filter((name) => isOpen(name, actStateOf(before.state), run))
      const accepted = ACT_NAMES.filter((name) => {
        const told = goOn({ state: before.state, events: [] }, asks(before, name, { at }))
        return of(told, 'recovery.accepted').length > 0
      })
      expect(open).toEqual(accepted)
    })
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
        const told = goOn({ state: before.state, events: [] }, asks(before, action, { by }))
        const codes = of(told, 'recovery.refused').map(({ code }) => code)
        expect(codes.includes('PT-2025')).toBe(!may)
      })
    }
  }
  const partial = settledAs('partial')
  const refusal = (ask: Ask, action: RecoveryAction = 'add_evidence', before = partial) =>
    codeOf(() => goOn({ state: before.state, events: [] }, asks(before, action, ask)))

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
    const told = goOn({ state: before.state, events: [] }, asks(before, action, ask))
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
    const { state, events } = goOn(partial, asks(partial, 'add_evidence', { by: 'operator' }))
    expect(of({ events }, 'recovery.refused')).toEqual([])
    expect(actStateOf(state)).toBe('partial')
  })
  test('an operator who says no reason is PT-2023', () => {
    const { reason: _, ...act } = { reason: '', recovery_action: 'close' as const }
    const link = asks(partial, 'close', { act })
    if (link.type !== 'recovery.requested') throw new Error()
    const { reason: __, ...object } = link.data.act.object
    const signed = Link.sign('operator_decision', object, link.data.act.after, operatorKey)
    const told = goOn(
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
    const told = goOn(partial, first, { ...first, id: 'again' })
    expect(of(told, 'recovery.accepted')).toHaveLength(1)
    const other = asks(partial, 'replay_from_checkpoint', { act: { idempotency_key: 'k' } })
    expect(of(goOn(told, other), 'recovery.refused').at(-1)?.code).toBe('PT-2026')
  })
  test('past the limit acts are PT-2029, and past the limit of answers they are parked', () => {
    let told = partial
    for (let i = 0; i < 64; i++) told = goOn(told, asks(partial, 'add_evidence'))
    expect(of(told, 'recovery.refused')).toEqual([])
    for (let i = 0; i < 256; i++) told = goOn(told, asks(partial, 'add_evidence'))
    expect(new Set(of(told, 'recovery.refused').map(({ code }) => code))).toEqual(
      new Set(['PT-2029']),
    )
    expect(codeOf(() => goOn(told, asks(partial, 'close')))).toBe('PT-2029')
  })
  test('what is no page of words is PT-2023, and large refused acts are answered few times', () => {
    const wordy = (bytes: number) =>
      asks(partial, 'add_evidence', { act: { reason: 'x'.repeat(bytes) } })
    expect(of(goOn(partial, wordy(4_000)), 'recovery.refused')).toEqual([])
    let told = partial
    // two kilobytes of an answer count as one of 256
    for (let i = 0; i < 5; i++) told = goOn(told, wordy(100_000))
    expect(of(told, 'recovery.refused').map(({ code }) => code)).toEqual(
      Array.from({ length: 5 }, () => 'PT-2023'),
    )
    expect(codeOf(() => goOn(told, wordy(100_000)))).toBe('PT-2029')
    expect(of(goOn(told, wordy(9_000)), 'recovery.refused')).toHaveLength(6)
    expect(codeOf(() => goOn(partial, wordy(600_000)))).toBe('PT-2029')
  })
})

describe('a replay', () => {
  const partial = settledAs('partial')
  const added = goOn(partial, asks(partial, 'add_evidence'))
  const asked = goOn(added, asks(partial, 'replay_from_checkpoint', { at: after(25) }))
  const begun = goOn(asked, replayHeld(asked))
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
    const told = goOn(failed, asks(failed, 'replay_from_checkpoint'))
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
    const told = goOn(
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
    expect(codeOf(() => goOn(begun, produced(first, { at: after(40) })))).toBe('PT-2003')
  })
  test('a rerun gives the tool what the newest result was made of', () => {
    const rerun = goOn(added, asks(partial, 'rerun_result_contract', { at: after(25) }))
    const commanded = goOn(rerun, replayHeld(rerun))
    expect(boundOf(commanded).command.object.evidence).toEqual({
      settlement_reference: { reference: 'INV-1' },
    })
  })
  test('one whose credits never come ends by itself, and the result before it stands', () => {
    const { ends_at } = of(asked, 'recovery.accepted').at(-1)?.replay ?? { ends_at: '' }
    expect(dispatch.due?.(asked.state)).toBe(ends_at)
    const over = goOn(asked, dueAt(ends_at))
    expect(actStateOf(over.state)).toBe('partial')
    expect(goOn(over, replayHeld(asked, ends_at)).state).toEqual(over.state)
    const again = goOn(over, asks(partial, 'replay_from_checkpoint', { at: ends_at }))
    expect(of(again, 'recovery.accepted').at(-1)?.replay).toMatchObject({
      result_number: 1,
      hold_number: 2,
    })
  })
  test('one whose attempts fall silent stalls under a ticket of its own, and ends', () => {
    const silent = goOn(begun, dueAt(after(3700)), dueAt(after(7400)))
    expect(actStateOf(silent.state)).toBe('stalled')
    const ticket = of(silent, 'exception.opened').at(-1)?.object
    expect(ticket?.exception_id).toBe(ticketId(WORK_ORDER_ID, 'tool_execution_pause', 63))
    const over = goOn(silent, dueAt(dispatch.due?.(silent.state) ?? ''))
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

/** Callback gave up the callback of the newest result. */
function givenUp(n = 0, exception_type: ExceptionType = 'callback_failure'): DispatchInput {
  const exception_id = ticketId(WORK_ORDER_ID, exception_type, n)
  const object: ExceptionTicket = { ...gap(0), exception_id, exception_type, status: 'open' }
  const data = Link.sign('exception_ticket', object, [], exampleKey('callback', ['callback']))
  return { id: `given-up-${n}`, type: 'exception.opened', at: after(15), data }
}

describe('a callback that was given up', () => {
  test.each(['partial', 'failed', 'ready'] as const)(
    'of a %s result is tried again once, and its ticket resolved',
    (status) => {
      const before = goOn(settledAs(status), givenUp())
      for (const by of ['agent', 'operator'] as const) {
        const told = goOn(before, asks(before, 'retry_callback', { by }))
        expect(of(told, 'recovery.refused')).toEqual([])
        expect(of(told, 'exception.resolved')).toMatchObject([
          { exception_id: ticketId(WORK_ORDER_ID, 'callback_failure', 0), status: 'resolved' },
        ])
        const twice = goOn(told, asks(before, 'retry_callback', { by }))
        expect(of(twice, 'recovery.refused').map(({ code }) => code)).toEqual(['PT-2032'])
        const again = goOn(told, givenUp(1), asks(before, 'retry_callback', { by }))
        expect(of(again, 'recovery.accepted')).toHaveLength(2)
      }
    },
  )
  test('can be tried again after its ticket was closed', () => {
    const before = goOn(settledAs('ready'), givenUp())
    const ticket = ticketId(WORK_ORDER_ID, 'callback_failure', 0)
    const closed = goOn(before, asks(before, 'close_exception', { act: { exception_id: ticket } }))
    expect(of(closed, 'exception.resolved')).toMatchObject([{ status: 'closed' }])
    const told = goOn(closed, asks(before, 'retry_callback'))
    expect(of(told, 'recovery.refused')).toEqual([])
  })
  test('keeps a standard run open, which closes by itself once it is tried again', () => {
    const order = Link.sign(
      'work_order',
      { ...held().accepted.order.object, execution_mode: 'standard' },
      [],
      agentKey,
    )
    const data = { ...held(), accepted: { ...held().accepted, order } }
    const begun = when({ ...heldInput(), data } as DispatchInput)
    const ready = goOn(begun, produced(boundOf(begun), { contract: concluded('ready') }))
    expect(actStateOf(ready.state)).toBe('closed')
    const open = goOn(ready, givenUp())
    expect(actStateOf(open.state)).toBe('ready')
    const told = goOn(open, asks(open, 'retry_callback'))
    expect(actStateOf(told.state)).toBe('closed')
  })
  test('is no matter of one more result', () => {
    const partial = goOn(settledAs('partial'), givenUp())
    const asked = goOn(partial, asks(partial, 'replay_from_checkpoint', { at: after(25) }))
    const begun = goOn(asked, replayHeld(asked))
    const ready = produced(boundOf(begun), { contract: concluded('ready'), at: after(40) })
    const told = goOn(begun, ready)
    const retry = asks(told, 'retry_callback', { at: after(50) })
    expect(of(goOn(told, retry), 'recovery.refused').map(({ code }) => code)).toEqual(['PT-2032'])
  })
})

describe('credits that are released', () => {
  const release = (before: Told, at = after(20)) =>
    goOn(before, asks(before, 'release_credit_allocation', { at }))
  const answer = (told: Told) => of(told, 'recovery.accepted').at(-1)

  test('end an order that waits for its first ones; those that come all the same command nothing', () => {
    const told = release(when(waits()))
    expect(answer(told)).toMatchObject({ released_hold: 0, runtime_state: 'closed' })
    expect(actStateOf(told.state)).toBe('closed')
    // receipt ends its own ticket
    expect(of(told, 'exception.resolved')).toEqual([])
    expect(of(goOn(told, heldInput()), 'execution.bound')).toEqual([])
  })

  test('of an order that waits, but whose credits came all the same, end it once, and say so', () => {
    const told = release(when(waits()))
    // of one whose wait ends it is receipt that says it
    expect(of(told, 'run.expired')).toEqual([])
    const late = goOn(told, heldInput(), heldInput())
    const [end, ...others] = of(late, 'run.expired')
    expect(others).toEqual([])
    expect(end).toMatchObject({
      ...{ runtime_state: 'released', sequence: 2, order: held().accepted.order },
      release: answer(told)?.act,
      expiry: { object: { ends: 'run', state: 'credit_pending', rule: RELEASE_RULE } },
    })
  })

  test('end a run without a result as a trail: the order, the act, and the link that it ended', () => {
    const stalled = RUNS.stalled()
    const told = release(stalled, after(7199))
    const { order } = boundOf(stalled)
    const act = answer(told)?.act
    expect(of(told, 'run.expired')).toMatchObject([
      {
        ...{ runtime_state: 'released', sequence: 2, order, release: act },
        expiry: {
          object: { ends: 'run', state: 'stalled', work_order_digest: order.digest },
          after: [order.ref, act?.ref],
        },
      },
    ])
    // its time is over for good
    expect(goOn(told, dueAt(after(40 * 86_400))).events).toHaveLength(told.events.length)
    // a replay that is released leaves the result before it, and ends no run
    expect(of(release(RUNS.replay_waiting()), 'run.expired')).toEqual([])
  })

  test('end a run whose attempts are used up, before and past its end; no result counts then', () => {
    const stalled = RUNS.stalled()
    for (const at of [after(7199), after(40 * 86_400)]) {
      const told = release(stalled, at)
      expect(answer(told)).toMatchObject({ released_hold: 0, runtime_state: 'closed' })
      expect(of(told, 'exception.resolved')).toMatchObject([
        { exception_type: 'tool_execution_pause', status: 'closed' },
      ])
      expect(actStateOf(told.state)).toBe('closed')
      const late = () => goOn(told, produced(boundOf(stalled), { at: after(30) }))
      expect(codeOf(late)).toBe('PT-2004')
    }
  })

  test('end a replay that waits, and the result before it stands', () => {
    const waiting = goOn(RUNS.replay_waiting(), waits(1))
    const told = release(waiting)
    expect(answer(told)).toMatchObject({
      released_hold: 1,
      runtime_state: 'ready_for_operator_review',
    })
    expect(actStateOf(told.state)).toBe('partial')
    const begun = goOn(told, replayHeld(waiting))
    expect(of(begun, 'execution.bound')).toHaveLength(1)
    const again = goOn(told, asks(told, 'replay_from_checkpoint'))
    expect(answer(again)?.replay).toMatchObject({ result_number: 1, hold_number: 2 })
  })

  test('end a replay that fell silent, with its ticket', () => {
    const waiting = RUNS.replay_waiting()
    const silent = goOn(waiting, replayHeld(waiting), dueAt(after(3700)), dueAt(after(7400)))
    expect(actStateOf(silent.state)).toBe('stalled')
    const told = release(silent, after(7500))
    expect(of(told, 'exception.resolved')).toMatchObject([
      { exception_type: 'tool_execution_pause', status: 'closed' },
    ])
    expect(actStateOf(told.state)).toBe('partial')
  })

  test('folded again from what was published, the run stands where it stood', () => {
    for (const [before, at] of [
      [RUNS.stalled(), after(7199)],
      [RUNS.replay_waiting(), after(20)],
    ] as const) {
      const told = release(before, at)
      const folded = told.events.reduce<State>(
        (state, event) => dispatch.evolve(state, event),
        dispatch.initial,
      )
      expect(folded).toEqual(told.state)
    }
  })
})

describe('an order that waits for its first credits', () => {
  test('is commanded when they are held, and keeps what was asked of it', () => {
    const refused = goOn(when(waits()), asks(when(waits()), 'close'))
    expect(of(refused, 'recovery.refused').map(({ code }) => code)).toEqual(['PT-2024'])
    const told = goOn(refused, waitEnded('resolved'), heldInput())
    expect(actStateOf(told.state)).toBe('operating')
    expect(boundOf(told).binding.attempt).toBe(1)
    expect(told.state).toMatchObject({ course: { refused: 1, execution_mode: 'controlled_pilot' } })
    const plain = goOn(when(waits()), waitEnded('resolved'), heldInput())
    expect(plain.state).toEqual(when(heldInput()).state)
  })
  test('that gives up is closed, and has no act', () => {
    const told = goOn(when(waits()), waitEnded('closed'))
    expect(actStateOf(told.state)).toBe('closed')
    const late = goOn(told, asks(told, 'release_credit_allocation'))
    expect(of(late, 'recovery.refused').map(({ code }) => code)).toEqual(['PT-2024'])
  })
  test('is not begun by a ticket that comes late', () => {
    const begun = when(heldInput())
    expect(goOn(begun, waits()).state).toEqual(begun.state)
  })
})

describe('a request for evidence', () => {
  const partial = settledAs('partial')
  const requested = (ask: Ask = {}) => goOn(partial, asks(partial, 'request_evidence', ask))

  test('says what is missing, until when, and where the agent is told', () => {
    expect(of(requested(), 'recovery.accepted')).toMatchObject([
      {
        evidence_request: {
          missing_items: ['payment_request_artifact'],
          until: after(20 + 7 * 24 * 3600),
          result_status: 'partial',
          requested_tool: 'tokenops',
          callback_policy: 'status_polling_only',
        },
      },
    ])
    const [answer] = of(requested({ act: { until: after(3600) } }), 'recovery.accepted')
    expect(answer?.evidence_request?.until).toBe(after(3600))
  })
  test.each([after(10), after(32 * 24 * 3600)])('until %s is PT-2023', (until) => {
    const told = requested({ act: { until } })
    expect(of(told, 'recovery.refused').map(({ code }) => code)).toEqual(['PT-2023'])
  })
  test('an act that asks for none has no until: PT-2023', () => {
    const told = goOn(partial, asks(partial, 'close', { act: { until: after(3600) } }))
    expect(of(told, 'recovery.refused').map(({ code }) => code)).toEqual(['PT-2023'])
  })
  test('a result that left nothing open is PT-2033', () => {
    const begun = when(heldInput())
    const contract = { ...concluded('failed'), exceptions: [] }
    const failed = goOn(begun, produced(boundOf(begun), { contract }))
    const told = goOn(failed, asks(failed, 'request_evidence'))
    expect(of(told, 'recovery.refused').map(({ code }) => code)).toEqual(['PT-2033'])
  })
})

test('a closed run has no open ticket and no act', () => {
  const partial = settledAs('partial')
  const told = goOn(partial, asks(partial, 'close'))
  expect(of(told, 'exception.resolved')).toMatchObject([{ status: 'closed' }])
  expect(actStateOf(told.state)).toBe('closed')
  expect(actsAllowed('closed')).toEqual([])
})

test('the next attempt is commanded at once, and the one before counts no more', () => {
  const begun = when(heldInput())
  const told = goOn(begun, asks(begun, 'advance_queue'))
  expect(of(told, 'execution.bound').map(({ binding }) => binding.attempt)).toEqual([1, 2])
  expect(codeOf(() => goOn(told, produced(boundOf(begun), { at: after(30) })))).toBe('PT-2003')
})

describe('an act under a key like those of batches', () => {
  const BATCH = `bt_${'0'.repeat(32)}`
  const said = (state: keyof typeof RUNS, ask: Ask) => {
    const before = RUNS[state]()
    const act = { idempotency_key: `${BATCH}/7` }
    const asked = asks(before, 'replay_from_checkpoint', { ...ask, act })
    return goOn({ state: before.state, events: [] }, asked)
  }

  test('is the batch’s where dispatch signed it, whatever became of it', () => {
    const [accepted] = of(said('partial', { by: 'operator' }), 'recovery.accepted')
    const [refused] = of(said('closed', { by: 'operator' }), 'recovery.refused')
    expect([accepted?.batch_id, refused?.batch_id]).toEqual([BATCH, BATCH])
  })

  test.each([
    ['the run’s agent', { by: 'agent', key: agentKey }],
    ['an operator with a key', { by: 'operator', key: adaKey }],
  ] as const)('is of none where %s signed it', (_, ask) => {
    const answers = [
      ...of(said('partial', ask), 'recovery.accepted'),
      ...of(said('closed', ask), 'recovery.refused'),
    ]
    expect(answers.map(({ batch_id }) => batch_id)).toEqual([undefined, undefined])
  })
})
