import { describe, expect, test } from 'vitest'
import {
  accepted,
  at,
  attested,
  bound,
  delivery,
  entered,
  goodRun,
  held,
  linkOf,
  opened,
  order,
  PILOT,
  PROOF_TRAIL,
  progressed,
  registered,
  rejected,
  resulted,
  runOf,
  told,
  WO,
} from './console.fixtures.ts'
import { pilotOf } from './pilot.ts'
import { reportOf } from './report.ts'
import { PAGE_POLICY, reportPage } from './report-page.ts'
import { reportText } from './report-text.ts'
import type { ConsoleInput, ToolState } from './state.ts'
import { stepsOf } from './steps.ts'
import { toolEvents } from './tool-events.ts'

const state = told([registered])
const tool: ToolState | undefined = state.status === 'tool' ? state : undefined
const report = (inputs: readonly ConsoleInput[]) =>
  reportOf(runOf(inputs), tool, '2026-12-01T00:00:00.000Z')
const without = (type: string) => goodRun().filter((one) => one.type !== type)

describe('the pilot header', () => {
  test('names pilot, tool, mode, state and trail once the run is sealed', () => {
    expect(pilotOf(runOf(goodRun()))).toEqual({
      work_order_id: WO,
      pilot_id: PILOT,
      tool: 'energyops',
      execution_mode: 'controlled_pilot',
      runtime_state: 'ready_for_operator_review',
      proof_trail: PROOF_TRAIL,
    })
  })

  test.each([
    ['the pinned id', { pilot_id: 'own' }, { pilot_id: 'pinned' }, 'pinned'],
    ["else the order's", { pilot_id: 'own' }, {}, 'own'],
    ["else the tool's first", {}, {}, PILOT],
    ['none for a standard order', { execution_mode: 'standard' as const }, {}, undefined],
  ])('has an id: %s', (_case, ordered, pinned, expected) => {
    expect(pilotOf(runOf([accepted(ordered, pinned)])).pilot_id).toBe(expected)
  })

  test('claims no runtime state before', () => {
    expect(pilotOf(runOf([accepted(), held]))).not.toHaveProperty('runtime_state')
  })

  test('of a refused order is that of a refusal', () => {
    expect(pilotOf(runOf([rejected, attested(0, 3, 'refused')]))).toEqual({
      work_order_id: WO,
      tool: 'energyops',
      execution_mode: 'controlled_pilot',
      runtime_state: 'refused',
      proof_trail: ['work_order', 'intake_decision', 'ledger_entry', 'attestation'],
    })
  })
})

describe('step events', () => {
  test('tell the five states in order, under the names of the manifest', () => {
    const { pilot_id, events } = stepsOf(runOf(goodRun()), tool)
    expect(pilot_id).toBe(PILOT)
    expect(events.map(({ sequence, state, step }) => [sequence, state, step])).toEqual([
      [1, 'intake_received', 'Validate'],
      [2, 'work_order_created', 'Create'],
      [3, 'execution_binding_created', 'Create'],
      [4, 'evidence_check_completed', 'Check'],
      [5, 'result_contract_issued', 'Return'],
    ])
  })

  test('list the eight steps in order; the last waits for the operator', () => {
    const { steps } = stepsOf(runOf(goodRun()), tool)
    expect(steps.map(({ name, status }) => [name, status])).toEqual([
      ['validate_request', 'done'],
      ['create_pilot_record', 'done'],
      ['issue_tool_command', 'done'],
      ['run_evidence_check', 'done'],
      ['persist_result_contract', 'done'],
      ['deliver_callback', 'done'],
      ['write_ledger_and_attestation', 'done'],
      ['operator_review', 'waiting'],
    ])
  })

  test.each([
    ['Reconcile', 'run_reconciliation_check', 'reconciliation_check_completed'],
    ['Execute', 'run_tool_execution', 'tool_execution_completed'],
    ['Anything', 'run_tool_execution', 'tool_execution_completed'],
  ])('name the work after the third step of the manifest: %s', (third, name, state) => {
    const steps = ['Validate', 'Create', third, 'Return', 'Review']
    const other: ToolState = {
      status: 'tool',
      tool: 'x',
      revision: 1,
      versions: [{ version: '1.0.0', steps }],
    }
    const view = stepsOf(runOf(goodRun()), other)
    expect(view.steps[3]).toMatchObject({ name, step: third })
    expect(view.events[3]).toMatchObject({ state, step: third })
  })

  test('stop where the order was refused', () => {
    const { events, steps } = stepsOf(runOf([rejected, attested(0, 3, 'refused')]), undefined)
    expect(events.map(({ state }) => state)).toEqual(['intake_received', 'refused'])
    expect(steps.map(({ status }) => status)).toEqual([
      'done',
      'stopped',
      'stopped',
      'stopped',
      'stopped',
      'not_due',
      'done',
      'not_due',
    ])
  })
})

