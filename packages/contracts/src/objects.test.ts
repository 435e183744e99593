import { ledgerEntry, resultContract, workOrder } from '@prooftrail/testing/contracts'
import { ticketId } from '@prooftrail/trail'
import { describe, expect, test } from 'vitest'
import { checkHttpBody } from './http-body.ts'
import { checkForm, checkResultContract, checkWorkOrder } from './objects.ts'

const paths = (faults: readonly { path: string }[]) => faults.map(({ path }) => path)
const machine = resultContract.machine_result
const { work_order_id, agent_task_run_id, requested_tool } = resultContract
const ticket = {
  object_type: 'agent_exception_ticket',
  exception_id: ticketId(work_order_id, 'evidence_gap', 1),
  work_order_id,
  agent_task_run_id,
  requested_tool,
  exception_type: 'evidence_gap',
  severity: 'medium',
  status: 'waiting_on_requesting_agent',
  missing_items: ['files'],
  created_at: resultContract.issued_at,
  issued_at: resultContract.issued_at,
}

test('well-formed objects have no faults', () => {
  expect(checkWorkOrder(workOrder)).toEqual([])
  expect(checkResultContract(resultContract)).toEqual([])
  expect(checkForm('LedgerEntry', ledgerEntry)).toEqual([])
})

describe('a work order', () => {
  test.each<[object, string]>([
    [{ schema_version: 'prooftrail-work-order/v2' }, '/schema_version'],
    [{ execution_mode: 'live' }, '/execution_mode'],
    [{ work_order_id: 'wo_1' }, '/work_order_id'],
    [{ evidence: [] }, '/evidence'],
    [{ issued_at: '2026-11-23T05:00:00Z' }, '/issued_at'],
    [{ expires_at: '2026-13-23T05:00:00.000Z' }, '/expires_at'],
    [{ callback_policy: 'maybe' }, '/callback_policy'],
    [{ proof_requirements: ['nothing'] }, '/proof_requirements/0'],
    [{ idempotency_key: '' }, '/idempotency_key'],
    [{ more: 1 }, '/more'],
  ])('%j is refused', (change, path) => {
    expect(paths(checkWorkOrder({ ...workOrder, ...change }))).toEqual([path])
  })
  test('an empty one is told all that is missing; what is no object is refused', () => {
    expect(checkWorkOrder({})).toHaveLength(11)
    for (const value of [null, [], 'x', undefined]) expect(checkWorkOrder(value)).toHaveLength(1)
  })
  test('the body of the door is a signed link', () => {
    const body = {
      object: workOrder,
      after: [],
      key_id: 'k'.repeat(43),
      signature: `${'A'.repeat(86)}==`,
    }
    expect(checkHttpBody('work-order', body)).toEqual([])
    expect(paths(checkHttpBody('work-order', { ...body, key_id: 'k', x: 1 })).sort()).toEqual([
      '/key_id',
      '/x',
    ])
  })
})

describe('a result contract', () => {
  test.each<[string, object, string]>([
    [
      'names itself',
      { proof_objects: { ...resultContract.proof_objects, result_contract: 'rc_1' } },
      '/proof_objects',
    ],
    [
      'has another usage receipt',
      { receipts: { ...resultContract.receipts, usage_receipt: `usage_${'b'.repeat(32)}` } },
      '/receipts',
    ],
    [
      'hides the settlement receipt',
      { receipts: { usage_receipt: resultContract.receipts.usage_receipt } },
      '/proof_objects/settlement_receipt',
    ],
    [
      'is ready on partial evidence',
      {
        machine_result: {
          ...machine,
          evidence_status: 'partial',
          evidence_score: 80,
          result_package: {
            ...Object(machine.result_package),
            evidence_status: 'partial',
            evidence_score: 80,
          },
        },
      },
      '/result_status',
    ],
    [
      'is sufficient below 100',
      {
        machine_result: {
          ...machine,
          evidence_score: 99,
          result_package: { ...Object(machine.result_package), evidence_score: 99 },
        },
      },
      '/machine_result/evidence_score',
    ],
    [
      'has no next action',
      { machine_result: { ...machine, next_actions: [] } },
      '/machine_result/next_actions',
    ],
    [
      'has more tickets than an entry has events for',
      { exceptions: Array.from({ length: 65 }, () => ticket) },
      '/exceptions',
    ],
    ['has an empty summary', { human_summary: '  ' }, '/human_summary'],
    ['is delivered', { result_status: 'delivered' }, '/result_status'],
    [
      'comes from another tool',
      { machine_result: { ...machine, tool: 'energyops' } },
      '/machine_result/tool',
    ],
    [
      'has the package of another tool',
      {
        machine_result: {
          ...machine,
          result_package: { operating_tool: 'energyops' },
        },
      },
      '/machine_result/result_package/operating_tool',
    ],
    [
      'owes a callback to nowhere',
      {
        callback: {
          callback_event_id: resultContract.callback.callback_event_id,
          callback_status: 'pending',
        },
      },
      '/callback/callback_url',
    ],
  ])('that %s is refused', (_, change, path) => {
    expect(paths(checkResultContract({ ...resultContract, ...change }))).toContain(path)
  })
  test('partial wants one evidence_gap whose items are open', () => {
    const evidence = { evidence_status: 'partial', evidence_score: 80 }
    const partial = {
      ...resultContract,
      result_status: 'partial',
      machine_result: {
        ...machine,
        ...evidence,
        result_package: { ...Object(machine.result_package), ...evidence },
      },
    }
    expect(paths(checkResultContract(partial))).toEqual([
      '/exceptions',
      '/machine_result/open_items',
    ])
    const withTicket = { ...partial, exceptions: [ticket] }
    expect(paths(checkResultContract(withTicket))).toEqual(['/machine_result/open_items'])
    const open_items = [{ code: 'missing', about: 'files' }]
    expect(
      checkResultContract({
        ...withTicket,
        machine_result: { ...partial.machine_result, open_items },
      }),
    ).toEqual([])
  })
  test('a failed one has insufficient evidence', () => {
    const failed = { ...resultContract, result_status: 'failed' }
    expect(paths(checkResultContract(failed))).toEqual(['/result_status'])
    const evidence = { evidence_status: 'insufficient', evidence_score: 40 }
    const machine_result = { ...machine, ...evidence, result_package: { answer: 1 } }
    expect(checkResultContract({ ...failed, machine_result })).toEqual([])
  })
})
