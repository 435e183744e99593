/**
 * For each alert, series on which it fires and series on which it does not. They become the unit tests
 * that `promtool test rules` runs against the rules that are deployed.
 */

import { topicFor } from '@prooftrail/contracts'
import { stringify } from 'yaml'
import { alerts } from './alerts.ts'
import { runbookOf } from './render/rules.ts'
import { scaleOf } from './scale.ts'
import { BURNS, slos } from './slos.ts'

/** Series by their text, in promtool's notation: `0x9 5` is ten zeros and a five, a minute each. */
type SeriesValues = Readonly<Record<string, string>>

interface Case {
  alert: string
  fires: SeriesValues
  /** When it is looked at. */
  at: string
  /** Labels of the alert besides its severity. */
  labels?: Readonly<Record<string, string>>
  /** What its summary says then. */
  says: string
  /** Of an objective, whose budget burns over these windows; absent: the alert is one. */
  windows?: readonly string[]
  quiet: SeriesValues
}

const S = 'job="prooftrail",instance="a",service'

/** A gauge that has one value all the time. */
function steady(series: string, value: number): SeriesValues {
  return { [series]: `${value}x1500` }
}

/** A gauge above its bound, and the same below it. */
function gauge(
  alert: string,
  series: string,
  [above, below]: readonly [number, number],
  at: string,
  says: string,
  labels: Case['labels'] = {},
): Case {
  return { alert, fires: steady(series, above), quiet: steady(series, below), at, says, labels }
}

const service = { service: 'receipt' }
const inReceipt = (name: string) => `prooftrail_${name}{${S}="receipt"}`
const inDispatch = (name: string, labels: string) => `prooftrail_${name}{${S}="dispatch",${labels}}`
const inAttestation = (name: string, labels = '') =>
  `prooftrail_${name}{${S}="attestation"${labels && `,${labels}`}}`
const inConsole = (name: string, labels = '') =>
  `prooftrail_${name}{${S}="console"${labels && `,${labels}`}}`
const parked = (code: string) => `prooftrail_parked_total{${S}="receipt",code="${code}"}`
const appended = inAttestation('events_total', 'type="ledger.appended"')
const DAY = 86_400

