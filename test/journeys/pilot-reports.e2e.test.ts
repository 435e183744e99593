/** The examples that people send, each followed to what its operator reviews. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { example } from '../toolkit/agent.ts'
import { startWorld, type TestWorld } from '../world.ts'

let world: TestWorld
beforeAll(async () => {
  world = await startWorld()
})
afterAll(() => world?.stop())

const TAIL = ['usage_receipt', 'callback_delivery', 'ledger_entry', 'attestation']

const given = [
  {
    ...{ file: 'tokenops-complete', tool: 'tokenops', verdict: 'ready', offered: true },
    ...{ own: [], settlement: 'linked', missing: [], applies: [] },
  },
  {
    ...{ file: 'tokenops-missing-item', tool: 'tokenops', verdict: 'partial', offered: false },
    ...{ own: [], settlement: 'linked', missing: ['missing payment_request_artifact'] },
    applies: ['add_evidence', 'replay_from_checkpoint', 'close'],
  },
  {
    ...{ file: 'energyops-complete', tool: 'energyops', verdict: 'ready', offered: true },
    ...{ own: ['evidence_checklist', 'readiness_result'], settlement: 'not_in_trail' },
    ...{ missing: [], applies: [] },
  },
  {
    ...{ file: 'energyops-gaps', tool: 'energyops', verdict: 'partial', offered: false },
    ...{ own: ['evidence_checklist', 'readiness_result'], settlement: 'not_in_trail' },
    missing: ['missing diagrams', 'stale study_artifacts', 'unresolved site_control'],
    applies: ['add_evidence', 'replay_from_checkpoint', 'close'],
  },
  {
    ...{ file: 'financeops-matched', tool: 'financeops', verdict: 'ready', offered: true },
    ...{ own: ['reconciliation_result'], settlement: 'not_in_trail', missing: [], applies: [] },
  },
  {
    ...{ file: 'financeops-differences', tool: 'financeops', verdict: 'ready', offered: false },
    ...{ own: ['reconciliation_result'], settlement: 'not_in_trail', missing: [] },
    applies: ['close_exception'],
  },
] as const

interface Report {
  steps: { name: string; status: string }[]
  missing_items: { code: string; about: string }[]
  options: { action: string; applies: boolean; reason: string }[]
  offer_readiness: { ready: boolean; reasons: string[] }
}

/** The trail of an example, and its report in the three forms. */
async function followed(file: string) {
  const agent = await world.newAgent(file.replaceAll('-', '_'))
  const { agent_id: _agent, callback_url: _url, ...asked } = example(file)
  // an example of another tool than the toolkit's leaves out what it does not say
  const others = { proof_requirements: undefined, workflow_context: undefined, pilot_id: undefined }
  const order = agent.order({ ...others, ...asked })
  await world.publish(order)
  const id = order.object.work_order_id
  const trail = await world.trailOf(id)
  const url = `${world.url('console')}/v1/tasks/${id}/report`
  const as = async (accept: string) => (await fetch(url, { headers: { accept } })).text()
  const report = await world.until(`report of ${id}`, async () => {
    const { status, body } = await world.get('console', `/v1/tasks/${id}/report`)
    return status === 200 && body.runtime_state !== 'not_sealed' ? body : undefined
  })
  return { trail, report, page: await as('text/html'), text: await as('text/plain') }
}

describe.concurrent.for(given)('given examples/$file.json', (one) => {
  test('then its trail has the stated order, and its report all that an operator decides by', async () => {
    const { trail, report, page, text } = await followed(one.file)
    const settled = one.settlement === 'linked' ? ['settlement_receipt'] : []
    const proof_trail = [
      ...['work_order', 'execution_command', ...one.own, 'result_contract', ...settled],
      ...TAIL,
    ]
    expect(trail.verdict.verdict).toBe(one.verdict)
    expect(trail.bundle.links.map(({ name }) => name)).toEqual(proof_trail)
    expect(report).toMatchObject({
      object_type: 'pilot_report',
      pilot: {
        pilot_id: `${one.tool}_controlled_pilot_001`,
        runtime_state: 'ready_for_operator_review',
        proof_trail,
      },
      runtime_state: 'ready_for_operator_review',
      verdict: one.verdict,
      retry_state: {
        execution: { state: 'result_accepted', attempt: 1 },
        callback: { state: 'delivered', attempt: 1 },
      },
      callback_delivery: { callback_status: 'delivered', http_status: 200 },
      receipt_status: {
        settlement_receipt: { status: one.settlement },
        usage_receipt: { status: 'issued' },
      },
      proof_envelope: { ready: true, missing: [] },
      offer_readiness: { ready: one.offered },
    })
    // the console answers the shape that its README promises
    const { steps, missing_items, options, offer_readiness } = report as unknown as Report
    expect(steps.at(-1)).toMatchObject({ name: 'operator_review', status: 'waiting' })
    expect(missing_items.map(({ code, about }) => `${code} ${about}`).sort()).toEqual(one.missing)
    const open = options.filter(({ applies }) => applies).map(({ action }) => action)
    expect(open).toEqual(expect.arrayContaining([...one.applies, 'close']))
    expect(options.filter(({ reason }) => reason === '')).toEqual([])
    expect(offer_readiness.reasons.length).toBeGreaterThan(0)
    for (const form of [page, text]) {
      expect(form).toContain(`${one.tool}_controlled_pilot_001`)
      for (const reason of offer_readiness.reasons.filter(() => !one.offered)) {
        expect(form).toContain(reason)
      }
    }
  })
})

test('given amounts that differ, a duplicate and an absent confirmation, then exactly these three are found', async () => {
  const { trail } = await followed('financeops-differences')
  const { exception_records } = Object(trail.object('reconciliation_result'))
  expect(exception_records.map((one: { exception_type: string }) => one.exception_type)).toEqual([
    ...['amount_mismatch', 'duplicate_record', 'missing_confirmation'],
  ])
})
