import { checkResultContract, type ExecutionCommand } from '@prooftrail/contracts'
import { Link } from '@prooftrail/trail'
import { digestOf, isRecordOf, signRecord } from '@prooftrail/trail/encoding'
import { MAX_RESULT_BYTES } from '@prooftrail/trail/format'
import { describe, expect, test } from 'vitest'
import { exampleCommand } from './case-command.ts'
import { due as dueOf } from './evolve.ts'
import { exampleKey, exampleManifest as manifest } from './example-tool.fixtures.ts'
import { defineExecutor } from './service.ts'
import type { DecideContext, ExecutorEvent, ExecutorInput, State } from './state.ts'
import type { ToolResult } from './tool.ts'

const key = exampleKey()
const executor = defineExecutor(manifest)
const command = exampleCommand(manifest, {
  evidence: { first: { reference: 'a' }, second: { reference: 'b' } },
})
const result: ToolResult = {
  result_package: { package_type: 'example' },
  human_summary: 'Looked at it.',
  links: [
    { name: 'evidence_checklist', object: { checked: true } },
    { name: 'readiness_result', object: { ready: true } },
  ],
}
const at = (second: number) => new Date(Date.parse(command.issued_at) + second * 1000).toISOString()

function commanded(object: ExecutionCommand = command, key = object.work_order_id): ExecutorInput {
  const wire = { object, after: [], key_id: 'k', signature: 's' }
  const data = Link.fromWire('execution_command', wire)
  return { id: digestOf(object), type: 'execution.commanded', at: at(0), key, data }
}
const finished = (second: number, run = 1, said = result): ExecutorInput => ({
  id: `run:${run}`,
  type: 'run.finished',
  at: at(second),
  data: { run, result: said },
})
const threw = (second: number, run: number): ExecutorInput => ({
  id: `run:${run}`,
  type: 'run.failed',
  at: at(second),
  data: { run, fault: { code: 'PT-3003', detail: 'boom' }, retry: true },
})
const due = (second: number): ExecutorInput => ({
  id: 'due',
  type: 'due',
  at: at(second),
  data: {},
})
const beat = (second: number, run = 1): ExecutorInput => ({
  id: `beat:${second}`,
  type: 'run.progressed',
  at: at(second),
  data: { run, note: 'half', percent: 50 },
})

/** Folds inputs; each meets the state that those before it left, and a clock that says its time. */
function given(...inputs: ExecutorInput[]) {
  let state: State = { status: 'absent' }
  const all: ExecutorEvent[][] = []
  for (const input of inputs) {
    const events = executor.decide(state, input, contextAt(input.at))
    for (const event of events) state = executor.evolve(state, event)
    all.push([...events])
  }
  return {
    state,
    events: all.flat(),
    last: all.at(-1) ?? [],
    types: all.map((some) => some.map(({ type }) => type)),
  }
}

function contextAt(
  now: string,
  inHand = false,
  concluded: DecideContext['concluded'] = new Map(),
): DecideContext {
  return {
    now,
    isInHand: () => inHand,
    concluded,
    sign: (name, object, after) => Link.sign(name, object, after, key),
    signProgress: (said) => signRecord({ ...said, key_id: key.key_id }, key.privateKey),
  }
}

function resultOf(events: readonly ExecutorEvent[]) {
  const produced = events.find(({ type }) => type === 'result.produced')
  if (produced?.type !== 'result.produced') throw new Error('no result')
  return produced.data
}

describe('a command whose result is there at once', () => {
  const concluded = new Map([[`${command.work_order_id}/1`, result]])
  const decide = (state: State, input = commanded()) =>
    executor.decide(state, input, contextAt(at(9), false, concluded))

  test('is answered, as of its own time, and no run is announced', () => {
    const events = decide({ status: 'absent' })
    expect(events.map(({ type }) => type)).toEqual(['result.produced'])
    const { result_contract } = resultOf(events)
    expect(result_contract.object).toMatchObject({ result_status: 'ready', issued_at: at(0) })
    expect(decide({ status: 'absent' })).toEqual(events)
    const [event] = events
    const state = event && executor.evolve({ status: 'absent' }, event)
    expect(state).toMatchObject({ status: 'produced' })
    expect(state && decide(state)).toEqual([])
    expect(state && executor.due?.(state)).toBeUndefined()
  })

  test('changes nothing for a run that was announced', () => {
    const { state } = given(commanded())
    expect(decide(state)).toEqual([])
  })

  test('past its deadline is given up', () => {
    const late = { ...commanded(), at: '9999-12-31T23:59:59.999Z' }
    expect(decide({ status: 'absent' }, late)).toMatchObject([{ type: 'run.abandoned' }])
  })
})

