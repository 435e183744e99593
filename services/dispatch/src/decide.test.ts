import type { ExceptionTicket, ResultContract } from '@prooftrail/contracts'
import { codeOf, given } from '@prooftrail/testing/runtime'
import { changedLink } from '@prooftrail/testing/trail'
import { deriveId, ticketId } from '@prooftrail/trail'
import { digestOf } from '@prooftrail/trail/encoding'
import { describe, expect, test } from 'vitest'
import {
  after,
  context,
  dispatchKey,
  dueAt,
  heldInput,
  LIMITS,
  PROOF_TRAIL,
  produced,
  progressed,
  registered,
  strangeLink,
  strangerKey,
  tool,
  WORK_ORDER_ID,
} from './dispatch.fixtures.ts'
import { dispatch } from './service.ts'
import type { DispatchEvent, State, ToolState } from './state.ts'

const { decide, evolve } = dispatch
const fresh = given(dispatch, context())

function only<T extends DispatchEvent['type']>(
  events: readonly DispatchEvent[],
  type: T,
): Extract<DispatchEvent, { type: T }>[] {
  return events.filter((event): event is Extract<DispatchEvent, { type: T }> => event.type === type)
}

function bound(attempt = 1) {
  const inputs = attempt === 1 ? [heldInput()] : [heldInput(), dueAt(after(3600))]
  const { events } = fresh.when(...inputs)
  const found = only(events, 'execution.bound').find(({ data }) => data.binding.attempt === attempt)
  if (!found) throw new Error(`attempt ${attempt} was not bound`)
  return found.data
}

describe('when credits are held', () => {
  test('every id of the trail is allocated before the command goes out', () => {
    const { binding, command } = bound()
    expect(Object.keys(binding.ids).sort()).toEqual([...PROOF_TRAIL].sort())
    expect(binding.ids.execution_command).toBe(deriveId('cmd', WORK_ORDER_ID, 0))
    expect(command.object.ids).toEqual(binding.ids)
    expect(command.object.pilot_id).toBe('tokenops_controlled_pilot_001')
  })

  test('the command is signed by dispatch and follows the order', () => {
    const { command, order } = bound()
    expect(command.isSignedBy(dispatchKey.privateKey)).toBe(true)
    expect(command.after).toEqual([{ name: 'work_order', digest: digestOf(order.object) }])
  })

  test('saying it twice commands once', () => {
    expect(only(fresh.when(heldInput(), heldInput()).events, 'execution.commanded')).toHaveLength(1)
  })

  test('a tool without its command topic holds up its own order: it waits, then it is parked', () => {
    const closed = context({ commandable: new Set() })
    const asked = (waited: number) =>
      codeOf(() => decide({ status: 'absent' }, heldInput(waited), closed))
    expect(asked(0)).toBe('PT-2009')
    expect(() => decide({ status: 'absent' }, heldInput(0), closed)).toThrow(
      expect.objectContaining({ name: 'RetryLater' }),
    )
    expect(() => decide({ status: 'absent' }, heldInput(30), closed)).toThrow(
      expect.objectContaining({ name: 'Refusal' }),
    )
  })
})