const cases: readonly Case[] = [
  gauge(
    'ProoftrailServiceDown',
    `up{${S}="receipt"}`,
    [0, 1],
    '5m',
    'receipt does not answer: it is down, or it does not start',
    {
      ...service,
      ...{ job: 'prooftrail', instance: 'a' },
    },
  ),
  {
    alert: 'ProoftrailServiceUnknown',
    says: 'Prometheus scrapes no service at all, so that no other alert can fire',
    fires: { 'up{job="other"}': '1x30' },
    quiet: { [`up{${S}="receipt"}`]: '0x30' },
    at: '10m',
    labels: { job: 'prooftrail' },
  },
  gauge(
    'ProoftrailLoopStuck',
    inReceipt('loop_silence_seconds'),
    [90, 20],
    '5m',
    'A loop of receipt has not turned, or has turned without doing anything, for 1m 30s',
    {
      ...service,
      instance: 'a',
    },
  ),
  {
    alert: 'ProoftrailLoopStuck',
    fires: steady(inReceipt('loop_spinning_seconds'), 90),
    quiet: { ...steady(inReceipt('loop_silence_seconds'), 90), ...steady(inReceipt('outage'), 1) },
    at: '5m',
    says: 'A loop of receipt has not turned, or has turned without doing anything, for 1m 30s',
    labels: { ...service, instance: 'a' },
  },
  gauge(
    'ProoftrailOutage',
    inReceipt('outage'),
    [1, 0],
    '5m',
    'receipt waits for a server that is away',
    service,
  ),
  gauge(
    'ProoftrailTopicOpen',
    inReceipt('open_topics'),
    [2, -1],
    '10m',
    'More may write what receipt reads than the catalogue names',
    service,
  ),
  gauge(
    'ProoftrailServiceLate',
    inReceipt('oldest_input_age_seconds'),
    [61, 59],
    '10m',
    'What receipt has in hand is 1m 1s old',
    service,
  ),
  gauge(
    'ProoftrailOutboxWaits',
    inReceipt('outbox_age_seconds'),
    [90, 30],
    '5m',
    'What receipt decided has not reached the broker for 1m 30s',
    service,
  ),
  {
    alert: 'ProoftrailMessageParked',
    says: 'receipt set a message aside: PT-9005',
    // the first of its code has no growth that Prometheus sees
    fires: { [parked('PT-9005')]: '_x9 1x10' },
    quiet: { [parked('PT-9005')]: '4x40', [parked('PT-2003')]: '0+1x40' },
    at: '20m',
    labels: { ...service, code: 'PT-9005' },
  },
  gauge(
    'ProoftrailOrdersWait',
    `prooftrail_admission_closed_seconds{${S}="intake"}`,
    [301, 200],
    '1m',
    'Orders have been waiting on the intake topic for room for 5m 1s',
  ),
  {
    alert: 'ProoftrailDoorShedsLoad',
    says: 'The HTTP door has been answering 429 for ten minutes',
    fires: { [`prooftrail_shed_total{${S}="intake"}`]: '0+3x30' },
    quiet: { [`prooftrail_shed_total{${S}="intake"}`]: '7x30' },
    at: '25m',
  },
  gauge(
    'ProoftrailOrderNotSealed',
    inConsole('runs_unsealed_age_seconds'),
    [22_000, 900],
    '15m',
    'An accepted order has had no seal for 6h 6m 40s',
  ),
  gauge(
    'ProoftrailExecutorAway',
    inDispatch('tool_silence_seconds', 'tool="tokenops"'),
    [700, 40],
    '5m',
    'tokenops has been commanded, and has said nothing for 11m 40s',
    { tool: 'tokenops' },
  ),
  gauge(
    'ProoftrailRunStalled',
    inConsole('exceptions_open', 'type="tool_execution_pause"'),
    [2, 0],
    '5m',
    '2 runs are out of attempts and have no result',
    { type: 'tool_execution_pause' },
  ),
  gauge(
    'ProoftrailRunStuck',
    inConsole('runs_stuck', 'reason="missing_evidence"'),
    [3, 0],
    '10m',
    '3 runs do not go on: missing_evidence',
    { reason: 'missing_evidence' },
  ),
  gauge(
    'ProoftrailCallbackExhausted',
    inConsole('exceptions_open', 'type="callback_failure"'),
    [1, 0],
    '5m',
    '1 callbacks were given up: their receivers did not take them',
    { type: 'callback_failure' },
  ),
  gauge(
    'ProoftrailCreditsPending',
    inReceipt('credit_orders_waiting'),
    [3, 0],
    '10m',
    '3 orders wait for credits',
  ),
  gauge(
    'ProoftrailLogStopped',
    inAttestation('log_stopped'),
    [1, 0],
    '5m',
    'The log must not be served: what is stored is not the fold of its topic',
  ),
  {
    alert: 'ProoftrailCheckpointOld',
    says: 'Entries are appended, and the checkpoint has not moved for 12m 0s',
    fires: { [inAttestation('log_checkpoint_age_seconds')]: '0+60x20', [appended]: '0+5x20' },
    // nothing is appended: the checkpoint may be as old as it is
    quiet: {
      [inAttestation('log_checkpoint_age_seconds')]: '0+60x20',
      [appended]: '5x20',
      [inAttestation('consumer_lag_messages', `topic="${topicFor('ledger.appended')}"`)]: '0x20',
    },
    at: '12m',
  },
  {
    alert: 'ProoftrailWitnessSilent',
    says: 'A witness does not cosign the log',
    fires: { [inAttestation('log_witness_answers_total', 'outcome="failed"')]: '0+2x40' },
    quiet: {
      [inAttestation('log_witness_answers_total', 'outcome="failed"')]: '0+2x40',
      [inAttestation('log_witness_answers_total', 'outcome="cosigned"')]: '0+1x40',
      [inAttestation('log_cosigned_age_seconds')]: '60x40',
    },
    at: '30m',
  },
  {
    alert: 'ProoftrailLogForked',
    says: 'A witness knows a tree that this log does not begin with',
    fires: { [inAttestation('log_witness_answers_total', 'outcome="forked"')]: '_x9 1x10' },
    quiet: { [inAttestation('log_witness_answers_total', 'outcome="refused"')]: '0+1x40' },
    at: '15m',
  },
  gauge(
    'ProoftrailCertificateEnds',
    inReceipt('tls_certificate_expires_timestamp_seconds'),
    [20 * DAY, 22 * DAY],
    '1m',
    'The certificate of the brokers’ authority that receipt trusts ends in 19d 23h 59m 0s',
    service,
  ),
  gauge(
    'ProoftrailKeyEnds',
    inAttestation('key_expires_timestamp_seconds', 'role="log"'),
    [13 * DAY, 15 * DAY],
    '1m',
    'The last key of the role log ends in 12d 23h 59m 0s',
    { role: 'log' },
  ),
  ...burnCases(),
]

