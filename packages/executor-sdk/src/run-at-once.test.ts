import { workOrderId } from '@prooftrail/trail'
import { expect, test, vi } from 'vitest'
import { exampleCommand } from './case-command.ts'
import { exampleManifest } from './example-tool.fixtures.ts'
import { makeRunsAtOnce } from './run-at-once.ts'
import type { Execute, ToolResult } from './tool.ts'

const manifest = { ...exampleManifest, effects: 'none' as const }
const result: ToolResult = {
  result_package: { a: 1 },
  human_summary: 'done',
  links: [
    { name: 'evidence_checklist', object: {} },
    { name: 'readiness_result', object: {} },
  ],
}
const orderId = (name: string) => workOrderId('agent-example', name)
const doc = (name: string) => `${orderId(name)}/1`
const of = (...names: string[]) =>
  names.map((name) =>
    exampleCommand(manifest, {
      work_order_id: orderId(name),
      deadline: '9999-12-31T23:59:59.999Z',
      evidence: { first: { reference: name } },
    }),
  )
/** A clock by which nothing takes long, however busy the machine is. */
const still = () => 0
const log = { info: () => {}, warn: () => {} }

/** What is concluded of these orders by a function whose every run takes so long. */
async function concluded(execute: Execute, orders: string[], tookMs = 0) {
  let clock = 0
  let runs = 0
  const slow: Execute = (...given) => {
    runs += 1
    clock += tookMs
    return execute(...given)
  }
  const { conclude } = makeRunsAtOnce({ manifest, execute: slow, log }, () => clock)
  const first = [...(await conclude(of(...orders))).keys()]
  const at = async (ms: number) => {
    clock = ms
    return [...(await conclude(of('later'))).keys()]
  }
  return { first, runs, at }
}

test('a tool without effects is run at once, sync or async', async () => {
  const { conclude } = makeRunsAtOnce({ manifest, execute: () => result, log }, still)
  expect(await conclude(of('a', 'b'))).toEqual(
    new Map([doc('a'), doc('b')].map((id) => [id, result])),
  )
  const later = makeRunsAtOnce({ manifest, execute: async () => result, log }, still)
  expect(await later.conclude(of('a'))).toEqual(new Map([[doc('a'), result]]))
})

test.each([undefined, 'some' as const])('one whose effects are %s is not', async (effects) => {
  const { effects: _, ...rest } = manifest
  const execute = () => {
    throw new Error('it was run')
  }
  const other = effects === undefined ? rest : { ...rest, effects }
  const { conclude } = makeRunsAtOnce({ manifest: other, execute, log })
  expect((await conclude(of('a'))).size).toBe(0)
})

test('a throw and a wrong result conclude nothing, and the others are concluded', async () => {
  const execute: Execute = ({ work_order_id }) => {
    if (work_order_id === orderId('b')) throw new Error('boom')
    return work_order_id === orderId('c')
      ? ({ human_summary: 'wrong' } as unknown as ToolResult)
      : result
  }
  expect((await concluded(execute, ['a', 'b', 'c', 'd'])).first).toEqual([doc('a'), doc('d')])
})

test('what is logged of a run says whose order it is about', async () => {
  const told = { info: vi.fn(), warn: vi.fn() }
  const execute: Execute = (_, { log }) => {
    log.info({ lines: 3 }, 'read')
    throw new Error('boom')
  }
  await makeRunsAtOnce({ manifest, execute, log: told }, still).conclude(of('a'))
  const about = { work_order_id: orderId('a'), trace_id: expect.stringMatching(/^[0-9a-f]{32}$/) }
  expect(told.info).toHaveBeenCalledWith({ ...about, lines: 3 }, 'read')
  expect(told.warn).toHaveBeenCalledWith(expect.objectContaining(about), 'the tool threw')
})

test('a run that does not end is told to, and concludes nothing', async () => {
  let signal: AbortSignal | undefined
  const execute: Execute = (_, context) => {
    signal = context.signal
    return new Promise(() => {})
  }
  const { conclude } = makeRunsAtOnce({ manifest, execute, log })
  expect((await conclude(of('a'))).size).toBe(0)
  expect(signal?.aborted).toBe(true)
  // and for a while nothing is run at once
  signal = undefined
  await conclude(of('b'))
  expect(signal).toBeUndefined()
})

test('after a run that took too long the next ones are announced, for a second', async () => {
  const { first, runs, at } = await concluded(() => result, ['a', 'b'], 50)
  expect([first, runs]).toEqual([[doc('a')], 1])
  expect(await at(1_049)).toEqual([])
  expect(await at(1_050)).toEqual([doc('later')])
})

test('the runs of a round take no longer together than its time', async () => {
  const orders = Array.from({ length: 20 }, (_, i) => `o${i}`)
  const { first, at } = await concluded(() => result, orders, 40)
  expect(first).toHaveLength(7)
  expect(await at(1_000)).toEqual([doc('later')])
})
