import {
  CALLBACK_STATUS,
  EXCEPTION_TYPES,
  LIFECYCLE_STATES,
  RESULT_STATUS,
  RUNTIME_STATES,
  STUCK_REASONS,
  VERDICTS,
} from '@prooftrail/trail/vocabulary'
import Type from 'typebox'
import { QUEUE_STATES, type QueueState } from '../limits.ts'
import type { Routes } from './route.ts'
import { exceptionView, pilotReport, pilotView, stepsView, toolEvent } from './run-parts.ts'
import { cursor, limit, linkOf, objectOf, oneOf, time } from './schemas.ts'

/** Who moves a run on, if anybody must. */
export const WAITS_FOR = ['nobody', 'service', 'credits', 'operator', 'receiver'] as const
export type WaitsFor = (typeof WAITS_FOR)[number]

/** Whether a run has a usage receipt. */
const RECEIPTS = ['issued'] as const

/** Orders of a list of runs; `-` is newest first. */
export const RUN_SORTS = ['-changed', 'changed', '-accepted', 'accepted'] as const
export type RunSort = (typeof RUN_SORTS)[number]

const text = Type.Optional(Type.String())
const count = Type.Integer({ minimum: 0 })

/** What is said of a run wherever it is told. */
const ofRun = {
  work_order_id: Type.String(),
  task_token: text,
  agent_id: text,
  requested_tool: text,
  requested_capability: text,
  execution_mode: text,
  pilot_id: text,
  lifecycle_state: oneOf(LIFECYCLE_STATES),
  runtime_state: text,
  revision: Type.Optional(count),
  verdict: text,
  log_index: Type.Optional(count),
  result_status: text,
  evidence_status: text,
  evidence_score: Type.Optional(Type.Integer()),
  /** What the newest result leaves open, by what each item is about; the first few. */
  open_items: Type.Optional(Type.Array(Type.String())),
  callback_status: text,
  credits_debited: Type.Optional(count),
  open_exceptions: count,
}

/** A run as a line of a list. Of two tellings of one run the one with more `changes` is the newer. */
export const runRow = Type.Object({
  ...ofRun,
  waits_for: oneOf(WAITS_FOR),
  accepted_at: Type.Optional(time),
  changed_at: time,
  changes: count,
})

const queue = Type.Object({
  object_type: Type.Literal('agent_queue_scheduler_monitor'),
  generated_at: time,
  lifecycle_counts: Type.Record(Type.String(), count),
  waiting: count,
  open_exceptions: count,
  oldest_waiting: Type.Array(
    Type.Object({
      lifecycle_state: oneOf(LIFECYCLE_STATES),
      work_order_id: Type.String(),
      since: time,
      seconds: count,
    }),
  ),
  stuck: count,
  stuck_runs: Type.Array(
    Type.Object({
      work_order_id: Type.String(),
      requested_tool: Type.Optional(Type.String()),
      alert_id: Type.String(),
      state: Type.String(),
      since: time,
      seconds: count,
      stuck_reason: Type.String(),
      recommended_action: Type.String(),
      command: Type.Optional(Type.String()),
      ends: Type.String(),
    }),
  ),
  monitor: Type.Array(
    Type.Object({
      requested_tool: Type.String(),
      state: Type.Unsafe<QueueState>({ type: 'string', enum: [...QUEUE_STATES] }),
      queue_state: oneOf(['moving', 'stuck', 'at_rest']),
      runs: count,
      processed: count,
      advanced: count,
      last_at: time,
      next_at: Type.Optional(time),
      heartbeat: Type.Optional(oneOf(['on_time', 'late'])),
      heartbeat_at: Type.Optional(time),
      oldest: Type.Optional(
        Type.Object({ work_order_id: Type.String(), since: time, seconds: count }),
      ),
      stuck: count,
      stuck_reasons: Type.Array(Type.Object({ reason: oneOf(STUCK_REASONS), runs: count })),
      recommended_action: text,
      retry_ready: count,
    }),
  ),
})

/** So many runs, as far as they were counted, and the filter of the list of them. */
const counted = Type.Object({
  count,
  more: Type.Boolean(),
  list: Type.Record(Type.String(), Type.String()),
})

const told = Type.Array(Type.Object({ legend: Type.String(), value: Type.Number() }))