describe('where a command belongs', () => {
  test('one document per attempt', () => {
    expect(executor.route(commanded())).toBe(`${command.work_order_id}/1`)
  })

  test('a command of another version is left alone', () => {
    expect(executor.route(commanded({ ...command, manifest_version: '2.0.0' }))).toBeUndefined()
  })

  test('a wrong key, another tool and a missing id are refused, all at once', () => {
    const { usage_receipt: _, ...ids } = command.ids
    const wrong = { ...command, requested_tool: 'other', ids }
    expect(() => executor.route(commanded(wrong))).toThrow(
      'PT-3001 it is for other; no id for usage_receipt',
    )
    expect(() => executor.route(commanded(wrong, 'wo_other'))).toThrow(
      'PT-3001 the key is wo_other',
    )
  })
})

describe('a command', () => {
  test('is saved as started before it runs', () => {
    const { state, types } = given(commanded())
    expect(types).toEqual([['run.started']])
    expect(state).toMatchObject({ status: 'running', run: 1, sequence: 0, lease_until: at(10) })
  })

  test('said again starts nothing', () => {
    expect(given(commanded(), commanded()).last).toEqual([])
    expect(given(commanded(), finished(1), commanded()).last).toEqual([])
  })

  test('of another content for the same attempt is refused', () => {
    const other = commanded({ ...command, tool_command_id: 'cmd_other' })
    expect(() => given(commanded(), other)).toThrow('PT-3002')
  })
})

describe('a result', () => {
  test('of a clock that is slow is dated no earlier than its command', () => {
    const { result_contract } = resultOf(given(commanded(), finished(-400)).last)
    expect(result_contract.object.issued_at).toBe(command.issued_at)
  })

  test('is produced once, signed, each link after the one before, the contract after all', () => {
    const { state, last } = given(commanded(), finished(1))
    const { result_contract, links = [], ...head } = resultOf(last)
    expect(head).toEqual({
      work_order_id: command.work_order_id,
      tool: 'exampletool',
      tool_command_id: command.tool_command_id,
      attempt: 1,
    })
    expect(checkResultContract(result_contract.object)).toEqual([])
    const [checklist, readiness] = links
    const first = { name: 'execution_command', digest: digestOf(command) }
    const second = { name: 'evidence_checklist', digest: digestOf(checklist?.object) }
    const third = { name: 'readiness_result', digest: digestOf(readiness?.object) }
    expect(checklist?.after).toEqual([first])
    expect(readiness?.after).toEqual([second])
    expect(result_contract.after).toEqual([first, second, third])
    expect(result_contract.isSignedBy(key.privateKey)).toBe(true)
    expect(links.every((link) => link.key_id === key.key_id)).toBe(true)
    expect(state).toMatchObject({ status: 'produced', result_status: 'ready' })
    expect(dueOf(state)).toBeUndefined()
    expect(JSON.stringify(state)).not.toContain('evidence')
  })

  test('of a second run of the same attempt is not produced again', () => {
    expect(given(commanded(), finished(1), finished(2, 2)).last).toEqual([])
  })

  test('decided twice gives the same bytes', () => {
    const one = given(commanded(), finished(1))
    expect(given(commanded(), finished(1)).events).toEqual(one.events)
  })

  test('after the deadline is not said', () => {
    expect(given(commanded(), finished(301)).types.at(-1)).toEqual(['run.abandoned'])
  })

  test('past the run’s own limit there is none: a last sign of life, then silence', () => {
    const fault = { code: 'PT-3007', detail: 'the run took too long' }
    const over: ExecutorInput = {
      ...{ id: 'run:1', type: 'run.failed', at: at(60) },
      data: { run: 1, fault, retry: false },
    }
    const { last, state } = given(commanded(), beat(15), over)
    expect(last).toMatchObject([
      {
        type: 'execution.progressed',
        data: { sequence: 2, note: expect.stringMatching(/PT-3007/) },
      },
      { type: 'run.abandoned' },
    ])
    expect(state.status).toBe('abandoned')
    expect(dueOf(state)).toBeUndefined()
  })

  test('of more than 1.5 MB is a failed one with its code', () => {
    const large = { ...result, result_package: { text: 'x'.repeat(MAX_RESULT_BYTES) } }
    const { result_contract } = resultOf(given(commanded(), finished(1, 1, large)).last)
    expect(checkResultContract(result_contract.object)).toEqual([])
    expect(result_contract.object).toMatchObject({
      result_status: 'failed',
      machine_result: { result_package: { reason_code: 'PT-3005' } },
    })
  })
})

