/** The tools that come with the product are tools like anybody's, and hold what they promise. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startWorld, type TestWorld } from '../world.ts'
import { prooftrailJson } from './prooftrail.ts'

const TOOLS = ['tokenops', 'energyops', 'financeops']
const ROOT = new URL('../..', import.meta.url).pathname

let world: TestWorld
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world?.stop())

interface Report {
  passed: boolean
  checks: { name: string; outcome: string; detail?: string }[]
}

interface Shown {
  tools: { tool: string; versions: { version: string; conformance: string }[] }[]
}

describe('given the tools of the product', () => {
  test('when the conformance suite is run on each, then each passes as it is now', async () => {
    const reports = await Promise.all(
      TOOLS.map((tool) => {
        const folder = `services/executors/${tool}`
        return prooftrailJson<Report>(ROOT, 'tools', 'check', folder, '--no-record')
      }),
    )
    for (const { passed, checks } of reports) {
      expect(checks.filter(({ outcome }) => outcome !== 'passed')).toEqual([])
      expect(passed).toBe(true)
    }
  }, 240_000)

  test('when they are listed, then they are announced as checked', async () => {
    const { tools } = await prooftrailJson<Shown>(ROOT, 'tools', 'list')
    const shown = new Map(tools.map(({ tool, versions }) => [tool, versions[0]?.conformance]))
    for (const tool of TOOLS) expect([tool, shown.get(tool)]).toEqual([tool, 'checked'])
  }, 60_000)
})

describe('given ten thousand records in one FinanceOps order', () => {
  test('then they are reconciled in seconds, and order and result are each within the limit', async () => {
    const agent = await world.newAgent('ten_thousand')
    const record = (kind: string, n: number, amount: object) => ({
      ...{ record_id: `${kind}-${n}`, currency: 'USD', provider_reference: `p${n}`, ...amount },
    })
    const numbers = Array.from({ length: 5_000 }, (_, n) => n)
    const received = (n: number) => (n % 1_000 === 7 ? `${n}.11` : `${n}.10`)
    const order = agent.order({
      ...{ requested_tool: 'financeops', requested_capability: 'reconciliation_check' },
      ...{ proof_requirements: undefined, workflow_context: undefined },
      evidence: {
        invoice_record: {
          reference: 'invoices.csv',
          records: numbers.map((n) => record('i', n, { expected_amount: `${n}.10` })),
        },
        provider_confirmation: {
          reference: 'confirmations.csv',
          records: numbers.map((n) => record('c', n, { received_amount: received(n) })),
        },
      },
    })
    expect(sizeOf(order)).toBeLessThan(1_500_000)
    await world.publish(order)
    const trail = await world.trailOf(order.object.work_order_id)
    expect(trail.verdict.verdict).toBe('ready')
    const result = trail.object('reconciliation_result')
    expect(result).toMatchObject({
      normalized_records: { count: 10_000 },
      reconciliation_checks: { agreeing: { count: 4_995 } },
      exception_records: Array.from({ length: 5 }, () => ({ exception_type: 'amount_mismatch' })),
    })
    const contract = trail.object('result_contract')
    expect(sizeOf(contract) + sizeOf(result)).toBeLessThan(20_000)
    const [from, to] = [trail.object('execution_command'), contract].map(({ issued_at }) =>
      Date.parse(String(issued_at)),
    )
    expect(Number(to) - Number(from)).toBeLessThan(20_000)
  }, 120_000)
})

function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}
