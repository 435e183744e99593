import fc from 'fast-check'
import { expect, test } from 'vitest'
import { workOrderId } from '../ids.ts'
import { allocateIds, resultNumberOf } from './allocate.ts'
import { MAX_ATTEMPTS } from './limits.ts'

const order = workOrderId('agent-1', 'order-1')
const trail = ['work_order', 'execution_command', 'result_contract', 'usage_receipt', 'attestation']

test('the ids of a result tell its number, whatever attempt made it', () => {
  const count = fc.nat({ max: 63 })
  fc.assert(
    fc.property(count, count, (number, attempt) => {
      const ids = allocateIds(order, trail, attempt + 1, undefined, number)
      expect(resultNumberOf(ids, order)).toBe(number)
    }),
    { numRuns: 50 },
  )
})

test('no two results share an id, but their run’s', () => {
  const [first, second] = [0, 1].map((n) => allocateIds(order, trail, n + 1, undefined, n))
  for (const name of trail.slice(1)) expect(second?.[name]).not.toBe(first?.[name])
  expect(second?.work_order).toBe(first?.work_order)
})

test('ids of another run, or of none, have no number', () => {
  const ids = allocateIds(workOrderId('agent-1', 'order-2'), trail, 1, undefined)
  expect(resultNumberOf(ids, order)).toBeUndefined()
  expect(resultNumberOf({}, order)).toBeUndefined()
  const beyond = allocateIds(order, trail, 1, undefined, MAX_ATTEMPTS)
  expect(resultNumberOf(beyond, order)).toBeUndefined()
})