describe('a throw', () => {
  test('is tried again later, with pauses that grow', () => {
    const { state, types } = given(commanded(), threw(1, 1), due(2), threw(3, 2))
    expect(types).toEqual([
      ['run.started'],
      ['run.delayed'],
      ['execution.progressed', 'run.started'],
      ['run.delayed'],
    ])
    expect(dueOf(state)).toBe(at(7))
  })

  test('in the last run becomes a failed contract with a ticket, complete', () => {
    const { last } = given(commanded(), threw(1, 1), due(2), threw(3, 2), due(7), threw(8, 3))
    const { result_contract, links } = resultOf(last)
    expect(checkResultContract(result_contract.object)).toEqual([])
    expect(result_contract.object.exceptions).toMatchObject([
      { exception_type: 'tool_execution_pause' },
    ])
    expect(links?.map(({ kind }) => kind)).toEqual(['evidence_checklist', 'readiness_result'])
  })

  test('of a run that is not the current one says nothing', () => {
    expect(given(commanded(), due(10), threw(11, 1)).last).toEqual([])
  })
})

describe('a run whose process ended', () => {
  test('is begun again when its lease passes, and says so', () => {
    const { state, types } = given(commanded(), due(10))
    expect(types.at(-1)).toEqual(['execution.progressed', 'run.started'])
    expect(state).toMatchObject({ status: 'running', run: 2, sequence: 1, lease_until: at(20) })
  })

  test('before the lease passes nothing happens', () => {
    expect(given(commanded(), due(9)).last).toEqual([])
  })

  test('in every run becomes a failed contract', () => {
    const { last } = given(commanded(), due(10), due(20), due(30))
    expect(resultOf(last).result_contract.object.machine_result.result_package).toMatchObject({
      reason_code: 'PT-3006',
    })
  })

  test('is left to its own version', () => {
    const { state } = given(commanded())
    const next = { ...manifest, version: '2.0.0' }
    expect(defineExecutor(next).decide(state, due(10), contextAt(at(10)))).toEqual([])
  })

  test('that is in hand here only renews its lease', () => {
    const { state } = given(commanded())
    const events = executor.decide(state, due(10), contextAt(at(12), true))
    expect(events).toEqual([{ type: 'run.renewed', data: { lease_until: at(22) } }])
  })

  test('still may conclude: the first conclusion counts, whichever run it came from', () => {
    const { last } = given(commanded(), due(10), finished(11, 1))
    expect(resultOf(last).attempt).toBe(1)
  })
})

describe('progress', () => {
  test('carries a sequence per attempt and moves the lease', () => {
    const { state, events } = given(commanded(), beat(5), beat(10))
    const said = events.flatMap((event) =>
      event.type === 'execution.progressed' ? [event.data] : [],
    )
    expect(said).toMatchObject([
      { sequence: 1, state: 'started', note: 'half', percent: 50, at: at(5) },
      { sequence: 2, state: 'running' },
    ])
    expect(dueOf(state)).toBe(at(20))
    expect(said.every((one) => isRecordOf(one, key.privateKey))).toBe(true)
  })

  test('after the result is not said', () => {
    expect(given(commanded(), finished(1), beat(2)).last).toEqual([])
  })
})

describe('a rebuild from published events', () => {
  test('knows which attempts were answered', () => {
    const { events } = given(commanded(), beat(5), finished(6))
    const published = events.filter(({ type }) => !type.startsWith('run.'))
    const state = published.reduce<State>((s, e) => executor.evolve(s, e), { status: 'absent' })
    expect(executor.decide(state, commanded(), contextAt(at(9)))).toEqual([])
  })
})
