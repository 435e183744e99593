import type { RunRow } from '@prooftrail/contracts/doors'
import { expect, test } from 'vitest'
import { wayOnOfAccount, wayOnOfRun, wayOnOfTicket } from './way-on.ts'

const row: RunRow = {
  ...{ work_order_id: 'wo_1', lifecycle_state: 'attested', waits_for: 'nobody' },
  ...{ open_exceptions: 0, changed_at: '2026-01-01T00:00:00.000Z', changes: 1 },
}

test.each<[string, Partial<RunRow>, string]>([
  ['waits for credits', { waits_for: 'credits' }, 'prooftrail accounts --waiting'],
  ['goes on', { waits_for: 'service' }, 'prooftrail watch wo_1'],
  ['is owed a callback', { waits_for: 'receiver' }, 'prooftrail watch wo_1'],
  ['waits for an operator', { waits_for: 'operator' }, 'prooftrail report wo_1'],
  ['failed', { lifecycle_state: 'failed', result_status: 'failed' }, 'prooftrail report wo_1'],
  [
    'is to be reviewed',
    { runtime_state: 'ready_for_operator_review', result_status: 'ready' },
    'prooftrail close wo_1 --reason TEXT',
  ],
  [
    'was not called back',
    { callback_status: 'parked', waits_for: 'operator' },
    'prooftrail act wo_1 retry_callback --reason TEXT',
  ],
  ['is at its end', { runtime_state: 'closed' }, 'prooftrail trail wo_1'],
])('a run that %s says the command that helps', (_what, more, command) => {
  expect(wayOnOfRun({ ...row, ...more })).toBe(command)
})

test.each([
  ['evidence_gap', 'prooftrail evidence add wo_1 FILE'],
  ['callback_failure', 'prooftrail act wo_1 retry_callback --reason TEXT'],
  ['tool_execution_pause', 'prooftrail act wo_1 advance_queue --reason TEXT'],
  ['credit_hold', 'prooftrail accounts --waiting'],
  ['manual_review_required', 'prooftrail act wo_1 close_exception --exception ex_1 --reason TEXT'],
])('a ticket of the type %s says the command that helps', (exception_type, command) => {
  const ticket = { work_order_id: 'wo_1', exception_id: 'ex_1', exception_type }
  expect(wayOnOfTicket(ticket)).toBe(command)
})

test('an account that keeps orders waiting is to be funded', () => {
  const account = { account: 'acme', waiting_orders: 2 }
  expect(wayOnOfAccount(account)).toBe('prooftrail credits fund acme CREDITS')
  expect(wayOnOfAccount({ ...account, waiting_orders: 0 })).toBe('prooftrail credits show acme')
})
