import { isRecordOf } from '@prooftrail/trail/encoding'
import { describe, expect, test } from 'vitest'
import {
  accepted,
  at,
  bound,
  consoleKey,
  context,
  goodRun,
  held,
  opened,
  rejected,
  runOf,
  WO,
} from './console.fixtures.ts'
import { forgetFault, onForgetAsked } from './forget.ts'
import type { ConsoleInput } from './state.ts'

const asked = {
  id: 'asked:1',
  type: 'forget.asked',
  at: at(900),
  data: { by: 'ops', reason: 'they left' },
} as const

describe('what a run says', () => {
  test('is deleted of a run at rest, by whom and why', () => {
    const run = runOf(goodRun())
    expect(forgetFault(run)).toBeUndefined()
    const [said] = onForgetAsked(run, asked, context)
    const record = {
      ...{ work_order_id: WO, agent_id: 'agent-1', key_id: consoleKey.key_id },
      ...{ decided_by: 'ops', reason: 'they left', decided_at: at(900) },
    }
    expect(said).toMatchObject({ type: 'run.forgotten', data: record })
    expect(isRecordOf(Object(said?.data), consoleKey.privateKey)).toBe(true)
  })

  test('is deleted of an order that was refused', () => {
    expect(forgetFault(runOf([rejected]))).toBeUndefined()
  })

  test.each<[string, readonly ConsoleInput[]]>([
    ['waits for its tool', [accepted(), held, bound(1, 4)]],
    ['has an open ticket', [...goodRun(), opened('evidence_gap', 800)]],
    ['is not sealed', goodRun().filter(({ type }) => type !== 'trail.attested')],
  ])('is not deleted of a run that %s', (_, facts) => {
    const run = runOf(facts)
    expect(forgetFault(run)).toMatchObject({ code: 'PT-7050' })
    expect(onForgetAsked(run, asked, context)).toEqual([])
  })

  test('of which nothing is known is said so', () => {
    expect(forgetFault({ status: 'absent' })).toMatchObject({ code: 'PT-7001' })
    expect(onForgetAsked({ status: 'absent' }, asked, context)).toEqual([])
  })
})
