import { stripVTControlCharacters } from 'node:util'
import type { AnswerOf } from '@prooftrail/contracts/doors'
import { expect, test } from 'vitest'
import { queueParts } from './queue.ts'

const since = '2026-11-01T10:00:00.000Z'
const row: AnswerOf<'GET /v1/queue'>['monitor'][number] = {
  ...{ requested_tool: 'tokenops', state: 'partial', queue_state: 'moving', runs: 3 },
  ...{ processed: 1204, advanced: 1201, last_at: since, stuck: 0, stuck_reasons: [] },
  retry_ready: 0,
}
const answer: AnswerOf<'GET /v1/queue'> = {
  object_type: 'agent_queue_scheduler_monitor',
  generated_at: since,
  lifecycle_counts: { queued: 1, attested: 12_040, failed: 0 },
  ...{ waiting: 1, open_exceptions: 0, stuck: 1 },
  oldest_waiting: [{ lifecycle_state: 'queued', work_order_id: 'wo_oldest', since, seconds: 5400 }],
  stuck_runs: [
    {
      ...{ work_order_id: 'wo_stuck', requested_tool: 'energyops', alert_id: 'alert_1' },
      ...{ state: 'operating', since, seconds: 7260, stuck_reason: 'queue_heartbeat_missed' },
      ...{ recommended_action: 'advance_queue', ends: 'it ends' },
      command: 'prooftrail act wo_stuck advance_queue --reason TEXT',
    },
  ],
  monitor: [
    row,
    {
      ...{ ...row, requested_tool: 'energyops', state: 'operating', queue_state: 'stuck' },
      ...{ runs: 1, stuck: 1, retry_ready: 1, heartbeat: 'late', heartbeat_at: since },
      stuck_reasons: [{ reason: 'queue_heartbeat_missed', runs: 1 }],
      recommended_action: 'advance_queue',
    },
  ],
}

test('the queue is told in tables whose columns stand under each other, with what helps', () => {
  const [first, states = '', monitor = '', stuck = ''] = queueParts(answer).map((part) =>
    stripVTControlCharacters(part),
  )
  expect(first).toBe('1 wait for a service, 0 for somebody to settle them')
  // a state without a run is left out
  expect(states).not.toContain('failed')
  const [head = '', ...rows] = monitor.trim().split('\n')
  expect(rows).toHaveLength(2)
  for (const [name, values] of [
    ['runs', ['3', '1']],
    ['came', ['1204', '1204']],
    ['stuck', ['0', '1']],
  ] as const) {
    // numbers end where their head does
    const end = head.indexOf(name) + name.length
    expect(rows.map((line) => line.slice(0, end).split(' ').at(-1))).toEqual(values)
  }
  expect(rows[1]).toContain('queue_heartbeat_missed (1) → advance_queue')
  expect(rows[1]).toContain('late')
  expect(stuck).toContain('prooftrail act wo_stuck advance_queue --reason TEXT')
})