const overview = Type.Object({
  generated_at: time,
  latest: Type.Optional(runRow),
  counters: Type.Object({
    pending: counted,
    failed_callbacks: counted,
    open_exceptions: counted,
    settlements_pending: counted,
    receipts_issued: counted,
    replay_ready: counted,
  }),
  waits: Type.Object({
    service: counted,
    credits: counted,
    operator: counted,
    receiver: counted,
  }),
  credits_available: Type.Optional(Type.Number()),
  rates: told,
  spans: told,
})

const reason = Type.Object({ code: Type.String(), detail: Type.String() })

const summary = Type.Object({
  ...ofRun,
  sealed: Type.Boolean(),
  attempt: Type.Optional(count),
  reasons: Type.Optional(Type.Array(reason)),
  ids: Type.Optional(Type.Record(Type.String(), Type.String())),
})

const event = Type.Object({
  sequence: Type.Integer({ minimum: 1 }),
  type: Type.String(),
  at: time,
  stage: Type.String(),
  summary: Type.String(),
})

const seal = Type.Object({
  revision: count,
  verdict: Type.String(),
  runtime_state: Type.String(),
  ledger_entry_id: Type.String(),
  attestation_id: Type.String(),
  log_index: count,
  statement: Type.Unknown(),
  key_id: Type.String(),
  signature: Type.String(),
  issued_at: time,
})

/** For a reader that cannot send the header `Last-Event-ID`. */
const streamQuery = Type.Object({
  last_event_id: Type.Optional(Type.String({ maxLength: 40 })),
})

/** The events of a stream, by their names. */
export const streamEvents = {
  hello: Type.Object({ heartbeat_ms: count }),
  runs: Type.Object({ runs: Type.Array(runRow) }),
  queue,
  age: Type.Object({
    behind_seconds: Type.Union([Type.Number({ minimum: 0 }), Type.Null()]),
    at: time,
  }),
  reset: Type.Object({ reason: Type.String() }),
}

const codes = ['PT-7001', 'PT-7002'] as const

/** What a list of runs is selected by; several combine. */
const selection = {
  state: Type.Optional(oneOf(LIFECYCLE_STATES)),
  waits_for: Type.Optional(oneOf(WAITS_FOR)),
  tool: Type.Optional(Type.String({ maxLength: 200 })),
  agent: Type.Optional(Type.String({ maxLength: 200 })),
  callback: Type.Optional(oneOf(CALLBACK_STATUS)),
  result: Type.Optional(oneOf(RESULT_STATUS)),
  verdict: Type.Optional(oneOf(VERDICTS)),
  ticket: Type.Optional(oneOf(EXCEPTION_TYPES)),
  runtime: Type.Optional(oneOf(RUNTIME_STATES)),
  receipt: Type.Optional(oneOf(RECEIPTS)),
}