describe('tool execution result events', () => {
  const events = toolEvents(runOf([...goodRun(), opened('evidence_gap', 21)]), 'https://c.example')

  test('tell by time what the execution did, each with all ids', () => {
    expect(events.map(({ event_type }) => event_type)).toEqual([
      'execution_started',
      'result_ready',
      'exception_opened',
      'usage_receipt_issued',
      'callback_delivered',
      'attestation_issued',
    ])
    for (const event of events) {
      expect(event).toMatchObject({ work_order_id: WO, tool: 'energyops' })
      expect(event.binding_id).toMatch(/^eb_/)
      expect(event.task_token).toMatch(/^tt_/)
    }
    expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(events.length)
    expect(events[3]?.receipt_url).toMatch(
      /^https:\/\/c\.example\/v1\/tasks\/tt_.+\/usage-receipt$/,
    )
  })

  test('begin a silent attempt at its command, and tell nothing of one that never answered', () => {
    const silent = toolEvents(
      runOf([accepted(), bound(1, 3), bound(2, 9), resulted('ready', 2)]),
      '',
    )
    expect(silent.map(({ event_type, occurred_at }) => [event_type, occurred_at])).toEqual([
      ['execution_started', at(9)],
      ['result_ready', at(20)],
    ])
  })

  test('tell the newest progress of each attempt', () => {
    const run = runOf([accepted(), bound(1, 3), progressed(1, 1, 4), progressed(1, 2, 5)])
    expect(toolEvents(run, '').map(({ event_type }) => event_type)).toEqual([
      'execution_started',
      'progress_recorded',
    ])
  })

  test('know no execution of a refused order', () => {
    expect(toolEvents(runOf([rejected]), '')).toEqual([])
  })
})

