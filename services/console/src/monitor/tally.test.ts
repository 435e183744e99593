import { STUCK_AFTER } from '@prooftrail/contracts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { accepted, bound, goodRun, held, opened, runOf } from '../console.fixtures.ts'
import { memoryTallies } from '../live/live.fixtures.ts'
import { queueView } from '../queue.ts'
import type { RunState } from '../state.ts'
import { keysOf } from './keys.ts'
import { sampleQueue } from './sample-queue.ts'
import { Tally, thereOf } from './tally.ts'

const MINUTE = 60_000
/** A run at each step of its way. */
const STEPS: readonly RunState[] = [
  runOf([accepted()]),
  runOf([accepted(), held]),
  runOf([accepted(), held, bound(1, 3)]),
  runOf([accepted(), held, bound(1, 3), opened('callback_failure', 4)]),
  runOf(goodRun()),
]
const AT = '2026-11-01T10:00:00.000Z'

/** What the index finds: every run's keys as they are now. */
const counting = (runs: readonly RunState[]) => async (key: string) =>
  runs.filter((run) => keysOf(run).includes(key)).length

const KEYS = [...new Set(STEPS.flatMap(keysOf))]

describe('tallies of several processes', () => {
  test('say together how many runs are where, whoever moved them and whoever ended meanwhile', async () => {
    const move = fc.record({
      run: fc.nat({ max: 9 }),
      step: fc.nat({ max: STEPS.length - 1 }),
      by: fc.nat({ max: 2 }),
      stops: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(move, { maxLength: 60 }), async (moves) => {
        let now = 0
        const view = memoryTallies()
        let names = 3
        const processes = [0, 1, 2].map((n) => new Tally(view(), `p${n}`, () => now))
        const runs = new Map<number, RunState>()
        for (const { run, step, by, stops } of moves) {
          const next = STEPS[step] ?? runOf([])
          processes[by]?.moved(runs.get(run), next, AT)
          runs.set(run, next)
          await processes[by]?.refresh()
          if (!stops) continue
          // its counts stay, and one of the others takes them over once they are old
          processes[by] = new Tally(view(), `p${names++}`, () => now)
          now += 11 * MINUTE
          for (const one of processes) await one.refresh()
        }
        for (const one of [...processes, ...processes]) await one.refresh()
        const count = counting([...runs.values()])
        for (const one of processes) {
          for (const key of KEYS) expect(thereOf(one.totals(), key)).toBe(await count(key))
        }
      }),
      { numRuns: 50 },
    )
  })

  test('are mended where a process was killed before it wrote what it counted', async () => {
    const view = memoryTallies()
    const killed = new Tally(view(), 'killed')
    const [first, , third] = STEPS
    if (!first || !third) throw new Error('the steps are there')
    killed.moved(undefined, first, AT)
    await killed.refresh()
    killed.moved(first, third, AT)
    const next = new Tally(view(), 'next')
    await next.refresh()
    const count = counting([third])
    // a difference counts once it has stayed the same
    expect(await next.compare(KEYS, count)).toBe(false)
    expect(thereOf(next.totals(), 'life/queued')).toBe(0)
    expect(await next.compare(KEYS, count)).toBe(false)
    expect(await next.compare(KEYS, count)).toBe(true)
    for (const key of KEYS) expect(thereOf(next.totals(), key)).toBe(await count(key))
  })
})

describe('the queue monitor', () => {
  test('says for each tool and state what came and went, when it is looked at, and what helps', async () => {
    const tally = new Tally(memoryTallies()(), 'a')
    const { pinned: _, ...silent } = runOf([accepted(), held, bound(1, 3)])
    const alert = { alert_id: 'alert_1', state: 'queued', since: AT }
    const run: RunState = { ...silent, stuck: { ...alert, reason: 'queue_heartbeat_missed' } }
    const [came] = STEPS
    tally.moved(undefined, came as RunState, AT)
    tally.moved(came, run, AT)
    const store = {
      count: async () => 0,
      find: async () => [{ id: run.work_order_id, state: run }],
    }
    const view = queueView(await sampleQueue(store, tally.totals(), AT), STUCK_AFTER)
    const row = view.monitor.find(({ runs }) => runs > 0)
    expect(row).toMatchObject({
      ...{ requested_tool: 'energyops', queue_state: 'stuck', processed: 1, advanced: 0, stuck: 1 },
      ...{ stuck_reasons: [{ reason: 'queue_heartbeat_missed', runs: 1 }] },
      ...{ recommended_action: 'advance_queue', retry_ready: 1 },
      oldest: { work_order_id: run.work_order_id },
    })
    expect(view.monitor.find(({ state }) => state === 'accepted')).toMatchObject({
      ...{ queue_state: 'at_rest', runs: 0, processed: 1, advanced: 1, retry_ready: 0 },
    })
    expect(view.stuck).toBe(1)
  })
})
