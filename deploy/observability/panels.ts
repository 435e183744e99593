/**
 * The one source of what people look at. From it come Grafana's dashboards, and the panels of the
 * console's own page; alerts.ts and slos.ts beside it give the rules. `npm run observability` writes
 * everything below `generated/`.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Dashboard, lines, number, type Panel, type Row } from './panel.ts'
import { maxOf, minOf, quantileOf, quantilesOf, rateOf, ratio, sumOf, until } from './query.ts'
import { SEALED_WITHIN_SECONDS } from './slos.ts'

/** The stages of a work order, and the console beside them. */
export const STAGES = [
  'intake',
  'dispatch',
  'receipt',
  'callback',
  'attestation',
  'console',
] as const
type Stage = (typeof STAGES)[number]

/** The tools of this repository, by their folders. */
export const TOOLS: readonly string[] = readdirSync(
  join(import.meta.dirname, '../../services/executors'),
).sort()

const overview: Dashboard = {
  uid: 'prooftrail-overview',
  title: 'Prooftrail: the life of work orders',
  description: 'From the order to its sealed trail: what is promised, what flows, what waits.',
  rows: [
    {
      title: 'What is promised',
      panels: [
        number(
          'sealed-in-time',
          `Accepted to sealed, p99`,
          'seconds',
          `How long the slowest of a hundred orders take; ${SEALED_WITHIN_SECONDS} s are promised`,
          [[quantileOf(0.99, 'order_seal_seconds'), 'p99']],
          [{ at: SEALED_WITHIN_SECONDS, level: 'critical' }],
        ),
        number(
          'doors-failing',
          'Requests that fail',
          'share',
          'Share of requests that ended with a fault of ours (5xx); a thousandth is allowed',
          [
            [
              ratio(
                rateOf('http_requests_total', { where: { outcome: 'failed' } }),
                rateOf('http_requests_total'),
              ),
              'failed',
            ],
          ],
          [{ at: 0.001, level: 'critical' }],
        ),
        number(
          'callbacks-at-first',
          'Callbacks at the first attempt',
          'share',
          'Share of callbacks that needed one attempt; 95 of 100 are promised',
          [
            [
              ratio(
                rateOf('callbacks_total', { where: { end: 'first' } }),
                rateOf('callbacks_total', { where: { end: '!none' } }),
              ),
              'first',
            ],
          ],
        ),
        number(
          'log-fresh',
          'Entry to log, p99',
          'seconds',
          'From when an entry is on its topic to when the checkpoint holds it',
          [[quantileOf(0.99, 'log_integration_seconds'), 'p99']],
          [{ at: 10, level: 'critical' }],
        ),
      ],
    },
    {
      title: 'What flows',
      panels: [
        lines('orders', 'Orders', 'per second', 'What comes in, what is decided, what is sealed', [
          [
            rateOf('inputs_total', {
              where: { service: 'intake', type: 'work-order.submitted' },
            }),
            'submitted',
          ],
          [rateOf('events_total', { where: { type: 'work-order.accepted' } }), 'accepted'],
          [rateOf('events_total', { where: { type: 'work-order.rejected' } }), 'rejected'],
          [rateOf('events_total', { where: { type: 'trail.attested' } }), 'sealed'],
        ]),
        lines('spans', 'How long it takes', 'seconds', 'By the broker’s clock', [
          [quantileOf(0.5, 'order_acceptance_seconds'), 'submitted to accepted, p50'],
          [quantileOf(0.99, 'order_acceptance_seconds'), 'submitted to accepted, p99'],
          [quantileOf(0.5, 'order_seal_seconds'), 'accepted to sealed, p50'],
          [quantileOf(0.99, 'order_seal_seconds'), 'accepted to sealed, p99'],
        ]),
        lines('runs', 'Runs by state', 'count', 'Where all runs stand', [
          maxOf('runs', { by: ['state'] }),
        ]),
        lines('unsealed', 'Accepted minus sealed', 'count', 'Orders under way', [
          [maxOf('runs_unsealed'), 'orders'],
        ]),
      ],
    },
    {
      title: 'What waits for somebody',
      panels: [
        lines('exceptions', 'Open exceptions', 'count', 'Runs with an open exception, by type', [
          maxOf('exceptions_open', { by: ['type'] }),
        ]),
        lines('stuck', 'Stuck runs', 'count', 'Runs that an alert stands for, by the reason', [
          maxOf('runs_stuck', { by: ['reason'] }),
        ]),
        lines('queue', 'The queue', 'count', 'Runs that are not at rest, by tool and state', [
          maxOf('runs_queued', { by: ['tool', 'state'] }),
        ]),
        lines('acts', 'Open acts', 'count', 'Accepted acts whose result has not come', [
          [maxOf('acts_open'), 'acts'],
        ]),
        lines(
          'unsealed-age',
          'The oldest order without a seal',
          'seconds',
          'Since its acceptance',
          [[maxOf('runs_unsealed_age_seconds'), 'oldest']],
        ),
        lines('waiting-credits', 'Orders that wait for credits', 'count', 'Of all accounts', [
          [maxOf('credit_orders_waiting'), 'orders'],
        ]),
      ],
    },
    {
      title: 'Stages beside each other',
      panels: [
        lines(
          'ages',
          'Age of the oldest input',
          'seconds',
          'The one to alert on: the service whose line grows is the one to help',
          [maxOf('oldest_input_age_seconds', { by: ['service'] })],
          [{ at: 60, level: 'critical' }],
        ),
        lines('lags', 'Lag', 'count', 'Messages not yet fetched', [
          sumOf('consumer_lag_messages', { by: ['service'] }),
        ]),
        lines('outages', 'Outages', 'count', 'Services that wait for a server', [
          maxOf('outage', { by: ['service'] }),
        ]),
        lines('doors', 'Requests', 'per second', 'At all doors, by what they came to', [
          rateOf('http_requests_total', { by: ['outcome'] }),
        ]),
      ],
    },
  ],
}

