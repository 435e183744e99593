import { Refusal } from '@prooftrail/runtime'
import type { Link } from '@prooftrail/trail'
import { isLinkName } from '@prooftrail/trail/format'
import { checkLink, type LinkCheck } from './check-link.ts'
import { numberOfCallback } from './later.ts'
import type { AttestationInput, CheckedLink, Delivery, Fact } from './state.ts'

type Of<T extends AttestationInput['type']> = Extract<AttestationInput, { type: T }>

/** Inputs that add a fact to a run. */
export type FactInput = Of<
  | 'execution.bound'
  | 'result.accepted'
  | 'usage-receipt.issued'
  | 'callback.attempted'
  | 'recovery.accepted'
  | 'run.expired'
>

/**
 * What an input says about its run, with every signature checked: here trust changes.
 * @throws Refusal, RetryLater: see checkLink; PT-6004 where objects name another work order
 */
export function readFact(input: FactInput, workOrderId: string, check: LinkCheck): Fact {
  switch (input.type) {
    case 'execution.bound': {
      const { binding, accepted_at, hold, order, command } = input.data
      ofRun(workOrderId, 'order', order.object)
      ofRun(workOrderId, 'command', command.object)
      return {
        kind: 'bound',
        attempt: command.object.attempt,
        number: input.data.result_number ?? 0,
        order: checkLink(order, order.object.agent_id, check),
        bound: {
          command: checkLink(command, undefined, check),
          proof_trail: binding.proof_trail,
          accepted_at,
          held_at: hold.held_at,
          bound_at: binding.bound_at,
        },
      }
    }
    case 'result.accepted': {
      const { result_contract, links, tool_command_id } = input.data
      const { object } = result_contract
      ofRun(workOrderId, 'result contract', object)
      return {
        kind: 'result',
        number: input.data.result_number ?? 0,
        result: {
          tool_command_id,
          contract: checkLink(result_contract, object.requested_tool, check),
          links: (links ?? []).map((link) => {
            ofRun(workOrderId, link.kind, link.object)
            return listedLink(link, object.requested_tool, check)
          }),
        },
      }
    }
    case 'usage-receipt.issued': {
      const { usage_receipt, settlement_receipt } = input.data
      ofRun(workOrderId, 'usage receipt', usage_receipt.object)
      const { credits_held, credits_debited, credits_released } = usage_receipt.object
      if (credits_held !== credits_debited + credits_released) {
        const sum = `${credits_debited} + ${credits_released}`
        throw new Refusal('PT-6006', `${credits_held} held is not ${sum} debited and released`)
      }
      return {
        kind: 'receipts',
        number: input.data.result_number ?? 0,
        receipts: {
          usage: checkLink(usage_receipt, undefined, check),
          ...(settlement_receipt === undefined
            ? {}
            : {
                settlement: checkLink(settlement_receipt, undefined, check),
              }),
        },
      }
    }
    case 'callback.attempted':
      return {
        kind: 'delivery',
        number: numberOfCallback(input.data.object),
        delivery: readDelivery(input, workOrderId, check),
      }
    case 'recovery.accepted': {
      const { act, agent_id, sequence, runtime_state } = input.data
      ofRun(workOrderId, 'act', act.object)
      return {
        ...{ kind: 'act', sequence, act: listedLink(act, agent_id, check) },
        ...(runtime_state === undefined ? {} : { runtime_state }),
      }
    }
    case 'run.expired': {
      const { expiry, sequence, runtime_state } = input.data
      ofRun(workOrderId, 'expiry', expiry.object)
      return { kind: 'act', sequence, act: checkLink(expiry, undefined, check), runtime_state }
    }
  }
}

/** A finished callback attempt, or the word that none is due. @throws as readFact */
export function readDelivery(
  input: Of<'callback.attempted'>,
  workOrderId: string,
  check: LinkCheck,
): Delivery {
  ofRun(workOrderId, 'callback delivery', input.data.object)
  return checkLink(input.data, undefined, check)
}

/** A link that says its kind itself. */
export function listedLink(link: Link<string>, party: string, check: LinkCheck): CheckedLink {
  if (!isOfTheList(link)) throw new Refusal('PT-6008', `no link is named ${link.kind}`)
  return checkLink(link, party, check)
}

function isOfTheList(link: Link<string>): link is Link {
  return isLinkName(link.kind)
}

/** @throws Refusal PT-6004 unless the object is this work order's */
export function ofRun(workOrderId: string, what: string, object: unknown): void {
  const id =
    typeof object === 'object' && object !== null ? Reflect.get(object, 'work_order_id') : undefined
  if (id !== workOrderId) {
    throw new Refusal('PT-6004', `the ${what} is of ${String(id)}, not of ${workOrderId}`)
  }
}
