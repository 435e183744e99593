import { lifecycleState } from '@prooftrail/contracts'
import { describe, expect, test } from 'vitest'
import {
  accepted,
  at,
  attested,
  bound,
  charged,
  delivery,
  entered,
  goodRun,
  held,
  opened,
  progressed,
  registered,
  rejected,
  resolved,
  resulted,
  runOf,
  SEALED_LINKS,
  told,
  WO,
} from './console.fixtures.ts'
import { consoleService } from './service.ts'
import type { ConsoleInput, RunState } from './state.ts'

/** What a run shows, without the story of how the facts came in. */
function view(run: RunState): Omit<RunState, 'events'> {
  const { events: _events, ...rest } = run
  return rest
}

/** A pseudo-random order of the facts; the same seed gives the same order. */
function shuffled(inputs: readonly ConsoleInput[], seed: number): ConsoleInput[] {
  let state = seed
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state
  }
  return inputs
    .map((one) => ({ one, by: random() }))
    .sort((a, b) => a.by - b.by)
    .map(({ one }) => one)
}

/** Two attempts, a ticket that was resolved, a callback that came through late, a revision. */
const hardRun: ConsoleInput[] = [
  accepted(),
  opened('credit_hold', 2),
  resolved('credit_hold', 3),
  held,
  bound(1, 4),
  progressed(1, 1, 5),
  progressed(1, 2, 6),
  opened('tool_execution_pause', 10),
  bound(2, 11),
  progressed(2, 1, 12),
  progressed(2, 3, 14),
  progressed(2, 2, 13),
  resolved('tool_execution_pause', 21),
  resulted('ready', 2),
  charged,
  delivery('pending', 1, 23, { http_status: 503, next_attempt_at: at(60) }),
  entered(0, 24, SEALED_LINKS),
  attested(0, 25),
  delivery('pending', 2, 60, { http_status: 503, next_attempt_at: at(200) }),
  delivery('delivered', 3, 200, { http_status: 200 }),
  entered(1, 201, ['callback_delivery/1']),
  attested(1, 202),
]

describe('a run shows the same whatever order its facts come in', () => {
  const expected = view(runOf(hardRun))

  test('the reference itself: newest values, first times', () => {
    expect(expected).toMatchObject({
      as_of: at(202),
      bound: [{ attempt: 1 }, { attempt: 2 }],
      result_attempt: 2,
      callback: { callback_status: 'delivered', attempt: 3 },
      facts: {
        started_at: at(5),
        bound_at: [at(4), at(11)],
        callback_first_attempt_at: at(23),
        callback_delivered_at: at(200),
        credit_pending_at: at(2),
        out_of_attempts_at: at(10),
        open_exceptions: 0,
        sealed_at: at(25),
      },
    })
    expect(expected.sealed.map(({ revision }) => revision)).toEqual([0, 1])
    expect(expected.progress).toMatchObject([
      { attempt: 1, first: { sequence: 1 }, latest: { sequence: 2 } },
      { attempt: 2, first: { sequence: 1 }, latest: { sequence: 3 } },
    ])
  })

  test('backwards', () => {
    expect(view(runOf([...hardRun].reverse()))).toEqual(expected)
  })

  test('shuffled in two hundred ways', () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      expect(view(runOf(shuffled(hardRun, seed))), `seed ${seed}`).toEqual(expected)
    }
  })

  test('and said twice', () => {
    expect(view(runOf([...hardRun, ...shuffled(hardRun, 3)]))).toEqual(expected)
  })
})

describe('what is told to those who follow', () => {
  test('numbers its lines without gaps, in the order in which they came', () => {
    const { events } = runOf(goodRun())
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, at) => at + 1))
    expect(events.map(({ type }) => type)).toEqual(goodRun().map(({ type }) => type))
  })

  test('progress below what was told is no news', () => {
    const { events } = runOf([accepted(), bound(1, 3), progressed(1, 3, 6), progressed(1, 2, 5)])
    expect(events.map(({ type }) => type).slice(2)).toEqual(['execution.progressed'])
  })

  test('progress without end never crowds out what comes after it', () => {
    const chatter = Array.from({ length: 1_000 }, (_, n) => progressed(1, n + 1, n + 5))
    const { events, progress } = runOf([accepted(), bound(1, 3), ...chatter, resulted()])
    expect(events).toHaveLength(403)
    expect(events.at(-1)?.type).toBe('result.accepted')
    expect(progress).toMatchObject([{ latest: { sequence: 1_000 } }])
  })
})

describe('a ticket', () => {
  test('counts as open until it is resolved', () => {
    const before = runOf([...goodRun(), opened('callback_failure', 30)])
    expect(lifecycleState(before.facts)).toBe('exception_open')
    const after = runOf([
      ...goodRun(),
      opened('callback_failure', 30),
      resolved('callback_failure', 31),
    ])
    expect(lifecycleState(after.facts)).toBe('attested')
  })

  test('whose resolution came first is resolved', () => {
    const run = runOf([
      ...goodRun(),
      resolved('callback_failure', 31),
      opened('callback_failure', 30),
    ])
    expect(run.exceptions).toMatchObject([
      { status: 'resolved', ticket: { severity: 'medium', created_at: at(30) } },
    ])
  })
})

test('a refused order has its reasons and no run', () => {
  const run = runOf([rejected, entered(0, 2, []), attested(0, 3, 'refused')])
  expect(run.reasons).toEqual([{ code: 'PT-1010', detail: 'no such capability' }])
  expect(lifecycleState(run.facts)).toBe('failed')
})

describe('a tool', () => {
  test('has a document of its own, apart from every run', () => {
    expect(consoleService.route(registered)).toBe('tool/energyops')
    expect(consoleService.route(accepted())).toBe(WO)
  })

  test('shows its newest registration, whatever comes last', () => {
    if (registered.type !== 'tool.registered') throw new Error('no registration')
    const newer: ConsoleInput = {
      ...registered,
      data: { ...registered.data, versions: [], revision: 2 },
    }
    const expected = { status: 'tool', tool: 'energyops', keys: [], revision: 2, versions: [] }
    expect(told([registered, newer])).toEqual(expected)
    expect(told([newer, registered])).toEqual(expected)
  })
})