/** What every process has, whatever it does. */
function common(service: string): Row[] {
  const where = { service }
  return [
    {
      title: 'What comes in',
      panels: [
        lines('inputs', 'Inputs', 'per second', 'By what became of them', [
          rateOf('inputs_total', { where, by: ['outcome'] }),
        ]),
        lines(
          'age',
          'Age of the oldest input',
          'seconds',
          'How late it is',
          [[maxOf('oldest_input_age_seconds', { where }), 'oldest']],
          [{ at: 60, level: 'critical' }],
        ),
        lines('lag', 'Lag', 'count', 'Messages not yet fetched, by topic', [
          sumOf('consumer_lag_messages', { where, by: ['topic'] }),
        ]),
      ],
    },
    {
      title: 'What it does',
      panels: [
        lines('rounds', 'Rounds', 'seconds', 'Time of a round', [
          ...quantilesOf('round_seconds', { where }),
        ]),
        lines('round-size', 'Inputs in a round', 'count', 'Rounds grow with load', [
          [quantileOf(0.5, 'round_inputs', { where }), 'p50'],
        ]),
        lines('saves', 'Saves', 'per second', 'Documents saved, and races that were lost', [
          [rateOf('saves_total', { where }), 'saved'],
          [rateOf('lost_races_total', { where }), 'lost'],
        ]),
        lines(
          'outbox',
          'Outbox',
          'seconds',
          'How long what was decided waits for the broker',
          [[maxOf('outbox_age_seconds', { where }), 'oldest']],
          [{ at: 60, level: 'critical' }],
        ),
      ],
    },
    {
      title: 'Its process',
      panels: [
        lines('cpu', 'Processor', 'cores', 'Cores in use', [
          rateOf('process_cpu_seconds_total', { where, by: ['instance'] }),
        ]),
        lines('memory', 'Memory', 'bytes', 'Resident', [
          maxOf('process_resident_memory_bytes', { where, by: ['instance'] }),
        ]),
        lines('loop', 'Silence of the loop', 'seconds', 'Over 60 it is stuck', [
          [maxOf('loop_silence_seconds', { where }), 'silent'],
          [maxOf('loop_spinning_seconds', { where }), 'spinning'],
        ]),
        lines('event-loop', 'Lag of the event loop, p99', 'seconds', 'Node.js', [
          maxOf('nodejs_eventloop_lag_p99_seconds', { where, by: ['instance'] }),
        ]),
      ],
    },
  ]
}

