import {
  type CallbackDelivery,
  type CallbackStatus,
  type EventTypes,
  type ExecutionCommand,
  type IntakeDecision,
  keyOf,
  type PublicKey,
  type ResultContract,
  type SettlementReceipt,
  type UsageReceipt,
  type WorkOrder,
} from '@prooftrail/contracts'
import { exampleContract } from '@prooftrail/testing/contracts'
import {
  deriveId,
  generateKeyPair,
  type KeySet,
  Link,
  publicJwk,
  type Role,
  type SigningKey,
  settlementId,
  signingKeyFromJwk,
  trailKeyOf,
  workOrderId,
} from '@prooftrail/trail'
import type { AttestationInput } from './state.ts'

/** Signed inputs as the other services publish them, for tests. */

const NBF = Math.floor(Date.parse('2026-01-01T00:00:00Z') / 1000)

function makeKey(party: string, role: Role): SigningKey {
  return signingKeyFromJwk(generateKeyPair().privateKey, { party, roles: [role] })
}

export const exampleKeys = {
  agent: makeKey('agent-1', 'agent'),
  intake: makeKey('intake', 'intake'),
  dispatch: makeKey('dispatch', 'dispatch'),
  executor: makeKey('tokenops', 'executor'),
  receipt: makeKey('receipt', 'receipt'),
  callback: makeKey('callback', 'callback'),
  attestation: makeKey('attestation', 'attestation'),
  operator: makeKey('dispatch', 'operator'),
  log: makeKey('log.example/prooftrail', 'log'),
}
export const ORIGIN = 'log.example/prooftrail'

const { agent, executor, ...services } = exampleKeys
const entryOf = ({ party, roles, privateKey }: SigningKey) =>
  trailKeyOf({ party, roles, publicKey: publicJwk(privateKey) }, { nbf: NBF })

/** The deployment's key file. */
export const serviceKeys: KeySet = { keys: Object.values(services).map(entryOf) }
/** Everything that keys.json answers. */
export const allKeys: KeySet = { keys: Object.values(exampleKeys).map(entryOf) }

export function registered(type: 'agent' | 'tool'): AttestationInput {
  const key = type === 'agent' ? agent : executor
  const at = '2026-11-01T09:00:00.000Z'
  const keys: PublicKey[] = [{ kid: key.key_id, x: key.privateKey.x, nbf: NBF }]
  return type === 'agent'
    ? input('agent.registered', {
        agent_id: key.party,
        keys,
        account: 'acc',
        registered_at: at,
        revision: 1,
      })
    : input('tool.registered', {
        tool: key.party,
        keys,
        versions: [],
        registered_at: at,
        revision: 1,
      })
}

const PROOF_TRAIL = [
  'work_order',
  'execution_command',
  'result_contract',
  'settlement_receipt',
  'usage_receipt',
  'callback_delivery',
  'ledger_entry',
  'attestation',
]

export interface ExampleOptions {
  name?: string
  mode?: 'controlled_pilot' | 'standard'
  attempt?: number
  status?: 'ready' | 'failed'
  /** What became of the first callback attempt; `ready`: none is due. */
  callback?: 'delivered' | 'pending' | 'ready'
}

export interface Example {
  work_order_id: string
  task_token: string
  bound: AttestationInput
  result: AttestationInput
  usage: AttestationInput
  callback: AttestationInput
  /** The four above. */
  facts: AttestationInput[]
  /** A later callback attempt. */
  attempted(attempt: number, status: 'delivered' | 'parked' | 'pending'): AttestationInput
  /** The order refused by intake instead. */
  rejected: AttestationInput
}

