import {
  CALLBACK_STATUS,
  EXCEPTION_TYPES,
  LIFECYCLE_STATES,
  RUN_EVENT_TYPES,
  SEVERITIES,
  TASK_RUN_STATES,
  TICKET_STATUS,
} from '@prooftrail/contracts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { example } from '../toolkit/agent.ts'
import type { VerifiedTrail } from '../toolkit/trail-of.ts'
import { type RegisteredAgent, startWorld, type TestWorld } from '../world.ts'

/** What each object must say: its required members, with the values that are fixed. */
const text = expect.stringMatching(/./)
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const url = expect.stringMatching(/^https?:\/\/\S+$/)
const object = expect.objectContaining({})
const oneOf = (list: readonly string[]) => expect.toBeOneOf([...list])
const number = expect.any(Number)

const RESULT_STATUS = ['ready', 'partial', 'failed', 'delivered']
const WORK = { work_order_id: text, agent_task_run_id: text, requested_tool: 'tokenops' }

const RESULT_CONTRACT = {
  object_type: 'agent_result_contract',
  contract_version: '2.0',
  result_contract_id: text,
  task_token: text,
  requested_tool: 'tokenops',
  lifecycle_state: oneOf(LIFECYCLE_STATES),
  result_status: oneOf(RESULT_STATUS),
  machine_result: object,
  human_summary: text,
  proof_objects: object,
  receipts: object,
  callback: object,
  issued_at: time,
}

const RESULT_PACKAGE = {
  package_type: 'tokenops_result_package',
  operating_tool: 'tokenops',
  evidence_status: oneOf(['sufficient', 'partial', 'insufficient']),
  evidence_score: number,
}

const SETTLEMENT_RECEIPT = {
  receipt_type: 'agent_settlement_receipt',
  settlement_provider: 'manual_invoice',
  settlement_status: 'credits_funded',
  credits_funded: number,
  usage_receipt_policy: 'usage_receipts_record_credits_consumed_after_work_runs',
}
const NEVER_IN_SETTLEMENT = [
  'credits_debited',
  'credits_held',
  'credits_consumed',
  'remaining_credits',
]

const USAGE_RECEIPT = {
  ...WORK,
  receipt_id: text,
  receipt_type: 'tokenops_usage_receipt',
  operating_tool: 'tokenops',
  credits_held: number,
  credits_debited: number,
  credits_released: number,
  remaining_credits: number,
  result_status: oneOf(RESULT_STATUS),
  credit_ledger_entry: {
    ledger_entry_id: text,
    agent_account_id: text,
    credits_funded: number,
    credits_debited: number,
    remaining_credits: number,
    currency_or_unit: text,
  },
  issued_at: time,
}

const CALLBACK_PAYLOAD = {
  ...WORK,
  payload_type: 'agent_callback_payload',
  event_type: oneOf(['task_result_ready', 'task_result_partial', 'task_result_failed']),
  result_status: oneOf(RESULT_STATUS),
  result_url: url,
  issued_at: time,
  sealed: false,
  trail_url: url,
  result_contract: RESULT_CONTRACT,
  usage_receipt: USAGE_RECEIPT,
  result_package: RESULT_PACKAGE,
}

const EXCEPTION_TICKET = {
  object_type: 'agent_exception_ticket',
  exception_id: text,
  agent_task_run_id: text,
  requested_tool: 'tokenops',
  exception_type: oneOf(EXCEPTION_TYPES),
  severity: oneOf(SEVERITIES),
  status: oneOf(TICKET_STATUS),
  created_at: time,
}

const LEDGER_ENTRY = {
  ...WORK,
  object_type: 'agent_task_run',
  state: oneOf(TASK_RUN_STATES),
  created_at: time,
}

const STATE_EVENT = {
  event_type: oneOf(RUN_EVENT_TYPES),
  agent_task_run_id: text,
  to_state: oneOf(LIFECYCLE_STATES),
  occurred_at: time,
}

const ATTESTATION = {
  attestation_type: 'agent_result_attestation',
  requested_tool: 'tokenops',
  result_status: oneOf(RESULT_STATUS),
  evidence_status: oneOf(['sufficient', 'partial', 'insufficient']),
  result_package_hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
}

