import {
  type CallbackDelivery,
  type CallbackStatus,
  type EventTypes,
  type ExceptionTicket,
  type ExceptionType,
  type ExecutionProgressed,
  keyOf,
  type LedgerEntry,
  type Pins,
  type ResultContract,
  STUCK_AFTER,
  type TopicName,
  type UsageReceipt,
  type Verdict,
  type WorkOrder,
} from '@prooftrail/contracts'
import { RetryLater } from '@prooftrail/runtime'
import { exampleContract } from '@prooftrail/testing/contracts'
import { exampleKey } from '@prooftrail/testing/trail'
import { deriveId, Link, type LinkName, ticketId, workOrderId } from '@prooftrail/trail'
import { digestOf, isRecordOf, type SignedRecord, signRecord } from '@prooftrail/trail/encoding'
import { consoleService } from './service.ts'
import type { ConsoleInput, Context, RunState, State } from './state.ts'

/** Facts of one EnergyOps pilot as the other services publish them, for tests. */

export const WO = workOrderId('agent-1', 'order-1')
export const TOKEN = `tt_${WO.slice(3)}`
export const PILOT = 'energyops_controlled_pilot_001'
export const PROOF_TRAIL = [
  'work_order',
  'execution_command',
  'evidence_checklist',
  'readiness_result',
  'result_contract',
  'usage_receipt',
  'callback_delivery',
  'ledger_entry',
  'attestation',
]

export const toolKey = exampleKey('energyops', ['executor'])

/** RFC 3339, so many seconds after the order. */
export function at(seconds: number): string {
  return new Date(Date.parse('2026-11-01T10:00:00.000Z') + seconds * 1000).toISOString()
}

/** A link that nobody verifies. */
export function linkOf<K extends LinkName, T>(kind: K, object: T): Link<K, T> {
  return Link.fromWire(kind, { object, after: [], key_id: 'key', signature: 'c2ln' })
}

const id = (prefix: Parameters<typeof deriveId>[0], n = 0) => deriveId(prefix, WO, n)
const tool = {
  requested_tool: 'energyops',
  requested_capability: 'interconnection_readiness_check',
}

export function input<T extends ConsoleInput['type'] & TopicName>(
  type: T,
  seconds: number,
  data: EventTypes[T],
): ConsoleInput {
  // the type and its data belong together by the signature
  const key = keyOf(type, data)
  return { id: digestOf([type, seconds]), type, at: at(seconds), key, data } as ConsoleInput
}

export const order: WorkOrder = {
  object_type: 'work_order',
  work_order_id: WO,
  schema_version: 'prooftrail-work-order/v1',
  agent_id: 'agent-1',
  idempotency_key: 'order-1',
  ...tool,
  execution_mode: 'controlled_pilot',
  evidence: {},
  callback_url: 'https://agent.example/callback',
  issued_at: at(0),
  expires_at: at(86_400),
}

const pins: Pins = {
  agent_key_id: 'key',
  account: 'acme',
  callback_url: 'https://agent.example/callback',
  callback_policy: 'callback_required',
  tool: 'energyops',
  pilot_id: PILOT,
  manifest_version: '1.0.0',
  manifest_digest: digestOf('manifest'),
  price: 15,
  limits: { heartbeat_seconds: 30, deadline_seconds: 600, max_attempts: 3 },
  proof_trail: PROOF_TRAIL,
  evidence_schema_digest: digestOf('schema'),
  policy_version: '1',
}

export function accepted(
  more: Partial<WorkOrder> = {},
  pinned: { pilot_id?: string } = { pilot_id: PILOT },
): ConsoleInput {
  const object = { ...order, ...more }
  const { pilot_id: _pilot, ...others } = pins
  return input('work-order.accepted', 1, {
    accepted: {
      work_order_id: WO,
      task_token: TOKEN,
      order: linkOf('work_order', object),
      pins: { ...others, ...pinned },
      accepted_at: at(1),
    },
  })
}

export const held = input('credits.held', 2, {
  accepted: {
    work_order_id: WO,
    task_token: TOKEN,
    order: linkOf('work_order', order),
    pins,
    accepted_at: at(1),
  },
  hold: {
    account: 'acme',
    credits_held: 15,
    remaining_credits: 85,
    credit_entry: 'acme/1',
    held_at: at(2),
  },
})

export const rejected = input('work-order.rejected', 1, {
  work_order_id: WO,
  task_token: TOKEN,
  order: linkOf('work_order', order),
  decision: linkOf('intake_decision', {
    object_type: 'intake_decision',
    decision_id: id('dec'),
    work_order_id: WO,
    decision: 'rejected',
    reason_codes: ['PT-1010'],
    reasons: [{ code: 'PT-1010', detail: 'no such capability' }],
    policy_version: '1',
    work_order_digest: digestOf('order'),
    issued_at: at(1),
  }),
})