/** One run of TokenOps, all its links signed. */
export function exampleRun(options: ExampleOptions = {}): Example {
  const { name = 'order-1', mode = 'controlled_pilot', attempt = 1, status = 'ready' } = options
  const first = options.callback ?? 'delivered'
  const work_order_id = workOrderId(agent.party, name)
  const id = (prefix: Parameters<typeof deriveId>[0], n = 0) => deriveId(prefix, work_order_id, n)
  const task_token = `tt_${work_order_id.slice(3)}`
  const agent_task_run_id = id('run')
  const settlement_id = settlementId('acc', 'fund-1', 0)
  const callback_url = 'https://agent.example/callback'
  const ids = {
    work_order: work_order_id,
    execution_command: id('cmd', attempt - 1),
    settlement_receipt: settlement_id,
    usage_receipt: id('usage'),
    callback_delivery: id('cb'),
    ledger_entry: id('le'),
    attestation: id('att'),
  }
  const common = { requested_tool: 'tokenops', requested_capability: 'settlement_evidence_review' }
  const pilot = mode === 'controlled_pilot' ? { pilot_id: 'tokenops_controlled_pilot_001' } : {}

  const order = Link.sign<'work_order', WorkOrder>(
    'work_order',
    {
      object_type: 'work_order',
      work_order_id,
      schema_version: 'prooftrail-work-order/v1',
      agent_id: agent.party,
      idempotency_key: name,
      ...common,
      execution_mode: mode,
      evidence: { settlement_reference: { reference: 'fund-1' } },
      ...(first === 'ready' ? { callback_policy: 'status_polling_only' } : { callback_url }),
      issued_at: '2026-11-01T10:00:00.000Z',
      expires_at: '2026-11-02T10:00:00.000Z',
    },
    [],
    agent,
  )
  const hold = {
    account: 'acc',
    credits_held: 25,
    remaining_credits: 75,
    credit_entry: 'acc/2',
    held_at: '2026-11-01T10:00:01.000Z',
  }
  const command = Link.sign<'execution_command', ExecutionCommand>(
    'execution_command',
    {
      object_type: 'execution_command',
      tool_command_id: id('cmd', attempt - 1),
      work_order_id,
      task_token,
      agent_id: agent.party,
      agent_task_run_id,
      execution_binding_id: id('eb'),
      attempt,
      deadline: '2026-11-01T10:10:00.000Z',
      manifest_version: '1.0.0',
      manifest_digest: `sha256:${'a'.repeat(64)}`,
      ...common,
      execution_mode: mode,
      ...pilot,
      evidence: order.object.evidence,
      ...(first === 'ready' ? {} : { callback_url }),
      callback_policy: first === 'ready' ? 'status_polling_only' : 'callback_required',
      proof_requirements: PROOF_TRAIL,
      ids: { ...ids, result_contract: id('rc') },
      hold: { account: 'acc', credits_held: 25, credit_entry: 'acc/2' },
      issued_at: '2026-11-01T10:00:02.000Z',
    },
    [order.ref],
    services.dispatch,
  )
  const failed = status === 'failed'
  const contract = Link.sign<'result_contract', ResultContract>(
    'result_contract',
    exampleContract(
      { work_order_id, task_token, ...common },
      {
        result_status: status,
        proof_objects: ids,
        receipts: { settlement_receipt: settlement_id, usage_receipt: id('usage') },
        callback: {
          callback_event_id: id('cb'),
          ...(first === 'ready' ? {} : { callback_url }),
          callback_status: first === 'ready' ? 'ready' : 'pending',
        },
        issued_at: '2026-11-01T10:00:03.000Z',
      },
    ),
    [command.ref],
    executor,
  )
  const settlement = Link.sign<'settlement_receipt', SettlementReceipt>(
    'settlement_receipt',
    {
      object_type: 'settlement_receipt',
      settlement_id,
      receipt_type: 'agent_settlement_receipt',
      settlement_provider: 'manual_invoice',
      settlement_status: 'credits_funded',
      credits_funded: 100,
      usage_receipt_policy: 'usage_receipts_record_credits_consumed_after_work_runs',
      agent_account_id: 'acc',
      provider_reference: 'fund-1',
      issued_at: '2026-11-01T08:00:00.000Z',
    },
    [],
    services.receipt,
  )
  const debited = failed ? 0 : 25
  const usage = Link.sign<'usage_receipt', UsageReceipt>(
    'usage_receipt',
    {
      object_type: 'usage_receipt',
      receipt_id: id('usage'),
      receipt_type: 'tokenops_usage_receipt',
      operating_tool: 'tokenops',
      work_order_id,
      agent_task_run_id,
      task_token,
      ...common,
      credits_held: 25,
      credits_debited: debited,
      credits_released: 25 - debited,
      remaining_credits: 100 - debited,
      result_status: status,
      evidence_status: contract.object.machine_result.evidence_status,
      settlement_reference: settlement_id,
      credit_ledger_entry: {
        ledger_entry_id: id('le'),
        agent_account_id: 'acc',
        credit_entry: 'acc/3',
        credits_funded: 100,
        credits_debited: debited,
        remaining_credits: 100 - debited,
        currency_or_unit: 'credits',
      },
      issued_at: '2026-11-01T10:00:04.000Z',
    },
    [contract.ref, settlement.ref],
    services.receipt,
  )

  const minute = (n: number) => `2026-11-01T10:${String(n).padStart(2, '0')}:05.000Z`
  function attempted(n: number, callback_status: CallbackStatus): AttestationInput {
    const isDelivered = callback_status === 'delivered'
    const object: CallbackDelivery = {
      object_type: 'callback_delivery',
      callback_event_id: id('cb'),
      work_order_id,
      agent_task_run_id,
      ...(callback_status === 'ready' ? {} : { callback_url }),
      callback_hash: `sha256:${'b'.repeat(64)}`,
      callback_status,
      attempt: n,
      ...(isDelivered
        ? { http_status: 200 }
        : callback_status === 'ready'
          ? {}
          : { http_status: 500 }),
      attempts: Array.from({ length: n }, (_, i) => ({
        attempt: i + 1,
        started_at: minute(i + 1),
        finished_at: minute(i + 1),
        outcome: i + 1 === n && isDelivered ? 'delivered' : 'failed',
        http_status: i + 1 === n && isDelivered ? 200 : 500,
      })),
      ...(callback_status === 'pending' ? { next_attempt_at: minute(n + 1) } : {}),
      issued_at: minute(n),
    }
    const after = [contract.ref, usage.ref]
    return input(
      'callback.attempted',
      Link.sign('callback_delivery', object, after, services.callback),
    )
  }

  const decision = Link.sign<'intake_decision', IntakeDecision>(
    'intake_decision',
    {
      object_type: 'intake_decision',
      decision_id: id('dec'),
      work_order_id,
      decision: 'rejected',
      reason_codes: ['PT-1010'],
      reasons: [{ code: 'PT-1010', detail: 'no such tool' }],
      policy_version: '1',
      work_order_digest: order.digest,
      issued_at: '2026-11-01T10:00:01.000Z',
    },
    [order.ref],
    services.intake,
  )

  const bound = input('execution.bound', {
    accepted_at: '2026-11-01T10:00:00.500Z',
    binding: {
      binding_id: id('eb'),
      work_order_id,
      task_token,
      agent_task_run_id,
      tool: 'tokenops',
      attempt,
      ids,
      proof_trail: PROOF_TRAIL,
      bound_at: '2026-11-01T10:00:02.000Z',
    },
    pins: {
      agent_key_id: agent.key_id,
      account: 'acc',
      callback_policy: command.object.callback_policy,
      tool: 'tokenops',
      manifest_version: '1.0.0',
      manifest_digest: `sha256:${'a'.repeat(64)}`,
      price: 25,
      limits: { heartbeat_seconds: 10, deadline_seconds: 600, max_attempts: 3 },
      proof_trail: PROOF_TRAIL,
      evidence_schema_digest: `sha256:${'c'.repeat(64)}`,
      policy_version: '1',
    },
    hold,
    order,
    command,
  })
  const result = input('result.accepted', {
    work_order_id,
    tool_command_id: command.object.tool_command_id,
    attempt,
    result_contract: contract,
  })
  const issued = input('usage-receipt.issued', {
    work_order_id,
    usage_receipt: usage,
    settlement_receipt: settlement,
    result_contract: contract,
    callback: {
      agent_id: agent.party,
      callback_policy: command.object.callback_policy,
      callback_event_id: id('cb'),
    },
  })
  const callback = attempted(first === 'ready' ? 0 : 1, first)
  return {
    work_order_id,
    task_token,
    bound,
    result,
    usage: issued,
    callback,
    facts: [bound, result, issued, callback],
    attempted,
    rejected: input('work-order.rejected', { work_order_id, task_token, order, decision }),
  }
}