describe('when a result comes', () => {
  const commanded = given(dispatch, context(), [heldInput()])
  const judged = (edits: Parameters<typeof produced>[1], over = context()) => {
    const { state } = fresh.when(heldInput())
    return codeOf(() => decide(state, produced(bound(), edits), over))
  }

  test('the one that was commanded is accepted, as it was signed', () => {
    const input = produced(bound())
    const [accepted] = only(commanded.when(input).events, 'result.accepted')
    expect(accepted?.data.result_contract).toEqual(
      input.type === 'result.produced' && input.data.result_contract,
    )
  })

  test('each ticket of its contract is opened, signed by dispatch', () => {
    const ticket: ExceptionTicket = {
      object_type: 'agent_exception_ticket',
      exception_id: ticketId(WORK_ORDER_ID, 'manual_review_required', 0),
      work_order_id: WORK_ORDER_ID,
      agent_task_run_id: deriveId('run', WORK_ORDER_ID, 0),
      requested_tool: 'tokenops',
      exception_type: 'manual_review_required',
      severity: 'low',
      status: 'open',
      created_at: after(4),
      issued_at: after(4),
    }
    const { events } = commanded.when(produced(bound(), { contract: { exceptions: [ticket] } }))
    const [opened] = only(events, 'exception.opened')
    expect(opened?.data.object).toEqual(ticket)
    expect(opened?.data.key_id).toBe(dispatchKey.key_id)
  })

  test('the same again is nothing new, another one is refused', () => {
    const { state } = commanded.when(produced(bound()))
    expect(decide(state, produced(bound()), context())).toEqual([])
    const other = produced(bound(), { contract: { human_summary: 'Another.' } })
    expect(codeOf(() => decide(state, other, context()))).toBe('PT-2005')
  })

  test.each([
    [
      'never commanded',
      'PT-2001',
      () => codeOf(() => decide({ status: 'absent' }, produced(bound()), context())),
    ],
    ['of another tool', 'PT-2007', () => judged({ result: { tool: 'energyops' } })],
    ['of another attempt', 'PT-2003', () => judged({ result: { attempt: 2 } })],
    ['past the end of the order', 'PT-2004', () => judged({ at: after(2 * 3600 + 1) })],
    ['signed by a stranger', 'PT-2006', () => judged({ key: strangerKey, waited: 30 })],
    [
      'issued ahead of the broker',
      'PT-2006',
      () => judged({ contract: { issued_at: after(600) } }),
    ],
    ['with another id', 'PT-2002', () => judged({ contract: { result_contract_id: 'rc_other' } })],
    ['for another task', 'PT-2002', () => judged({ contract: { task_token: 'tt_other' } })],
    ['of another order', 'PT-2002', () => judged({ contract: { work_order_id: 'wo_other' } })],
    ['without a summary', 'PT-2002', () => judged({ contract: { human_summary: '' } })],
    ['of 5 MB', 'PT-2010', () => judged({ contract: { human_summary: 'x'.repeat(5_000_000) } })],
    [
      'with links that its trail has not',
      'PT-2002',
      () => judged({ result: { links: [strangeLink()] } }),
    ],
  ])('one %s is refused with %s', (_what, code, act) => {
    expect(act()).toBe(code)
  })

  test('one that does not follow its command is refused', () => {
    const { state } = fresh.when(heldInput())
    const input = produced(bound(2), {
      contract: { issued_at: after(4) },
      result: { attempt: 1, tool_command_id: bound().command.object.tool_command_id },
    })
    expect(codeOf(() => decide(state, input, context()))).toBe('PT-2008')
  })

  test('one with a package that breaks the schema of its version is refused', () => {
    const contract = bound().command.object
    const good = produced(bound())
    if (good.type !== 'result.produced') throw new Error('not a result')
    const { machine_result } = good.data.result_contract.object
    const lie = {
      machine_result: { ...machine_result, result_package: { other: contract.attempt } },
    }
    expect(judged({ contract: lie })).toBe('PT-2002')
  })

  test('one of a tool that could not conclude has no package of its own to be judged', () => {
    const good = produced(bound())
    if (good.type !== 'result.produced') throw new Error('not a result')
    const { machine_result, work_order_id, issued_at } = good.data.result_contract.object
    const failed: Partial<ResultContract> = {
      result_status: 'failed',
      machine_result: {
        ...machine_result,
        evidence_status: 'insufficient',
        evidence_score: 0,
        result_package: {
          ...{ package_type: 'tokenops_result_package', operating_tool: 'tokenops' },
          ...{ evidence_status: 'insufficient', evidence_score: 0, status: 'failed' },
        },
      },
    }
    const pause: ExceptionTicket = {
      object_type: 'agent_exception_ticket',
      exception_id: ticketId(work_order_id, 'tool_execution_pause', 1),
      work_order_id,
      agent_task_run_id: bound().command.object.agent_task_run_id,
      requested_tool: bound().command.object.requested_tool,
      exception_type: 'tool_execution_pause',
      severity: 'high',
      status: 'open',
      created_at: issued_at,
      issued_at,
    }
    const known = context()
    const tools = new Map(
      [...known.tools].map(([name, tool]) => [name, withPackageSchema(tool, ['settlement_trail'])]),
    )
    const strict = { ...known, tools }
    expect(judged({ contract: { ...failed, exceptions: [pause] } }, strict)).toBeUndefined()
    expect(judged({ contract: { ...failed, exceptions: [] } }, strict)).toBe('PT-2002')
  })

  test('a changed contract under the old signature is refused', () => {
    const { state } = fresh.when(heldInput())
    const good = produced(bound())
    if (good.type !== 'result.produced') throw new Error('not a result')
    const link = good.data.result_contract
    const forged = {
      ...good,
      data: {
        ...good.data,
        result_contract: changedLink(link, { object: { ...link.object, human_summary: 'x' } }),
      },
    }
    expect(codeOf(() => decide(state, forged, context()))).toBe('PT-2006')
  })

  test('a key that was revoked signs nothing more, whatever date that has; what came before counts', () => {
    const { state } = fresh.when(heldInput())
    const seconds = Date.parse(after(5)) / 1000
    const keys = tool.keys.map((key) => ({ ...key, revoked_at: seconds }))
    const revoked = context({ tools: new Map([['tokenops', { ...tool, keys }]]) })
    expect(
      only(decide(state, produced(bound(), { at: after(4) }), revoked), 'result.accepted'),
    ).toHaveLength(1)
    const dated = { at: after(6), waited: 30 }
    expect(codeOf(() => decide(state, produced(bound(), dated), revoked))).toBe('PT-2006')
  })

  test('a key or tool that is not registered yet is waited for', () => {
    const { state } = fresh.when(heldInput())
    const nobody = context({ tools: new Map() })
    expect(() => decide(state, produced(bound()), nobody)).toThrow(
      expect.objectContaining({ name: 'RetryLater' }),
    )
    const late = produced(bound(), { waited: 30 })
    expect(() => decide(state, late, nobody)).toThrow(expect.objectContaining({ name: 'Refusal' }))
  })
})

