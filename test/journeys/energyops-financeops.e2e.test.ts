import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { caseOf } from '../toolkit/agent.ts'
import { startWorld, type TestWorld } from '../world.ts'

const TAIL = [
  'result_contract',
  'usage_receipt',
  'callback_delivery',
  'ledger_entry',
  'attestation',
]

const tools = [
  {
    tool: 'energyops',
    capability: 'interconnection_readiness_check',
    price: 15,
    complete: 'complete',
    lacking: 'incomplete',
    own: ['evidence_checklist', 'readiness_result'],
    concludes: ['readiness_result', { readiness_status: 'ready' }],
  },
  {
    tool: 'financeops',
    capability: 'reconciliation_check',
    price: 20,
    complete: 'all-matched',
    lacking: 'missing-class',
    own: ['reconciliation_result'],
    concludes: ['reconciliation_result', { reconciliation_status: 'matched' }],
  },
] as const

let world: TestWorld
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world?.stop())

describe.concurrent.for(tools)('given an order for $tool', (given) => {
  const { tool, capability, price, complete, lacking, own, concludes } = given
  const asking = {
    requested_tool: tool,
    requested_capability: capability,
    proof_requirements: undefined,
    workflow_context: undefined,
  }

  test('that is complete, then its trail is ready and holds the records of the tool', async () => {
    const agent = await world.newAgent(tool)
    const order = agent.order({ ...asking, ...caseOf(tool, complete) })
    await world.publish(order)
    const trail = await world.trailOf(order.object.work_order_id)

    expect(trail.verdict.verdict).toBe('ready')
    const proof_trail = ['work_order', 'execution_command', ...own, ...TAIL]
    expect(trail.bundle.links.map(({ name }) => name)).toEqual(proof_trail)
    expect(trail.bundle.pilot).toEqual({
      pilot_id: `${tool}_controlled_pilot_001`,
      tool,
      execution_mode: 'controlled_pilot',
      runtime_state: 'ready_for_operator_review',
      proof_trail,
    })
    const [name, conclusion] = concludes
    expect(trail.object(name)).toMatchObject(conclusion)
    expect(trail.object('usage_receipt')).toMatchObject({
      receipt_type: `${tool}_usage_receipt`,
      operating_tool: tool,
      credits_debited: price,
    })
    expect(trail.object('usage_receipt')).not.toHaveProperty('settlement_reference')
    expect(agent.callbacks.received).toHaveLength(1)
  })

  test('that lacks evidence, then it is partial and says what is missing', async () => {
    const agent = await world.newAgent(`${tool}_lacking`)
    const order = agent.order({ ...asking, ...caseOf(tool, lacking) })
    await world.publish(order)
    const trail = await world.trailOf(order.object.work_order_id)

    expect(trail.verdict.verdict).toBe('partial')
    const contract = trail.object('result_contract')
    expect(contract).toMatchObject({ machine_result: { evidence_status: 'partial' } })
    const tickets: { exception_type: string }[] = Object(contract).exceptions
    const ticket = tickets.find(({ exception_type }) => exception_type === 'evidence_gap')
    expect(ticket).toMatchObject({ status: 'waiting_on_requesting_agent' })
    const missing: string[] = Object(ticket).missing_items
    expect(missing.length).toBeGreaterThan(0)
    const items = Object(contract.machine_result).open_items
    expect(items.map(({ about }: { about: string }) => about)).toEqual(
      expect.arrayContaining(missing),
    )
  })
})
