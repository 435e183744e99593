/** Runs in every state, and acts on them as agents and operators sign them. */
import {
  ACTS,
  type Actor,
  type ActState,
  actObjectType,
  type ExceptionResolved,
  type ExceptionTicket,
  type ExecutionBound,
  type RecoveryAct,
  type RecoveryAction,
} from '@prooftrail/contracts'
import { given } from '@prooftrail/testing/runtime'
import { exampleKey, verifiedBy } from '@prooftrail/testing/trail'
import { deriveId, Link, type Ref, type SigningKey, ticketId, trailKeyOf } from '@prooftrail/trail'
import {
  after,
  context as basicContext,
  contextTool,
  dueAt,
  held,
  heldInput,
  produced,
  toolKey,
  WORK_ORDER_ID,
} from '../dispatch.fixtures.ts'
import { dispatch } from '../service.ts'
import type { AgentState, DispatchEvent, DispatchInput, State } from '../state.ts'

export const agentKey = exampleKey('agent-example', ['agent'])
export const operatorKey = exampleKey('dispatch', ['operator'])
/** Of an operator who signs with a key of her own. */
export const adaKey = exampleKey('ada', ['operator'])
export const strangerKey = exampleKey('agent-other', ['agent'])

export const agentOf = (key: SigningKey): AgentState => ({
  status: 'agent',
  agent_id: key.party,
  account: key.party,
  keys: [{ kid: key.key_id, x: key.privateKey.x }],
  registered_at: '2026-11-01T09:00:00.000Z',
  revision: 0,
})
export const publicOf = ({ party, roles, privateKey: { kty, crv, x } }: SigningKey) =>
  trailKeyOf({ party, roles, publicKey: { kty, crv, x } }, {})

export const context = basicContext({
  tools: new Map([['tokenops', contextTool]]),
  agents: new Map([agentKey, strangerKey].map((key) => [key.party, agentOf(key)])),
  operators: new Map([operatorKey, adaKey].map((key) => [key.key_id, publicOf(key)])),
  verified: verifiedBy(toolKey, agentKey, operatorKey, adaKey, strangerKey),
})

export type Told = { state: State; events: DispatchEvent[] }

export function of<T extends DispatchEvent['type']>(
  { events }: Pick<Told, 'events'>,
  type: T,
): Extract<DispatchEvent, { type: T }>['data'][] {
  return events.flatMap((event) => (event.type === type ? [event.data] : [])) as never
}

export const when = (...inputs: DispatchInput[]): Told => given(dispatch, context).when(...inputs)
export const boundOf = (told: Told): ExecutionBound =>
  of(told, 'execution.bound').at(-1) as ExecutionBound

export function gap(attempt: number): ExceptionTicket {
  return {
    object_type: 'agent_exception_ticket',
    exception_id: ticketId(WORK_ORDER_ID, 'evidence_gap', attempt),
    work_order_id: WORK_ORDER_ID,
    agent_task_run_id: deriveId('run', WORK_ORDER_ID, 0),
    requested_tool: 'tokenops',
    exception_type: 'evidence_gap',
    severity: 'medium',
    status: 'waiting_on_requesting_agent',
    missing_items: ['payment_request_artifact'],
    created_at: after(4),
    issued_at: after(4),
  }
}

/** What a tool concludes when the evidence is not enough, or is. */
export function concluded(status: 'partial' | 'failed' | 'ready', attempt = 1) {
  const evidence = { partial: 'partial', failed: 'insufficient', ready: 'sufficient' } as const
  const score = { partial: 60, failed: 20, ready: 100 }[status]
  return {
    result_status: status,
    machine_result: {
      ...{ tool: 'tokenops', evidence_status: evidence[status], evidence_score: score },
      open_items:
        status === 'ready' ? [] : [{ code: 'missing', about: 'payment_request_artifact' }],
      next_actions: [{ action: 'add_evidence' }],
      result_package: {
        ...{ package_type: 'tokenops_result_package', operating_tool: 'tokenops' },
        ...{ evidence_status: evidence[status], evidence_score: score },
      },
    },
    exceptions: status === 'ready' ? [] : [gap(attempt)],
  }
}

let drawn = 0
export interface Ask {
  by?: Actor
  key?: SigningKey
  act?: Partial<RecoveryAct>
  follows?: Ref[]
  at?: string
}

