import { isServed, memoryReader } from '@prooftrail/testing/runtime'
import { describe, expect, test } from 'vitest'
import { accepted, at, bound, goodRun, held, progressed, runOf } from './console.fixtures.ts'
import { executorsOf } from './executors.ts'
import { consoleService } from './service.ts'
import type { RunState } from './state.ts'

const onItsWay = [accepted(), held, bound(1, 3)]

function runs(...states: RunState[]) {
  const named = states.map((state, n) => ({ ...state, work_order_id: `wo_${n}` }))
  return Object.fromEntries(named.map((state) => [state.work_order_id, state]))
}

describe('what is at the executors of a tool', () => {
  test('is what was commanded, and what was begun, until its result is there', async () => {
    const commanded = runOf(onItsWay)
    const begun = runOf([...onItsWay, progressed(1, 1, 5)])
    const ofOther = { ...begun, requested_tool: 'other' }
    const store = memoryReader(
      consoleService,
      runs(commanded, begun, begun, ofOther, runOf(goodRun())),
    )
    expect(await executorsOf(store, 'energyops')).toMatchObject({ queued: 1, operating: 2 })
    expect(await executorsOf(store, 'other')).toMatchObject({ queued: 0, operating: 1 })
    expect(store.asked.every((one) => isServed(consoleService.indexes ?? [], one))).toBe(true)
  })

  test('is heard of by heartbeats, the newest first, with the key of each', async () => {
    const beat = progressed(1, 1, 5, { percent: 10 })
    const older = runOf([...onItsWay, beat])
    const newer = runOf([...onItsWay, beat, progressed(1, 2, 9, { percent: 60 })])
    const store = memoryReader(consoleService, runs(older, newer, runOf(onItsWay)))
    const { heard } = await executorsOf(store, 'energyops')
    if (beat.type !== 'execution.progressed') throw new Error('no heartbeat')
    const { key_id } = beat.data
    expect(key_id).toBeDefined()
    expect(heard).toMatchObject([
      { work_order_id: 'wo_1', attempt: 1, at: at(9), percent: 60, key_id },
      { work_order_id: 'wo_0', attempt: 1, at: at(5), percent: 10, key_id },
    ])
  })
})