export function bound(attempt: number, seconds: number): ConsoleInput {
  const execution_command = id('cmd', attempt - 1)
  const ids = { work_order: WO, execution_command, attestation: id('att') }
  return input('execution.bound', seconds, {
    binding: {
      binding_id: id('eb'),
      work_order_id: WO,
      task_token: TOKEN,
      agent_task_run_id: id('run'),
      tool: 'energyops',
      attempt,
      ids,
      proof_trail: PROOF_TRAIL,
      bound_at: at(seconds),
    },
    accepted_at: at(1),
    pins,
    hold: {
      account: 'acme',
      credits_held: 15,
      remaining_credits: 85,
      credit_entry: 'acme/1',
      held_at: at(2),
    },
    order: linkOf('work_order', order),
    command: linkOf('execution_command', {
      object_type: 'execution_command',
      tool_command_id: execution_command,
      work_order_id: WO,
      task_token: TOKEN,
      agent_id: 'agent-1',
      agent_task_run_id: id('run'),
      execution_binding_id: id('eb'),
      attempt,
      deadline: at(seconds + 600),
      manifest_version: '1.0.0',
      manifest_digest: digestOf('manifest'),
      ...tool,
      execution_mode: 'controlled_pilot',
      evidence: {},
      callback_policy: 'callback_required',
      proof_requirements: PROOF_TRAIL,
      ids,
      hold: { account: 'acme', credits_held: 15, credit_entry: 'acme/1' },
      issued_at: at(seconds),
    }),
  })
}

/** A heartbeat of a bound attempt; members may be other ones. The tool's key signs it. */
export function progressed(
  attempt: number,
  sequence: number,
  seconds: number,
  more: Partial<ExecutionProgressed> = {},
): ConsoleInput {
  const said: ExecutionProgressed = {
    work_order_id: WO,
    tool: 'energyops',
    tool_command_id: id('cmd', attempt - 1),
    attempt,
    sequence,
    state: sequence === 1 ? 'started' : 'running',
    at: at(seconds),
    key_id: toolKey.key_id,
    ...more,
  }
  return input('execution.progressed', seconds, signRecord(said, toolKey.privateKey))
}

export function resultOf(status: 'ready' | 'partial'): ResultContract {
  const isReady = status === 'ready'
  return exampleContract(
    { work_order_id: WO, task_token: TOKEN, ...tool },
    {
      result_status: status,
      human_summary: isReady ? 'The packet is ready.' : 'diagrams are missing.',
      proof_objects: { work_order: WO },
      issued_at: at(20),
    },
    isReady
      ? {}
      : {
          evidence_score: 85,
          open_items: [{ code: 'missing', about: 'diagrams' }],
          next_actions: [{ action: 'add_evidence' }],
        },
  )
}

export function resulted(status: 'ready' | 'partial' = 'ready', attempt = 1): ConsoleInput {
  return input('result.accepted', 21, {
    work_order_id: WO,
    tool_command_id: id('cmd', attempt - 1),
    attempt,
    result_contract: linkOf('result_contract', resultOf(status)),
  })
}

const usage: UsageReceipt = {
  object_type: 'usage_receipt',
  receipt_id: id('usage'),
  receipt_type: 'energyops_usage_receipt',
  operating_tool: 'energyops',
  work_order_id: WO,
  agent_task_run_id: id('run'),
  task_token: TOKEN,
  ...tool,
  credits_held: 15,
  credits_debited: 15,
  credits_released: 0,
  remaining_credits: 85,
  result_status: 'ready',
  evidence_status: 'sufficient',
  credit_ledger_entry: {
    ledger_entry_id: id('le'),
    agent_account_id: 'acme',
    credit_entry: 'acme/2',
    credits_funded: 100,
    credits_debited: 15,
    remaining_credits: 85,
    currency_or_unit: 'credits',
  },
  issued_at: at(22),
}

export const charged = input('usage-receipt.issued', 22, {
  work_order_id: WO,
  usage_receipt: linkOf('usage_receipt', usage),
  result_contract: linkOf('result_contract', resultOf('ready')),
  callback: {
    agent_id: 'agent-1',
    callback_policy: 'callback_required',
    callback_event_id: id('cb'),
  },
})

export function delivery(
  callback_status: CallbackStatus,
  attempt: number,
  seconds: number,
  more: Partial<CallbackDelivery> = {},
): ConsoleInput {
  return input(
    'callback.attempted',
    seconds,
    linkOf('callback_delivery', {
      object_type: 'callback_delivery',
      callback_event_id: id('cb'),
      work_order_id: WO,
      agent_task_run_id: id('run'),
      callback_hash: digestOf('body'),
      callback_status,
      attempt,
      attempts: [],
      issued_at: at(seconds),
      ...more,
    }),
  )
}