/** An act of the newest result of a run, or of its order. */
export function asks(before: Told, action: RecoveryAction, ask: Ask = {}): DispatchInput {
  const { link: kind, by } = ACTS[action]
  const asker = ask.by ?? by[0] ?? 'agent'
  const key = ask.key ?? (asker === 'agent' ? agentKey : operatorKey)
  drawn += 1
  const at = ask.at ?? after(20)
  const ticket = of(before, 'exception.opened').at(-1)?.object.exception_id
  const object: RecoveryAct = {
    object_type: actObjectType(kind),
    work_order_id: WORK_ORDER_ID,
    recovery_action: action,
    requested_by: asker === 'agent' ? key.party : 'ada',
    idempotency_key: `act-${drawn}`,
    ...(asker === 'operator' ? { reason: 'the tool was mended' } : {}),
    ...(action === 'close_exception' && ticket ? { exception_id: ticket } : {}),
    ...(action === 'add_evidence' ? { new_evidence_items: [item] } : {}),
    issued_at: at,
    ...ask.act,
  }
  const newest = of(before, 'result.accepted').at(-1)?.result_contract.ref
  const follows = ask.follows ?? [newest ?? held().accepted.order.ref]
  const act = Link.sign(kind, object, follows, key)
  const data = { work_order_id: WORK_ORDER_ID, act }
  return { id: `input-${drawn}`, type: 'recovery.requested', at, data }
}

export const item = {
  evidence_class: 'payment_request_artifact',
  evidence: { reference: 'PR-7', issued_at: '2026-11-01' },
}

/** Goes on from what was told. */
export function goOn(before: Told, ...inputs: DispatchInput[]): Told {
  let { state } = before
  const events = [...before.events]
  for (const input of inputs) {
    const said = dispatch.decide(state, input, context)
    state = said.reduce((folded, event) => dispatch.evolve(folded, event), state)
    events.push(...said)
  }
  return { state, events }
}

export const settledAs = (status: 'partial' | 'failed' | 'ready'): Told => {
  const begun = when(heldInput())
  return goOn(begun, produced(boundOf(begun), { contract: concluded(status) }))
}

/** Credits are held for the replay that was accepted last. */
export function replayHeld(told: Told, at = after(30)): DispatchInput {
  const replay = of(told, 'recovery.accepted').at(-1)?.replay
  if (!replay) throw new Error('no replay was accepted')
  return { id: `held-${replay.hold_number}`, type: 'credits.held', at, data: { ...held(), replay } }
}

/** Receipt's ticket of an order, or a replay, that waits for credits. */
export function waits(hold = 0): DispatchInput {
  const { order, task_token } = held().accepted
  const object: ExceptionTicket = {
    ...gap(0),
    exception_id: ticketId(WORK_ORDER_ID, 'credit_hold', hold),
    ...{ exception_type: 'credit_hold', agent_id: 'agent-example', task_token, status: 'open' },
  }
  const data = Link.sign(
    'exception_ticket',
    object,
    [order.ref],
    exampleKey('receipt', ['receipt']),
  )
  return { id: `waits-${hold}`, type: 'exception.opened', at: after(1), data }
}

/** Such a ticket ended. */
export function waitEnded(status: 'resolved' | 'closed', hold = 0): DispatchInput {
  const exception_id = ticketId(WORK_ORDER_ID, 'credit_hold', hold)
  const data: ExceptionResolved = {
    ...{ work_order_id: WORK_ORDER_ID, exception_id, exception_type: 'credit_hold', status },
    ...{ resolution: 'over', resolved_at: after(2) },
  }
  return { id: `ended-${status}`, type: 'exception.resolved', at: after(2), data }
}

export const RUNS: Readonly<Record<Exclude<ActState, 'absent'>, () => Told>> = {
  credit_pending: () => when(waits()),
  operating: () => when(heldInput()),
  stalled: () => when(heldInput(), dueAt(after(3600)), dueAt(after(7200))),
  partial: () => settledAs('partial'),
  failed: () => settledAs('failed'),
  ready: () => settledAs('ready'),
  replay_waiting: () => {
    const partial = settledAs('partial')
    return goOn(partial, asks(partial, 'replay_from_checkpoint'))
  },
  closed: () => {
    const ready = settledAs('ready')
    return goOn(ready, asks(ready, 'close'))
  },
}

/** The code of what an act needs besides its state, where the example has it not. */
export function lacks(action: RecoveryAction, state: string): string | undefined {
  // a ready run of the example has no ticket of its own
  if (action === 'close_exception' && ['ready', 'operating'].includes(state)) return 'PT-2031'
  // no callback of the example was given up
  return action === 'retry_callback' ? 'PT-2032' : undefined
}

/** A release ends a run, or a replay of one: what the table says of it in words. */
export function leadsTo(action: RecoveryAction, state: string): string | undefined {
  if (action !== 'release_credit_allocation') return ACTS[action].leads_to
  return state === 'replay_waiting' ? 'ready_for_operator_review' : 'closed'
}
