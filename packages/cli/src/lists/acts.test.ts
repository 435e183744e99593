import type { ListedAct } from '@prooftrail/contracts/doors'
import { expect, test } from 'vitest'
import { wayOnOfAct } from './acts.ts'

const act: ListedAct = {
  ...{ key: 'key', at: '2026-01-01T00:00:00.000Z', on: 'run', action: 'close', by: 'ada' },
  answer: 'accepted',
}

test.each<[string, Partial<ListedAct>, string]>([
  ['a run', { work_order_id: 'wo_1' }, 'prooftrail report wo_1'],
  ['a run, of a batch', { work_order_id: 'wo_1', batch_id: 'bt_1' }, 'prooftrail report wo_1'],
  ['a batch', { on: 'batch', batch_id: 'bt_1' }, 'prooftrail batch show bt_1'],
  ['a parked message', { on: 'parked', parked_id: 'pm_1' }, 'prooftrail parked show pm_1'],
])('an act on %s says the command that shows more', (_what, more, command) => {
  expect(wayOnOfAct({ ...act, ...more })).toBe(command)
})