export function ticketOf(type: ExceptionType, seconds: number, n = 0): ExceptionTicket {
  return {
    object_type: 'agent_exception_ticket',
    exception_id: ticketId(WO, type, n),
    work_order_id: WO,
    agent_task_run_id: id('run'),
    requested_tool: 'energyops',
    exception_type: type,
    severity: 'medium',
    status: 'open',
    created_at: at(seconds),
    issued_at: at(seconds),
  }
}

export function opened(type: ExceptionType, seconds: number): ConsoleInput {
  return input('exception.opened', seconds, linkOf('exception_ticket', ticketOf(type, seconds)))
}

export function resolved(type: ExceptionType, seconds: number): ConsoleInput {
  return input('exception.resolved', seconds, {
    work_order_id: WO,
    exception_id: ticketId(WO, type, 0),
    exception_type: type,
    status: 'resolved',
    resolution: 'a result came after all',
    resolved_at: at(seconds),
  })
}

export function entered(revision: number, seconds: number, names: readonly string[]): ConsoleInput {
  const object: LedgerEntry = {
    object_type: 'agent_task_run',
    ledger_entry_id: id('le', revision),
    agent_task_run_id: id('run'),
    work_order_id: WO,
    ...tool,
    state: 'callback_delivered',
    created_at: at(3),
    events: [],
    credits: { held: 15, debited: 15, released: 0 },
    objects: names.map((name) => ({
      name,
      digest: digestOf(name),
      statement_digest: digestOf([name]),
      key_id: 'key',
    })),
    verdict: 'ready',
    pilot: {
      pilot_id: PILOT,
      tool: 'energyops',
      execution_mode: 'controlled_pilot',
      runtime_state: 'ready_for_operator_review',
      proof_trail: PROOF_TRAIL,
    },
    revision,
    issued_at: at(seconds),
  }
  return input('ledger.appended', seconds, linkOf('ledger_entry', object))
}

export function attested(
  revision: number,
  seconds: number,
  verdict: Verdict = 'ready',
): ConsoleInput {
  const runtime_state = verdict === 'refused' ? 'refused' : 'ready_for_operator_review'
  return input('trail.attested', seconds, {
    work_order_id: WO,
    task_token: TOKEN,
    revision,
    verdict,
    runtime_state,
    ledger_entry_id: id('le', revision),
    attestation_id: id('att', revision),
    log_index: 7 + revision,
    statement: {},
    key_id: 'key',
    signature: 'c2ln',
    issued_at: at(seconds),
  })
}

export const registered = input('tool.registered', 0, {
  tool: 'energyops',
  keys: [],
  versions: [
    {
      version: '1.0.0',
      manifest: {
        title: 'EnergyOps',
        steps: ['Validate', 'Create', 'Check', 'Return', 'Review'],
      },
      manifest_digest: digestOf('manifest'),
      price: 15,
      registered_at: at(0),
    },
  ],
  registered_at: at(0),
  revision: 1,
})

/** Every link but the closing two. */
export const SEALED_LINKS = PROOF_TRAIL.slice(0, -2)

/** A run that went well, to its first seal. */
export function goodRun(): ConsoleInput[] {
  return [
    accepted(),
    held,
    bound(1, 3),
    progressed(1, 1, 4),
    resulted(),
    charged,
    delivery('delivered', 1, 24, { http_status: 200 }),
    entered(0, 25, SEALED_LINKS),
    attested(0, 26),
  ]
}

const byTool = { has: (said: SignedRecord) => isRecordOf(said, toolKey.privateKey) }
export const consoleKey = exampleKey('console', ['operator'])
export const context: Context = {
  key: consoleKey,
  ...{ genuine: byTool, genuineParked: byTool, tools: { has: () => true } },
  stuckAfter: STUCK_AFTER,
  publicUrl: 'https://console.example',
}

/** What the console knows after these facts; what asks to wait is asked again after each of the others. */
export function told(inputs: readonly ConsoleInput[], from: State = { status: 'absent' }): State {
  let state = from
  let waiting: ConsoleInput[] = []
  for (const input of inputs) {
    const open: ConsoleInput[] = [input, ...waiting]
    waiting = []
    for (const one of open) {
      try {
        for (const event of consoleService.decide(state, one, context)) {
          state = consoleService.evolve(state, event)
        }
      } catch (error) {
        if (!(error instanceof RetryLater)) throw error
        waiting.push(one)
      }
    }
  }
  return state
}

export function runOf(inputs: readonly ConsoleInput[]): RunState {
  const state = told(inputs)
  if (state.status !== 'run') throw new Error('these facts make no run')
  return state
}