/** The console: runs, for people and for agents. */
export const consoleRoutes = {
  'GET /v1/runs': {
    who: 'viewer',
    says: 'runs, page by page; `next_cursor` where the list goes on, also behind a page that is short or empty. `find` answers those with this id, digest, log index or handle',
    query: Type.Object({
      find: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
      ...selection,
      sort: Type.Optional(Type.Unsafe<RunSort>({ ...oneOf(RUN_SORTS), default: '-changed' })),
      limit: limit(200, 50),
      cursor,
    }),
    answer: Type.Object({
      runs: Type.Array(runRow),
      next_cursor: Type.Optional(Type.String()),
      generated_at: time,
    }),
    codes: ['PT-9039'],
  },
  'GET /v1/runs/ids': {
    who: 'viewer',
    says: 'the ids of all runs that are selected, oldest first and counted: what a batch is made of. At most 10,000; `more` where there are others',
    query: Type.Object(selection),
    answer: Type.Object({
      work_order_ids: Type.Array(Type.String()),
      total: count,
      more: Type.Boolean(),
    }),
    codes: [],
  },
  'GET /v1/queue': {
    who: 'viewer',
    says: 'the queue monitor: runs per lifecycle state, per tool and state, the oldest that wait and those that are stuck',
    answer: queue,
    codes: [],
  },
  'GET /v1/executors/:tool': {
    who: 'viewer',
    says: 'what is at the executors of a tool, and the runs from which they were heard last',
    answer: Type.Object({
      tool: Type.String(),
      queued: count,
      operating: count,
      heard: Type.Array(
        Type.Object({
          work_order_id: Type.String(),
          attempt: count,
          at: time,
          state: Type.String(),
          percent: Type.Optional(Type.Integer()),
          key_id: text,
        }),
      ),
    }),
    codes: ['PT-7001'],
  },
  'GET /v1/overview': {
    who: 'viewer',
    says: 'the counters of a shift, each with the filter of its list; who is waited for; rates of the last minute. Counts end at 10,000, and say that there are `more`',
    answer: overview,
    codes: [],
  },
  'GET /v1/stream': {
    who: 'viewer',
    says: 'what changes, as [server-sent events](#the-stream)',
    query: streamQuery,
    types: ['text/event-stream'],
    codes: ['PT-9042'],
  },
  'GET /v1/tasks/:token/stream': {
    who: 'task',
    says: 'the same of one run',
    query: streamQuery,
    types: ['text/event-stream'],
    codes: ['PT-7001', 'PT-9042'],
  },
  'GET /v1/tasks/:token': {
    who: 'task',
    says: 'the run on one page: states, verdict, scores, ids',
    answer: summary,
    codes,
  },
  'GET /v1/tasks/:token/lifecycle': {
    who: 'task',
    says: 'lifecycle_state and the facts behind it',
    answer: Type.Object({
      work_order_id: Type.String(),
      lifecycle_state: oneOf(LIFECYCLE_STATES),
      runtime_state: text,
      facts: Type.Object({}),
    }),
    codes,
  },
  'GET /v1/tasks/:token/events': {
    who: 'task',
    says: 'what happened, in the order in which the console learned it',
    query: Type.Object({
      after: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
    }),
    answer: Type.Object({ work_order_id: Type.String(), events: Type.Array(event) }),
    codes,
  },
  'GET /v1/tasks/:token/result-contract': {
    who: 'task',
    says: 'the accepted result contract',
    answer: objectOf('ResultContract'),
    codes,
  },
  'GET /v1/tasks/:token/receipts': {
    who: 'task',
    says: 'settlement receipt and usage receipt, two records',
    answer: Type.Object({
      settlement_receipt: Type.Optional(objectOf('SettlementReceipt')),
      usage_receipt: Type.Optional(objectOf('UsageReceipt')),
    }),
    codes,
  },
  'GET /v1/tasks/:token/settlement-receipt': {
    who: 'task',
    says: 'what funded it; a trail without settlement receipt has none (PT-7002)',
    answer: objectOf('SettlementReceipt'),
    codes,
  },
  'GET /v1/tasks/:token/usage-receipt': {
    who: 'task',
    says: 'what it used',
    answer: objectOf('UsageReceipt'),
    codes,
  },
  'GET /v1/tasks/:token/attestation': {
    who: 'task',
    says: 'the newest seal',
    answer: seal,
    codes,
  },
  'GET /v1/tasks/:token/ledger': {
    who: 'task',
    says: 'the ledger entries, oldest first',
    answer: Type.Object({ entries: Type.Array(linkOf(objectOf('LedgerEntry'))) }),
    codes,
  },
  'GET /v1/tasks/:token/exceptions': {
    who: 'task',
    says: 'tickets with their present status',
    answer: Type.Object({ exceptions: Type.Array(exceptionView) }),
    codes,
  },
  'GET /v1/tasks/:token/callback': {
    who: 'task',
    says: 'delivery so far, attempt by attempt',
    answer: objectOf('CallbackDelivery'),
    codes,
  },
  'GET /v1/tasks/:token/pilot': {
    who: 'task',
    says: 'the header: pilot_id, tool, execution_mode, runtime_state (from the seal on), proof_trail',
    answer: pilotView,
    codes,
  },
  'GET /v1/tasks/:token/steps': {
    who: 'task',
    says: 'step events so far, and the eight steps with their status',
    answer: stepsView,
    codes,
  },
  'GET /v1/tasks/:token/tool-events': {
    who: 'task',
    says: 'the execution as tool execution result events',
    answer: Type.Object({ work_order_id: Type.String(), events: Type.Array(toolEvent) }),
    codes,
  },
  'GET /v1/tasks/:token/report': {
    who: 'task',
    says: 'the pilot report: JSON, or a page or text (`Accept: text/html`, `text/plain`)',
    answer: pilotReport,
    types: ['text/html', 'text/plain'],
    codes,
  },
} as const satisfies Routes
