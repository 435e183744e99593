import type { RecoveryAct, RuntimeState } from '@prooftrail/contracts'
import { deriveId, Link, type Ref, type SigningKey } from '@prooftrail/trail'
import { type Example, exampleKeys, exampleRun, input } from './attestation.fixtures.ts'
import type { AttestationInput } from './state.ts'

type Of<T extends AttestationInput['type']> = Extract<AttestationInput, { type: T }>['data']

/** A run that failed and was put right: what each service says of it, in the order of the flow. */
export interface ReplayedRun {
  first: Example
  /** The agent asks for a replay, dispatch commands, and so on to the callback. */
  replay: AttestationInput[]
  /** An operator closes it. */
  close: AttestationInput
}

const NUMBER = 1

/** A run whose first result failed, its replay with a ready one, and its end. */
export function replayedRun(name = 'order-1'): ReplayedRun {
  const first = exampleRun({ name, status: 'failed' })
  // what the tool, receipt and callback would have said of a good first result
  const good = exampleRun({ name })
  const { work_order_id } = first
  const id = (prefix: Parameters<typeof deriveId>[0]) => deriveId(prefix, work_order_id, NUMBER)
  const before = dataOf<'result.accepted'>(first.result).result_contract
  const request = sign('recovery_request', act(work_order_id), [before.ref], exampleKeys.agent)

  const bound = dataOf<'execution.bound'>(first.bound)
  const { execution_command: _, ...kept } = bound.command.object.ids
  const ids = {
    ...kept,
    ...{ execution_command: id('cmd'), result_contract: id('rc'), usage_receipt: id('usage') },
    ...{ callback_delivery: id('cb'), ledger_entry: id('le'), attestation: id('att') },
  }
  const told = { tool_command_id: id('cmd'), attempt: 2, ids }
  const command = Link.sign(
    'execution_command',
    { ...bound.command.object, ...told, deadline: at(30), issued_at: at(20) },
    [bound.order.ref, request.ref],
    exampleKeys.dispatch,
  )
  const result = dataOf<'result.accepted'>(good.result)
  const { result_contract: own, ...proof_objects } = ids
  const concluded = result.result_contract.object
  const contract = Link.sign(
    'result_contract',
    {
      ...concluded,
      result_contract_id: own ?? '',
      proof_objects,
      receipts: { ...concluded.receipts, usage_receipt: id('usage') },
      callback: { ...concluded.callback, callback_event_id: id('cb') },
      issued_at: at(21),
    },
    [command.ref],
    exampleKeys.executor,
  )
  const charged = dataOf<'usage-receipt.issued'>(good.usage)
  const { settlement_receipt } = charged
  const usage = Link.sign(
    'usage_receipt',
    { ...charged.usage_receipt.object, receipt_id: id('usage'), issued_at: at(22) },
    [contract.ref, ...(settlement_receipt ? [settlement_receipt.ref] : [])],
    exampleKeys.receipt,
  )
  const delivered = dataOf<'callback.attempted'>(good.callback).object
  const delivery = Link.sign(
    'callback_delivery',
    { ...delivered, callback_event_id: id('cb'), issued_at: at(23) },
    [contract.ref, usage.ref],
    exampleKeys.callback,
  )
  const numbered = { result_number: NUMBER }
  return {
    first,
    replay: [
      accepted(work_order_id, request, 1, 'operating'),
      input('execution.bound', { ...bound, command, ...numbered }),
      input('result.accepted', {
        ...{ work_order_id, tool_command_id: id('cmd'), attempt: 2 },
        ...{ result_contract: contract, ...numbered },
      }),
      input('usage-receipt.issued', {
        ...charged,
        ...{ usage_receipt: usage, result_contract: contract, ...numbered },
      }),
      input('callback.attempted', delivery),
    ],
    close: accepted(
      work_order_id,
      sign('operator_decision', closing(work_order_id), [contract.ref], exampleKeys.operator),
      2,
      'closed',
    ),
  }
}

function accepted(
  work_order_id: string,
  asked: Link<string, RecoveryAct>,
  sequence: number,
  runtime_state: RuntimeState,
): AttestationInput {
  const agent_id = exampleKeys.agent.party
  const said = { work_order_id, act: asked, sequence, agent_id, runtime_state }
  return input('recovery.accepted', { ...said, accepted_at: at(19) })
}

function sign(
  kind: 'recovery_request' | 'operator_decision',
  object: RecoveryAct,
  after: Ref[],
  key: SigningKey,
): Link<string, RecoveryAct> {
  return Link.sign(kind, object, after, key)
}

function act(work_order_id: string): RecoveryAct {
  return {
    ...{ object_type: 'agent_recovery_request', work_order_id },
    ...{ recovery_action: 'replay_from_checkpoint', requested_by: exampleKeys.agent.party },
    ...{ idempotency_key: 'replay-1', issued_at: at(19) },
  }
}

function closing(work_order_id: string): RecoveryAct {
  return {
    ...{ object_type: 'operator_decision', work_order_id, recovery_action: 'close' },
    ...{ requested_by: 'ada', reason: 'reviewed', idempotency_key: 'close-1', issued_at: at(24) },
  }
}

function at(minute: number): string {
  return `2026-11-01T10:${minute}:00.000Z`
}

function dataOf<T extends AttestationInput['type']>({ data }: AttestationInput): Of<T> {
  // the fixture's own inputs, each of the type that its name says
  return data as unknown as Of<T>
}
