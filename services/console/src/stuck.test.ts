import { QUEUE_STATES, STATE_LIMITS, STUCK_AFTER } from '@prooftrail/contracts'
import { timePlus } from '@prooftrail/trail/format'
import { describe, expect, test } from 'vitest'
import {
  accepted,
  bound,
  context,
  goodRun,
  held,
  progressed,
  resulted,
  told,
} from './console.fixtures.ts'
import { placeOf } from './queue-place.ts'
import { consoleService } from './service.ts'
import type { ConsoleEvent, ConsoleInput, RunState, State } from './state.ts'

const due = (at: string): ConsoleInput => ({ id: `due-${at}`, type: 'due', at, data: {} })
const fold = (state: State, events: readonly ConsoleEvent[]) =>
  events.reduce(consoleService.evolve, state)
const decide = (state: State, input: ConsoleInput) => consoleService.decide(state, input, context)
const runOf = (state: State): RunState => {
  if (state.status !== 'run') throw new Error('no run')
  return state
}

describe('where a run stands', () => {
  const facts = [accepted(), held, bound(1, 3), progressed(1, 1, 4), resulted()] as const
  test.each([
    [1, 'accepted'],
    [2, 'funded'],
    [3, 'queued'],
    [4, 'operating'],
    [5, 'returning'],
  ] as const)('after %i facts: %s, whatever their order', (n, state) => {
    const known = facts.slice(0, n)
    expect(placeOf(runOf(told(known)))?.state).toBe(state)
    expect(placeOf(runOf(told([...known].reverse())))).toEqual(placeOf(runOf(told(known))))
  })

  test('every state has its limit, its reason and its end', () => {
    for (const state of QUEUE_STATES) {
      const { stuck_after, ends, hold } = STATE_LIMITS[state]
      expect([stuck_after > 0, ends !== '', hold !== '']).toEqual([true, true, true])
    }
  })
})

describe('a run that its executor does not answer', () => {
  const queued = told([accepted(), held, bound(1, 3)])
  const place = placeOf(runOf(queued))
  const time = consoleService.due?.(queued) ?? ''

  test('is told once as stuck, with the reason and the command that helps', () => {
    // twice the tool's own time is more than the limit
    expect(STUCK_AFTER.queued).toBeLessThan(2 * 600)
    expect(time).toBe(timePlus(place?.since ?? '', 2 * 600 * 1000))
    expect(decide(queued, due(timePlus(time, -1)))).toEqual([])
    const [alert, ...more] = decide(queued, due(time))
    expect(more).toEqual([])
    expect(alert).toMatchObject({
      type: 'task.stuck',
      data: {
        ...{ object_type: 'agent_stuck_task_alert', state: 'queued', duration_minutes: 20 },
        ...{ stuck_reason: 'queue_heartbeat_missed', recommended_action: 'advance_queue' },
        command: expect.stringContaining('advance_queue'),
        created_at: time,
      },
    })
    const stuck = fold(queued, decide(queued, due(time)))
    expect(consoleService.due?.(stuck)).toBeUndefined()
    expect(decide(stuck, due(time))).toEqual([])
    // a projection that is made again says the same alert
    expect(decide(queued, due(timePlus(time, 60_000)))[0]).toMatchObject({
      data: { alert_id: alert?.type === 'task.stuck' && alert.data.alert_id },
    })
  })

  test('is no longer stuck once it is heard, and then may be so again', () => {
    const stuck = fold(queued, decide(queued, due(time)))
    const alertId = runOf(stuck).stuck?.alert_id
    const events = decide(stuck, progressed(1, 1, 4))
    expect(events.map(({ type }) => type)).toEqual(['fact.folded', 'task.moved'])
    expect(events[1]).toMatchObject({ data: { alert_id: alertId, state: 'operating' } })
    const moved = fold(stuck, events)
    expect(runOf(moved).stuck).toBeUndefined()
    const again = decide(moved, due(consoleService.due?.(moved) ?? ''))
    expect(again[0]).toMatchObject({ type: 'task.stuck', data: { state: 'operating' } })
    expect(again[0]?.type === 'task.stuck' && again[0].data.alert_id).not.toBe(alertId)
  })

  test('a fact that leaves it where it stands clears nothing', () => {
    const stuck = fold(queued, decide(queued, due(time)))
    expect(decide(stuck, held).map(({ type }) => type)).toEqual(['fact.folded'])
  })
})

test('a sealed pilot waits for its review, and a closed run for nothing', () => {
  const sealed = told(goodRun())
  expect(placeOf(runOf(sealed))?.state).toBe('review')
  const run = runOf(sealed)
  const closed = { ...run, facts: { ...run.facts, closed_at: run.as_of } }
  expect(consoleService.due?.(closed)).toBeUndefined()
})