const DELIVERY_HEADERS = {
  'webhook-id': text,
  'webhook-timestamp': expect.stringMatching(/^\d{10}$/),
  'webhook-signature': expect.stringMatching(/v1,\S+ v1a,\S+/),
  'prooftrail-callback-event': 'task_result_partial',
  'prooftrail-callback-hash': expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
}

let world: TestWorld
let agent: RegisteredAgent
let trail: VerifiedTrail
beforeAll(async () => {
  world = await startWorld()
  agent = await world.newAgent('members')
  const order = agent.order({ evidence: example('tokenops-missing-item').evidence })
  await world.publish(order)
  trail = await world.trailOf(order.object.work_order_id)
})
afterAll(() => world?.stop())

describe('given the trail of a partial TokenOps run', () => {
  test('then every object has its required members and fixed values', () => {
    const contract = trail.object('result_contract')
    expect(contract).toMatchObject(RESULT_CONTRACT)
    expect(Object(contract.machine_result).result_package).toMatchObject(RESULT_PACKAGE)
    expect(trail.object('settlement_receipt')).toMatchObject(SETTLEMENT_RECEIPT)
    for (const name of NEVER_IN_SETTLEMENT) {
      expect(trail.object('settlement_receipt')).not.toHaveProperty(name)
    }
    expect(trail.object('usage_receipt')).toMatchObject(USAGE_RECEIPT)
    expect(trail.object('ledger_entry')).toMatchObject(LEDGER_ENTRY)
    expect(trail.object('attestation')).toMatchObject(ATTESTATION)
    expect(trail.object('callback_delivery')).toMatchObject({
      callback_status: oneOf(CALLBACK_STATUS),
      callback_hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    })
  })

  test('then its state events are steps of the run in the order of time', () => {
    const events: { occurred_at: string; event_type: string }[] = Object(
      trail.object('ledger_entry').events,
    )
    for (const event of events) expect(event).toMatchObject(STATE_EVENT)
    const times = events.map(({ occurred_at }) => occurred_at)
    expect(times).toEqual([...times].sort())
    expect(events.map(({ event_type }) => event_type)).toEqual(
      expect.arrayContaining([
        'run_created',
        'credit_reserved',
        'result_package_ready',
        'usage_receipt_issued',
        'callback_delivered',
      ]),
    )
  })

  test('then its tickets say what an exception ticket must', async () => {
    const [ticket] = Object(trail.object('result_contract')).exceptions
    expect(ticket).toMatchObject(EXCEPTION_TICKET)
    const opened = await world.until('opened ticket', () => {
      return world.heard('exception.opened', String(trail.verdict.work_order_id))[0]
    })
    expect(opened.value.object).toMatchObject(EXCEPTION_TICKET)
  })

  test('then its callback says what a callback payload must', () => {
    const [callback] = agent.callbacks.received
    const body = JSON.parse(String(callback?.body))
    expect(body).toMatchObject(CALLBACK_PAYLOAD)
    expect(callback?.headers).toMatchObject(DELIVERY_HEADERS)
    expect(body.callback_event_id ?? callback?.headers['webhook-id']).toBe(
      callback?.headers['webhook-id'],
    )
    // byte for byte the trail's
    for (const link of body.links) {
      expect(trail.bundle.links).toContainEqual(link)
    }
    expect(body.links.map(({ name }: { name: string }) => name)).toEqual([
      'result_contract',
      'settlement_receipt',
      'usage_receipt',
    ])
  })

  test('then every id that the result contract names is an object of the trail', () => {
    const { proof_objects } = trail.object('result_contract')
    const named = Object.entries(Object(proof_objects))
    expect(named.map(([name]) => name).sort()).toEqual(
      trail.bundle.pilot.proof_trail.filter((name) => name !== 'result_contract').sort(),
    )
    for (const [name, id] of named) {
      expect({ name, ids: Object.values(trail.object(name)) }).toEqual({
        name,
        ids: expect.arrayContaining([id]),
      })
    }
  })

  test('then the console reads the same records', async () => {
    const token = trail.object('result_contract').task_token
    const contract = await world.until('result contract at the console', async () => {
      const { status, body } = await world.get('console', `/v1/tasks/${token}/result-contract`)
      return status === 200 ? body : undefined
    })
    expect(contract).toEqual(trail.object('result_contract'))
  })
})