describe('when an attempt is silent', () => {
  test('before the first sign of life an executor may be away for an hour', () => {
    const { state } = fresh.when(heldInput())
    expect(decide(state, dueAt(after(3599)), context())).toEqual([])
    expect(only(decide(state, dueAt(after(3600)), context()), 'execution.commanded')).toHaveLength(
      1,
    )
  })

  test('after a sign of life three missed heartbeats are silence: a new attempt with its own command', () => {
    const silence = 3 * LIMITS.heartbeat_seconds + 10
    const heard = fresh.when(heldInput(), progressed(1, 1, after(100)))
    expect(decide(heard.state, dueAt(after(100 + silence - 1)), context())).toEqual([])
    const [again] = only(
      decide(heard.state, dueAt(after(100 + silence)), context()),
      'execution.bound',
    )
    expect(again?.data.binding.attempt).toBe(2)
    expect(again?.data.command.object.tool_command_id).toBe(deriveId('cmd', WORK_ORDER_ID, 1))
  })

  test('a run that beats for ever is silent at its own limit', () => {
    const beats = Array.from({ length: 8 }, (_, n) => progressed(1, n + 1, after(100 + 10 * n)))
    const { state } = fresh.when(heldInput(), ...beats)
    const over = 100 + LIMITS.deadline_seconds + 10
    expect(decide(state, dueAt(after(over - 1)), context())).toEqual([])
    expect(only(decide(state, dueAt(after(over)), context()), 'execution.bound')).toHaveLength(1)
  })

  test('past the end of the order no new attempt is made: a ticket is opened', () => {
    const { state } = fresh.when(heldInput())
    const [said] = decide(state, dueAt(after(2 * 3600)), context())
    expect(said?.type).toBe('exception.opened')
  })

  test('the late result of a superseded attempt is refused, that of the new one is accepted', () => {
    const { state } = fresh.when(heldInput(), dueAt(after(3600)))
    const late = produced(bound(1), { at: after(3700) })
    expect(codeOf(() => decide(state, late, context()))).toBe('PT-2003')
    const [second] = only(
      fresh.when(heldInput(), dueAt(after(3600))).events,
      'execution.bound',
    ).slice(-1)
    if (!second) throw new Error('no second attempt')
    const good = produced(second.data, { at: after(3700) })
    expect(only(decide(state, good, context()), 'result.accepted')).toHaveLength(1)
  })

  test('after the last attempt a ticket is open, and a result still closes it', () => {
    const told = fresh.when(heldInput(), dueAt(after(3600)), dueAt(after(7200)))
    const [ticket] = only(told.events, 'exception.opened')
    expect(ticket?.data.object).toMatchObject({
      exception_type: 'tool_execution_pause',
      evidence_status: 'unknown',
    })
    const [, second] = only(told.events, 'execution.bound')
    if (!second) throw new Error('no second attempt')
    const events = decide(told.state, produced(second.data, { at: after(7199) }), context())
    expect(events.map(({ type }) => type)).toEqual(['result.accepted', 'exception.resolved'])
  })
})

describe('when a tool is registered', () => {
  const { status: _tool, ...data } = tool
  test('the newest revision counts, whatever the order of arrival', () => {
    const newer = { ...data, revision: 3 }
    const { state } = fresh.when(registered(newer), registered(data))
    expect(state).toEqual({ status: 'tool', ...newer })
  })
})

test('a document folds again from its published events alone', () => {
  const told = fresh.when(heldInput(), dueAt(after(3600)))
  const published = told.events.filter(({ type }) => type.startsWith('execution.'))
  const again = published.reduce<State>((state, event) => evolve(state, event), {
    status: 'absent',
  })
  expect(again).toEqual(told.state)
})

/** The tool as if all of its versions had announced packages with these members. */
function withPackageSchema(tool: ToolState, required: string[]): ToolState {
  const result_package_schema = { type: 'object', required }
  return {
    ...tool,
    versions: tool.versions.map((one) => ({
      ...one,
      manifest: { ...Object(one.manifest), result_package_schema },
      manifest_digest: digestOf(result_package_schema),
    })),
  }
}