/** Budgets burn where enough goes wrong, and not where one of few does. */
function burnCases(): Case[] {
  const seal = (le: string) => inConsole('order_seal_seconds_bucket', `le="${le}"`)
  const entry = (le: string) => inAttestation('log_integration_seconds_bucket', `le="${le}"`)
  const requests = (outcome: string) =>
    `prooftrail_http_requests_total{${S}="intake",route="r",outcome="${outcome}"}`
  const callbacks = (end: string) => `prooftrail_callbacks_total{${S}="callback",end="${end}"}`
  const series: Record<string, { says: string; fires: SeriesValues; quiet: SeriesValues }> = {
    'sealed-in-time': {
      says: '50%',
      fires: { [inConsole('order_seal_seconds_count')]: '0+10x400', [seal('30')]: '0+5x400' },
      // half of two orders an hour are late
      quiet: {
        [inConsole('order_seal_seconds_count')]: '0x29 1x29 2x400',
        [seal('30')]: '0x29 0x29 1x400',
      },
    },
    'doors-answer': {
      says: '9.091%',
      fires: { [requests('ok')]: '0+60x400', [requests('failed')]: '0+6x400' },
      quiet: { [requests('ok')]: '0+60x400', [requests('refused')]: '0+60x400' },
    },
    'callbacks-at-first': {
      says: '90%',
      fires: { [callbacks('first')]: '0+1x400', [callbacks('parked')]: '0+9x400' },
      quiet: { [callbacks('first')]: '0+9x400', [callbacks('none')]: '0+9x400' },
    },
    'log-fresh': {
      says: '50%',
      fires: {
        [inAttestation('log_integration_seconds_count')]: '0+10x400',
        [entry('10')]: '0+5x400',
      },
      quiet: {
        [inAttestation('log_integration_seconds_count')]: '0+10x400',
        [entry('10')]: '0+10x400',
      },
    },
  }
  const windows = BURNS.map(({ long }) => long)
  return slos.flatMap(({ name, alert, promise }) => {
    const of = series[name]
    if (of === undefined) return []
    const says = `${promise}: not so for ${of.says}`
    return [{ alert, windows, at: '90m', ...of, says }]
  })
}

/** Alerts that no case is about. */
export function untested(): string[] {
  const tested = new Set(cases.map(({ alert }) => alert))
  return alerts(scaleOf(1)).flatMap(({ name }) => (tested.has(name) ? [] : [name]))
}

/** The file that `promtool test rules` takes. */
export function ruleTestsYaml(): string {
  const tests = cases.flatMap((one) => [
    testOf(one, one.fires, 'fires'),
    testOf(one, one.quiet, 'does not fire'),
  ])
  const head =
    '# Written by `npm run observability` from deploy/observability/alert-cases.ts. Do not edit.\n'
  return (
    head +
    stringify({ rule_files: ['rules.yml'], evaluation_interval: '1m', tests }, { lineWidth: 0 })
  )
}

function testOf(
  { alert, at, labels = {}, says, windows }: Case,
  series: SeriesValues,
  what: 'fires' | 'does not fire',
) {
  const found = alerts(scaleOf(1)).filter(({ name }) => name === alert)
  const expected = found.map((one) => {
    const window = windows && one.labels?.window
    return {
      exp_labels: { severity: one.severity, ...one.labels, ...labels },
      exp_annotations: {
        summary: window === undefined ? says : `${says} (over ${window})`,
        runbook: runbookOf(one),
      },
    }
  })
  return {
    name: `${alert} ${what}`,
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [
      { eval_time: at, alertname: alert, exp_alerts: what === 'fires' ? expected : [] },
    ],
  }
}