/** What a stage alone has to show. */
const OWN: Readonly<Record<Stage, readonly Panel[]>> = {
  intake: [
    lines('waiting', 'Orders that wait for their turn', 'count', 'Read, and not taken yet', [
      [sumOf('admission_waiting'), 'orders'],
    ]),
    lines(
      'closed',
      'Since when orders wait for room',
      'seconds',
      '0 while all are taken as they come',
      [[maxOf('admission_closed_seconds'), 'closed']],
      [{ at: 300, level: 'warning' }],
    ),
    lines('wait', 'How long an order is expected to wait', 'seconds', 'One that arrives now', [
      [maxOf('admission_wait_seconds'), 'wait'],
    ]),
    lines('shed', 'Requests answered 429', 'per second', 'The door sends agents away', [
      [rateOf('shed_total', { where: { service: 'intake' } }), 'shed'],
    ]),
  ],
  dispatch: [
    lines('commands', 'Attempts commanded', 'per second', 'By tool', [
      rateOf('tool_commands_total', { by: ['tool'] }),
    ]),
    lines('results', 'Results accepted', 'per second', 'By status', [
      rateOf('tool_results_total', { by: ['status'] }),
    ]),
    lines(
      'silence',
      'Silence of tools',
      'seconds',
      'Since a command that nothing followed',
      [maxOf('tool_silence_seconds', { by: ['tool'] })],
      [{ at: 600, level: 'critical' }],
    ),
    lines('acts', 'Acts', 'per second', 'By what was asked and the answer', [
      rateOf('acts_total', { by: ['action', 'outcome'] }),
    ]),
  ],
  receipt: [
    lines('credits', 'Credits', 'credits', 'Of all accounts: funded = held + debited + free', [
      maxOf('credits', { by: ['state'] }),
    ]),
    lines('waiting', 'Orders that wait for credits', 'count', 'Of all accounts', [
      [maxOf('credit_orders_waiting'), 'orders'],
    ]),
    number('accounts', 'Accounts', 'count', 'In these sums', [
      [maxOf('credit_accounts'), 'accounts'],
    ]),
    lines('sums-age', 'Age of the sums', 'seconds', 'Accounts are gone through page by page', [
      [minOf('credit_sums_age_seconds'), 'age'],
    ]),
  ],
  callback: [
    lines('attempts', 'Attempts', 'per second', 'By what came of them', [
      rateOf('callback_attempts_total', { by: ['outcome'] }),
    ]),
    lines('receivers', 'Receivers', 'per second', 'Attempts by the receiver’s network', [
      rateOf('callback_attempts_total', { by: ['receiver'] }),
    ]),
    lines('ends', 'Callbacks', 'per second', 'By how they ended', [
      rateOf('callbacks_total', { by: ['end'] }),
    ]),
    lines('time', 'Time of a request', 'seconds', 'To receivers', [
      ...quantilesOf('effect_seconds', { where: { service: 'callback' } }),
    ]),
  ],
  attestation: [
    lines('size', 'The log', 'count', 'Entries', [[maxOf('log_size_entries'), 'entries']]),
    lines('checkpoint', 'Age of the checkpoint', 'seconds', 'It moves with each entry', [
      [minOf('log_checkpoint_age_seconds'), 'age'],
    ]),
    lines('integration', 'Entry to log', 'seconds', 'Until the checkpoint holds an entry', [
      ...quantilesOf('log_integration_seconds'),
    ]),
    number(
      'stopped',
      'The log stopped',
      'count',
      '1: it must not be served',
      [[maxOf('log_stopped'), 'stopped']],
      [{ at: 1, level: 'critical' }],
    ),
    lines('witnesses', 'Answers of witnesses', 'per second', 'Where some are named', [
      rateOf('log_witness_answers_total', { by: ['outcome'] }),
    ]),
    number('keys', 'Until the last key of a role ends', 'seconds', 'For roles whose keys end', [
      until(maxOf('key_expires_timestamp_seconds', { by: ['role'] })),
    ]),
  ],
  console: [
    lines('requests', 'Requests', 'per second', 'By route', [
      rateOf('http_requests_total', { where: { service: 'console' }, by: ['route'] }),
    ]),
    lines('request-time', 'Time of requests, p99', 'seconds', 'By route', [
      quantileOf(0.99, 'http_request_seconds', { where: { service: 'console' }, by: ['route'] }),
    ]),
  ],
}

