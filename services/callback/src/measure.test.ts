import type { CallbackAttempt } from '@prooftrail/contracts'
import { makeMetrics } from '@prooftrail/runtime'
import { Link } from '@prooftrail/trail'
import { expect, test } from 'vitest'
import { initial } from './evolve.ts'
import { measureWith } from './measure.ts'
import { metrics as table } from './metric-table.ts'

/** What is counted of a callback whose newest attempt ended so. */
async function counted(callback_status: string, attempt: Partial<CallbackAttempt>) {
  const { add } = makeMetrics('callback', false)
  const handles = add(table)
  const record = { attempt: 1, started_at: '', outcome: 'failed', ...attempt } as CallbackAttempt
  const object = { callback_status, attempt: record.attempt, attempts: [record] }
  const said = { object, after: [], key_id: 'k', signature: 'c2ln' }
  const data = Link.fromWire('callback_delivery', said)
  // the members that are looked at
  const event = { type: 'callback.attempted', data } as never
  measureWith(handles)({ event, input: {} as never, state: initial, next: initial })
  const seen = async (
    metric: typeof handles.callbacks_total | typeof handles.callback_attempts_total,
  ) => (await metric.get()).values.filter(({ value }) => value > 0).map(({ labels }) => labels)
  return {
    attempts: await seen(handles.callback_attempts_total),
    ends: await seen(handles.callbacks_total),
  }
}

const address = '192.0.2.1'

test.each<[string, string, Partial<CallbackAttempt>, string, string | undefined]>([
  [
    'the first attempt',
    'delivered',
    { outcome: 'delivered', http_status: 200 },
    'delivered',
    'first',
  ],
  [
    'a later one',
    'delivered',
    { attempt: 3, outcome: 'delivered', http_status: 200 },
    'delivered',
    'later',
  ],
  ['a 410', 'parked', { http_status: 410 }, 'refused', 'parked'],
  ['a 503', 'pending', { http_status: 503 }, 'failing', undefined],
  ['no answer', 'pending', { error_code: 'PT-5005' }, 'unreachable', undefined],
  [
    'an address that may not be called',
    'pending',
    { error_code: 'PT-9203' },
    'forbidden',
    undefined,
  ],
  ['nobody knows what', 'pending', { outcome: 'unknown' }, 'unknown', undefined],
])('%s is counted as what it is', async (_, status, attempt, outcome, end) => {
  const { attempts, ends } = await counted(status, { ...attempt, address })
  expect(attempts).toEqual([{ outcome, receiver: expect.any(String) }])
  expect(ends).toEqual(end === undefined ? [] : [{ end }])
})
