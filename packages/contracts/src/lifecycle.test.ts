import { LIFECYCLE_STATES, RUN_EVENT_TYPES, TASK_RUN_STATES } from '@prooftrail/trail/vocabulary'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Facts, lifecycleState, taskRunState } from './lifecycle.ts'
import { runStateEvents } from './run-events.ts'

const at = (second: number) => `2026-11-23T05:00:0${second}.000Z`
const accepted: Facts = { execution_mode: 'controlled_pilot', accepted_at: at(0) }
const held: Facts = { ...accepted, held_at: at(1) }
const bound: Facts = { ...held, bound_at: [at(2)] }
const started: Facts = { ...bound, started_at: at(3) }
const result: Facts = {
  ...started,
  result_issued_at: at(4),
  result_status: 'ready',
  settlement_linked: true,
}
const receipt: Facts = { ...result, usage_receipt_at: at(5) }
const tried: Facts = { ...receipt, callback_first_attempt_at: at(6), callback_status: 'pending' }
const delivered: Facts = {
  ...receipt,
  callback_first_attempt_at: at(6),
  callback_delivered_at: at(6),
  callback_status: 'delivered',
}
const sealed: Facts = { ...delivered, sealed_at: at(7) }

describe('given the facts, when asked, then the states are', () => {
  test.each<[string, Facts, string, string]>([
    ['nothing', {}, 'created', 'quoted'],
    ['accepted', accepted, 'created', 'quoted'],
    ['rejected', { ...accepted, rejected_at: at(1) }, 'failed', 'failed'],
    [
      'waiting for credits, with its ticket',
      { ...accepted, credit_pending_at: at(1), open_exceptions: 1 },
      'credit_pending',
      'credit_pending',
    ],
    ['funded after waiting', { ...held, credit_pending_at: at(0) }, 'credit_funded', 'funded'],
    ['bound', bound, 'queued', 'queued'],
    ['started', started, 'operating', 'tool_execution'],
    ['stopped by an exception', { ...started, open_exceptions: 1 }, 'exception_open', 'paused'],
    ['out of attempts', { ...started, out_of_attempts_at: at(4) }, 'exception_open', 'paused'],
    [
      'released without result',
      { ...started, out_of_attempts_at: at(4), released_at: at(5) },
      'failed',
      'failed',
    ],
    [
      'late result after the last attempt',
      { ...result, out_of_attempts_at: at(3) },
      'result_ready',
      'result_packaged',
    ],
    ['result', result, 'result_ready', 'result_packaged'],
    ['receipt, callback owed', receipt, 'callback_pending', 'callback_ready'],
    [
      'receipt, none owed',
      { ...receipt, callback_status: 'ready' },
      'usage_receipt_issued',
      'receipt_issued',
    ],
    ['first attempt failed', tried, 'callback_pending', 'callback_ready'],
    [
      'first attempt failed, sealed',
      { ...tried, sealed_at: at(7) },
      'callback_pending',
      'callback_ready',
    ],
    ['delivered', delivered, 'callback_delivered', 'callback_delivered'],
    ['sealed', sealed, 'attested', 'callback_delivered'],
    [
      'parked, sealed, ticket open',
      { ...tried, callback_status: 'parked', sealed_at: at(7), open_exceptions: 1 },
      'exception_open',
      'receipt_issued',
    ],
    ['sealed, failed result', { ...sealed, result_status: 'failed' }, 'failed', 'failed'],
    ['sealed, standard', { ...sealed, execution_mode: 'standard' }, 'closed', 'closed'],
    [
      'closed by an operator',
      { ...sealed, closed_at: at(8), open_exceptions: 1 },
      'closed',
      'closed',
    ],
  ])('%s', (_, facts, lifecycle, task) => {
    expect([lifecycleState(facts), taskRunState(facts)]).toEqual([lifecycle, task])
  })
})

test('the lists are as long as they say', () => {
  expect([new Set(LIFECYCLE_STATES).size, new Set(TASK_RUN_STATES).size]).toEqual([20, 14])
})

test('every order in which the same facts arrive gives the same states and events', () => {
  const members = Object.entries({
    ...sealed,
    credit_pending_at: at(0),
    exception_opened_at: [at(5)],
    open_exceptions: 0,
  })
  fc.assert(
    fc.property(
      fc
        .subarray(members)
        .chain((some) =>
          fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length })),
        ),
      ([some, shuffled]) => {
        const [one, other]: Facts[] = [Object.fromEntries(some), Object.fromEntries(shuffled)]
        for (const state of [lifecycleState, taskRunState]) {
          expect(state(one ?? {})).toBe(state(other ?? {}))
        }
        expect(runStateEvents(one ?? {}, 'run_1')).toEqual(runStateEvents(other ?? {}, 'run_1'))
      },
    ),
  )
})

describe('the events of a run', () => {
  test('stand by time, each from the state before, with the closed names', () => {
    const events = runStateEvents(
      { ...tried, callback_delivered_at: at(8), callback_status: 'delivered', sealed_at: at(7) },
      'run_1',
    )
    expect(events.map((event) => `${event.event_type} ${event.to_state}`)).toEqual([
      'run_created created',
      'credit_reserved credit_funded',
      'lifecycle_state_changed queued',
      'tool_execution_started operating',
      'result_package_ready result_ready',
      'credit_funded_from_settlement settlement_receipt_issued',
      'usage_receipt_issued usage_receipt_issued',
      'callback_payload_ready callback_pending',
      'callback_failed callback_pending',
      'lifecycle_state_changed attested',
      'callback_delivered callback_delivered',
    ])
    for (const [i, event] of events.entries()) {
      expect(event.from_state).toBe(events[i - 1]?.to_state)
      expect(RUN_EVENT_TYPES).toContain(event.event_type)
      expect(LIFECYCLE_STATES).toContain(event.to_state)
    }
    expect(events.map((event) => event.occurred_at)).toEqual(
      [...events.map((event) => event.occurred_at)].sort(),
    )
  })
  test('a delivery at the first attempt has no failure; where none is due, no callback', () => {
    expect(runStateEvents(delivered, 'run_1').map((event) => event.event_type)).not.toContain(
      'callback_failed',
    )
    const none = runStateEvents(
      { ...receipt, callback_status: 'ready', callback_first_attempt_at: at(6) },
      'run_1',
    )
    expect(none.filter((event) => event.event_type.startsWith('callback'))).toEqual([])
  })
  test('a refused order was never a run', () => {
    expect(runStateEvents({ rejected_at: at(1) }, 'run_1')).toEqual([])
  })
})