describe('the pilot report', () => {
  test('of a good run is ready to offer, with nothing open', () => {
    expect(report(goodRun())).toMatchObject({
      object_type: 'pilot_report',
      as_of: at(26),
      runtime_state: 'ready_for_operator_review',
      verdict: 'ready',
      retry_state: {
        execution: { state: 'result_accepted', attempt: 1, max_attempts: 3 },
        callback: { state: 'delivered', attempt: 1 },
      },
      callback_delivery: { callback_status: 'delivered', http_status: 200, delivered_at: at(24) },
      receipt_status: {
        settlement_receipt: { status: 'not_in_trail' },
        usage_receipt: { status: 'issued', credits_debited: 15, remaining_credits: 85 },
      },
      proof_envelope: { ready: true, missing: [], log_index: 7 },
      missing_items: [],
      offer_readiness: { ready: true, reasons: ['every condition is met'] },
    })
  })

  test.each([
    ['sealed', without('trail.attested'), 'the trail is not sealed yet'],
    [
      'evidence_sufficient',
      [...without('result.accepted'), resulted('partial')],
      'the evidence is partial, score 85',
    ],
    [
      'verdict_ready',
      [...without('trail.attested'), attested(0, 26, 'partial')],
      'the verdict is partial',
    ],
    [
      'callback_settled',
      [...without('callback.attempted'), delivery('pending', 1, 24, { next_attempt_at: at(60) })],
      'the callback is pending at attempt 1',
    ],
    [
      'no_open_exception',
      [...goodRun(), opened('manual_review_required', 22)],
      'open: manual_review_required',
    ],
  ])('is not ready to offer while %s does not hold, and says why', (condition, facts, reason) => {
    const { offer_readiness } = report(facts)
    expect(offer_readiness.ready).toBe(false)
    expect(offer_readiness.reasons).toContain(reason)
    expect(offer_readiness.conditions).toContainEqual({ condition, met: false, reason })
  })

  test('is ready to offer when no callback is due', () => {
    const { offer_readiness, retry_state } = report([
      ...without('callback.attempted'),
      delivery('ready', 0, 24),
    ])
    expect(offer_readiness.ready).toBe(true)
    expect(retry_state.callback.state).toBe('not_due')
  })

  test('counts a link as sealed only when a ledger entry under a seal holds it', () => {
    const unsealed = [...without('ledger.appended'), entered(0, 25, ['work_order'])]
    expect(report(unsealed).proof_envelope).toMatchObject({ ready: false })
    expect(report(without('trail.attested')).proof_envelope.missing).toEqual(PROOF_TRAIL)
  })

  test('offers what the facts speak for', () => {
    const applying = (facts: readonly ConsoleInput[]) =>
      report(facts)
        .options.filter(({ applies }) => applies)
        .map(({ action }) => action)
    expect(applying(goodRun())).toEqual(['close'])
    const stalled = [accepted(), held, bound(1, 3), opened('tool_execution_pause', 9)]
    expect(applying(stalled)).toEqual([
      'advance_queue',
      'release_credit_allocation',
      'close_exception',
    ])
    const waiting = [accepted(), opened('credit_hold', 2)]
    expect(applying(waiting)).toEqual(['release_credit_allocation'])
    const givenUp = [...without('callback.attempted'), delivery('parked', 10, 24)]
    expect(applying(givenUp)).toEqual(['retry_callback', 'close'])
    const partial = [...without('result.accepted'), resulted('partial')]
    expect(applying(partial)).toEqual(['replay_from_checkpoint', 'rerun_result_contract', 'close'])
    const [, ...others] = partial
    expect(applying([accepted({ pilot_controls: { allow_replay: false } }), ...others])).toEqual([
      'close',
    ])
    expect(applying([rejected, attested(0, 3, 'refused')])).toEqual([])
  })

  test('names missing items, and the open ones by class', () => {
    const { missing_items, next_actions } = report([
      ...without('result.accepted'),
      resulted('partial'),
    ])
    expect(missing_items).toEqual([{ code: 'missing', about: 'diagrams' }])
    expect(next_actions).toEqual([{ action: 'add_evidence' }])
  })

  test('says that a run is out of attempts', () => {
    const stalled = [accepted(), held, bound(1, 3), bound(2, 5), opened('tool_execution_pause', 9)]
    expect(report(stalled).retry_state.execution).toEqual({
      state: 'out_of_attempts',
      attempt: 2,
      max_attempts: 3,
    })
  })
})

describe('the report as text and as a page', () => {
  const hostile = '<script>alert("x")</script>\u001b[31m & \'more\''
  const attacked = report([
    accepted({ ...order, agent_id: hostile, requested_capability: hostile }),
    ...goodRun().slice(1),
    {
      ...opened('evidence_gap', 23),
      data: linkOf('exception_ticket', ticketWith(hostile)),
    } as ConsoleInput,
  ])

  test('carry every part that an operator reviews', () => {
    const text = reportText(report(goodRun()))
    for (const part of [
      'runtime state',
      'retry state',
      'callback',
      'usage',
      'proof envelope',
      'ready to offer',
      'Retry or replay',
      'operator_review',
    ]) {
      expect(text).toContain(part)
    }
    const page = reportPage(report(goodRun()))
    for (const part of ['Runtime state', 'Retry state', 'Ready to offer', 'Proof envelope']) {
      expect(page).toContain(part)
    }
  })

  test('escape what agents and tools wrote', () => {
    const page = reportPage(attacked)
    expect(page).not.toContain('<script')
    expect(page).toContain('&lt;script&gt;alert(&quot;x&quot;)')
    expect(reportText(attacked)).not.toContain('\u001b')
  })

  test('need nothing but the page itself: one style by its digest, no script', () => {
    expect(PAGE_POLICY).toMatch(/^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]+'/)
    expect(reportPage(report(goodRun()))).not.toMatch(/<script|style=|src=|https?:/)
  })
})

function ticketWith(summary: string) {
  return {
    object_type: 'agent_exception_ticket',
    exception_id: 'ex_1',
    work_order_id: WO,
    agent_task_run_id: 'run_1',
    requested_tool: 'energyops',
    exception_type: 'evidence_gap',
    severity: 'medium',
    status: 'open',
    summary,
    created_at: at(23),
    issued_at: at(23),
  }
}