function stageDashboard(stage: Stage): Dashboard {
  return {
    uid: `prooftrail-${stage}`,
    title: `Prooftrail: ${stage}`,
    description: `The stage ${stage}: what it alone shows, then what every process does.`,
    rows: [{ title: 'Its own', panels: OWN[stage] }, ...common(stage)],
  }
}

function toolDashboard(tool: string): Dashboard {
  const where = { tool }
  return {
    uid: `prooftrail-tool-${tool}`,
    title: `Prooftrail: ${tool}`,
    description: `The tool ${tool}, as dispatch sees it and as its executor tells it.`,
    rows: [
      {
        title: 'As dispatch sees it',
        panels: [
          lines('commands', 'Attempts commanded', 'per second', 'By dispatch', [
            [rateOf('tool_commands_total', { where }), 'commands'],
          ]),
          lines('results', 'Results accepted', 'per second', 'By status', [
            rateOf('tool_results_total', { where, by: ['status'] }),
          ]),
          lines(
            'silence',
            'Silence',
            'seconds',
            'Since a command that nothing followed',
            [[maxOf('tool_silence_seconds', { where }), 'silence']],
            [{ at: 600, level: 'critical' }],
          ),
          lines('stalled', 'Runs out of attempts', 'per second', 'Tickets tool_execution_pause', [
            [rateOf('tool_stalled_total', { where }), 'stalled'],
          ]),
        ],
      },
      {
        title: 'As its executor tells it',
        panels: [
          lines('runs', 'Runs', 'per second', 'By outcome', [
            rateOf('tool_runs_total', { where: { service: tool }, by: ['outcome'] }),
          ]),
          lines('running', 'Running now', 'count', 'Runs in hand', [
            [sumOf('effects_running', { where: { service: tool } }), 'runs'],
          ]),
          lines(
            'run-time',
            'Time of a run',
            'seconds',
            'Of runs that are announced before they begin',
            [[quantileOf(0.99, 'effect_seconds', { where: { service: tool } }), 'p99']],
          ),
        ],
      },
      ...common(tool),
    ],
  }
}

const servers: Dashboard = {
  uid: 'prooftrail-servers',
  title: 'Prooftrail: servers',
  description: 'Kafka, MongoDB and the registry as the services meet them.',
  rows: [
    {
      title: 'Kafka and the registry',
      panels: [
        lines('outages', 'Outages', 'count', 'Consumers that try again what is away', [
          sumOf('outage', { by: ['service'] }),
        ]),
        lines('lags', 'Lag by topic', 'count', 'Messages not yet fetched', [
          sumOf('consumer_lag_messages', { by: ['topic'] }),
        ]),
        lines('outboxes', 'Waiting for the broker', 'count', 'Documents whose messages it lacks', [
          sumOf('outbox_waiting', { by: ['service'] }),
        ]),
        lines(
          'open-topics',
          'Open topics',
          'count',
          'More may write them than the catalogue names',
          [maxOf('open_topics', { by: ['service'] })],
        ),
        number(
          'certificate',
          'Until the certificate ends',
          'seconds',
          'Of the brokers’ authority',
          [[until(minOf('tls_certificate_expires_timestamp_seconds')), 'certificate']],
        ),
      ],
    },
    {
      title: 'MongoDB',
      panels: [
        lines('saves', 'Documents saved', 'per second', 'By service', [
          rateOf('saves_total', { by: ['service'] }),
        ]),
        lines('rounds-failed', 'Rounds that failed', 'per second', 'A server was away', [
          rateOf('rounds_total', { where: { outcome: '!finished' }, by: ['service'] }),
        ]),
        lines('round-time', 'Rounds, p99', 'seconds', 'Mostly one load, one save, one publish', [
          quantileOf(0.99, 'round_seconds', { by: ['service'] }),
        ]),
      ],
    },
  ],
}

/** Every dashboard, in the order in which they are offered. */
export const dashboards: readonly Dashboard[] = [
  overview,
  ...STAGES.map(stageDashboard),
  ...TOOLS.map(toolDashboard),
  servers,
]
