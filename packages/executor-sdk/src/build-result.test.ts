import { checkResultContract } from '@prooftrail/contracts'
import { ticketId } from '@prooftrail/trail'
import { describe, expect, test } from 'vitest'
import { buildFailure, buildResult } from './build-result.ts'
import { exampleCommand } from './case-command.ts'
import { exampleManifest as manifest } from './example-tool.fixtures.ts'
import type { ToolResult } from './tool.ts'

const at = '2026-03-02T09:00:01.000Z'
const all = { first: { reference: 'a' }, second: { reference: 'b' } }
const result: ToolResult = {
  result_package: { package_type: 'example_result_package' },
  human_summary: 'Looked at it.',
  links: [
    { name: 'evidence_checklist', object: { checked: true } },
    { name: 'readiness_result', object: { ready: true } },
  ],
}

describe('the objects of a conclusion', () => {
  test('sufficient evidence: a ready contract with every required member', () => {
    const command = exampleCommand(manifest, { evidence: all })
    const { contract } = buildResult(manifest, command, result, at)
    expect(checkResultContract(contract)).toEqual([])
    expect(contract).toMatchObject({
      object_type: 'agent_result_contract',
      contract_version: '2.0',
      result_contract_id: command.ids.result_contract,
      lifecycle_state: 'result_ready',
      result_status: 'ready',
      receipts: { usage_receipt: command.ids.usage_receipt },
      callback: { callback_event_id: command.ids.callback_delivery, callback_status: 'pending' },
      machine_result: { evidence_score: 100, open_items: [], next_actions: [{ action: 'review' }] },
      exceptions: [],
      issued_at: at,
    })
    const names = manifest.proof_trail.filter((name) => name !== 'result_contract')
    expect(Object.keys(contract.proof_objects)).toEqual(names)
    expect(contract.proof_objects.execution_command).toBe(command.tool_command_id)
  })

  test('the tool’s links get their ids and times, whatever the tool wrote there', () => {
    const command = exampleCommand(manifest, { evidence: all })
    const { links } = buildResult(manifest, command, result, at)
    expect(links.map(({ object }) => object)).toEqual([
      {
        object_type: 'evidence_checklist',
        evidence_checklist_id: command.ids.evidence_checklist,
        work_order_id: command.work_order_id,
        issued_at: at,
        checked: true,
      },
      {
        object_type: 'readiness_result',
        readiness_result_id: command.ids.readiness_result,
        work_order_id: command.work_order_id,
        issued_at: at,
        ready: true,
      },
    ])
  })

  test('partial evidence: one ticket with all classes missing, stale or unresolved, each an open item', () => {
    const evidence = { first: { reference: 'a' }, third: { reference: 'c', unresolved: true } }
    const command = exampleCommand(manifest, { evidence, attempt: 2 })
    const { contract } = buildResult(manifest, command, result, at)
    expect(checkResultContract(contract)).toEqual([])
    expect(contract).toMatchObject({
      result_status: 'partial',
      machine_result: {
        evidence_status: 'partial',
        open_items: [
          { code: 'missing', about: 'second' },
          { code: 'unresolved', about: 'third' },
        ],
        next_actions: [{ action: 'add_evidence' }, { action: 'add_evidence' }],
      },
      exceptions: [
        {
          exception_id: ticketId(command.work_order_id, 'evidence_gap', 2),
          exception_type: 'evidence_gap',
          status: 'waiting_on_requesting_agent',
          missing_items: ['second', 'third'],
        },
      ],
    })
  })

  test('insufficient evidence: a failed contract', () => {
    const command = exampleCommand(manifest, { evidence: { second: { reference: 'b' } } })
    const { contract } = buildResult(manifest, command, result, at)
    expect(checkResultContract(contract)).toEqual([])
    expect(contract.result_status).toBe('failed')
  })

  test('a run without conclusion: failed, complete, with ticket and the tool’s links', () => {
    const command = exampleCommand(manifest, { evidence: all })
    const fault = { code: 'PT-3003', detail: 'boom' }
    const { contract, links } = buildFailure(manifest, command, fault, at)
    expect(checkResultContract(contract)).toEqual([])
    expect(contract).toMatchObject({
      result_status: 'failed',
      machine_result: { evidence_status: 'insufficient', evidence_score: 0 },
      exceptions: [{ exception_type: 'tool_execution_pause', evidence_status: 'not_applicable' }],
    })
    expect(links.map(({ name }) => name)).toEqual(['evidence_checklist', 'readiness_result'])
  })

  test('no callback is due where the agent polls', () => {
    const { callback_url: _, ...command } = exampleCommand(manifest, { evidence: all })
    const polling = { ...command, callback_policy: 'status_polling_only' } as const
    const { contract } = buildResult(manifest, polling, result, at)
    expect(checkResultContract(contract)).toEqual([])
    expect(contract.callback).toEqual({
      callback_event_id: command.ids.callback_delivery,
      callback_status: 'ready',
    })
  })
})
