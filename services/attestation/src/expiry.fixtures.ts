/** What dispatch says when a time limit ends a run of the examples, or an order without a result. */
import type { EventTypes, RecoveryAct, RunExpiry } from '@prooftrail/contracts'
import { Link } from '@prooftrail/trail'
import { type Example, exampleKeys, input } from './attestation.fixtures.ts'
import type { AttestationInput } from './state.ts'

const AT = '2026-11-15T10:00:00.000Z'

/** @param isWithoutResult the order itself ends: its trail is these two links */
export function expiredRun(
  { work_order_id, task_token, facts }: Example,
  isWithoutResult: boolean,
) {
  const find = <T extends AttestationInput['type']>(type: T) => {
    const found = facts.find((one) => one.type === type)
    // the input of this type carries this data
    return found?.data as Extract<AttestationInput, { type: T }>['data']
  }
  const { order, accepted_at } = find('execution.bound')
  const contract = find('result.accepted').result_contract
  const object: RunExpiry = {
    object_type: 'run_expiry',
    ...{ work_order_id, ends: 'run', state: isWithoutResult ? 'stalled' : 'partial' },
    ...{ open_since: accepted_at, limit_seconds: 60, reason: 'runner_error' },
    rule: 'it ends',
    ...(isWithoutResult
      ? { work_order_digest: order.digest, accepted_acts: [`sha256:${'a'.repeat(64)}`] }
      : {}),
    issued_at: AT,
  }
  const after = isWithoutResult ? order.ref : contract.ref
  const data: EventTypes['run.expired'] = {
    ...{ work_order_id, task_token, agent_id: exampleKeys.agent.party, sequence: 1 },
    expiry: Link.sign('expiry', object, [after], exampleKeys.dispatch),
    runtime_state: isWithoutResult ? 'expired' : 'closed',
    ...(isWithoutResult ? { order, accepted_at } : {}),
    notice: {
      ...{ result_status: 'failed', requested_tool: 'tokenops', requested_capability: 'review' },
      callback_policy: 'status_polling_only',
    },
    expired_at: AT,
  }
  return input('run.expired', data)
}

/** An operator releases a run without a result: what dispatch says of it, the answer and the end. */
export function releasedRun(run: Example): { answer: AttestationInput; end: AttestationInput } {
  const { work_order_id } = run
  const expired = expiredRun(run, true)
  // the input of this type carries this data
  const data = expired.data as EventTypes['run.expired']
  const { order, expiry } = data
  if (order === undefined) throw new Error('the end of an order names it')
  const object: RecoveryAct = {
    object_type: 'agent_recovery_request',
    ...{ work_order_id, recovery_action: 'release_credit_allocation', requested_by: 'ada' },
    ...{ idempotency_key: 'release-1', reason: 'the tool is gone', issued_at: AT },
  }
  const act = Link.sign('recovery_request', object, [order.ref], exampleKeys.operator)
  const end = Link.sign('expiry', expiry.object, [order.ref, act.ref], exampleKeys.dispatch)
  const agent_id = exampleKeys.agent.party
  return {
    answer: input('recovery.accepted', {
      ...{ work_order_id, act, sequence: 1, agent_id, released_hold: 0 },
      ...{ runtime_state: 'closed', accepted_at: AT },
    }),
    end: input('run.expired', {
      ...data,
      ...{ expiry: end, release: act, sequence: 2, runtime_state: 'released' },
    }),
  }
}