let said = 0
/** A message as the loop hands it over. */
export function input<T extends keyof EventTypes>(type: T, data: EventTypes[T]): AttestationInput {
  said += 1
  const at = new Date(Date.parse('2026-11-01T11:00:00.000Z') + said).toISOString()
  // The union's member is picked by the type argument, which the compiler does not follow.
  return {
    id: `message-${said}`,
    type,
    at,
    key: keyOf(type, data),
    data,
  } as unknown as AttestationInput
}

/** An entry of a run that attestation refused. */
export function exampleEntry(
  work_order_id: string,
  ledger_entry_id = deriveId('le', work_order_id, 0),
): EventTypes['ledger.appended']['object'] {
  return {
    object_type: 'agent_task_run',
    ledger_entry_id,
    agent_task_run_id: 'run_x',
    work_order_id,
    requested_tool: 'tokenops',
    requested_capability: 'x',
    state: 'closed',
    created_at: '2026-11-01T10:00:00.000Z',
    events: [],
    credits: { held: 0, debited: 0, released: 0 },
    objects: [],
    verdict: 'refused',
    pilot: {
      tool: 'tokenops',
      execution_mode: 'standard',
      runtime_state: 'refused',
      proof_trail: [],
    },
    revision: 0,
    issued_at: '2026-11-01T10:00:00.000Z',
  }
}
