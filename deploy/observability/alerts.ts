import { topicFor } from '@prooftrail/contracts'
import { fullName, type MetricName } from './metrics.ts'
import { selector, type Where } from './query.ts'
import type { Scale } from './scale.ts'
import { BURNS, burnExpr, slos } from './slos.ts'

/** Somebody is woken, somebody looks today, somebody looks this week. */
export type Severity = 'page' | 'warning' | 'ticket'

export interface Alert {
  name: string
  severity: Severity
  expr: string
  /** How long it must hold. */
  for?: string
  /** Labels besides the severity. */
  labels?: Readonly<Record<string, string>>
  /** What is the matter, in a sentence. */
  summary: string
  /** Its section of docs/runbook.md. */
  runbook: string
}

/** Results that came late are only counted: nothing is to be done. */
const LATE_RESULTS = '!~PT-200[345]'
/** The ledger, which one process folds. */
const LEDGER = topicFor('ledger.appended')
/** `job` of the services in prometheus.yml. */
export const JOB = 'prooftrail'

/** Every alert, at the speed of a scale. */
export function alerts(scale: Scale): Alert[] {
  return [
    ...processes(scale),
    ...flow(scale),
    ...orders(scale),
    ...log(scale),
    ...ends(),
    ...burns(),
  ]
}

function processes({ span, limit }: Scale): Alert[] {
  return [
    {
      name: 'ProoftrailServiceDown',
      severity: 'page',
      expr: `up{job="${JOB}"} == 0`,
      for: span('2m'),
      summary: '{{ $labels.service }} does not answer: it is down, or it does not start',
      runbook: 'a-service-is-down',
    },
    {
      name: 'ProoftrailServiceUnknown',
      severity: 'page',
      expr: `absent(up{job="${JOB}"})`,
      for: span('5m'),
      summary: 'Prometheus scrapes no service at all, so that no other alert can fire',
      runbook: 'nothing-is-scraped',
    },
    {
      name: 'ProoftrailLoopStuck',
      severity: 'page',
      // a loop that waits for a server does not turn: that is another alert, and a restart helps nothing
      expr: `(${max('loop_silence_seconds', ['service', 'instance'])} > ${limit('60s')} or ${max('loop_spinning_seconds', ['service', 'instance'])} > ${limit('30s')}) unless on (service) ${max('outage', ['service'])} > 0`,
      for: span('1m'),
      summary:
        'A loop of {{ $labels.service }} has not turned, or has turned without doing anything, for {{ $value | humanizeDuration }}',
      runbook: 'a-loop-is-stuck',
    },
    {
      name: 'ProoftrailOutage',
      severity: 'page',
      expr: `${max('outage', ['service'])} > 0`,
      for: span('2m'),
      summary: '{{ $labels.service }} waits for a server that is away',
      runbook: 'a-server-is-away',
    },
    {
      name: 'ProoftrailTopicOpen',
      severity: 'page',
      expr: `${max('open_topics', ['service'])} > 0`,
      for: span('5m'),
      summary: 'More may write what {{ $labels.service }} reads than the catalogue names',
      runbook: 'a-topic-is-open',
    },
  ]
}

function flow({ span, limit }: Scale): Alert[] {
  return [
    {
      name: 'ProoftrailServiceLate',
      severity: 'warning',
      expr: `${max('oldest_input_age_seconds', ['service'])} > ${limit('60s')}`,
      for: span('5m'),
      summary: 'What {{ $labels.service }} has in hand is {{ $value | humanizeDuration }} old',
      runbook: 'a-service-is-late',
    },
    {
      name: 'ProoftrailOutboxWaits',
      severity: 'page',
      expr: `${max('outbox_age_seconds', ['service'])} > ${limit('60s')}`,
      for: span('2m'),
      summary:
        'What {{ $labels.service }} decided has not reached the broker for {{ $value | humanizeDuration }}',
      runbook: 'an-outbox-waits',
    },
    {
      name: 'ProoftrailMessageParked',
      severity: 'warning',
      expr: grew('parked_total', { code: LATE_RESULTS }, ['service', 'code'], span('15m')),
      summary: '{{ $labels.service }} set a message aside: {{ $labels.code }}',
      runbook: 'a-message-is-parked',
    },
    {
      name: 'ProoftrailOrdersWait',
      severity: 'warning',
      expr: `${max('admission_closed_seconds', [])} > ${limit('5m')}`,
      summary:
        'Orders have been waiting on the intake topic for room for {{ $value | humanizeDuration }}',
      runbook: 'orders-wait',
    },
    {
      name: 'ProoftrailDoorShedsLoad',
      severity: 'page',
      expr: `sum(rate(${series('shed_total')}[${span('5m')}])) > 0`,
      for: span('10m'),
      summary: 'The HTTP door has been answering 429 for ten minutes',
      runbook: 'orders-wait',
    },
  ]
}

function orders({ span, limit }: Scale): Alert[] {
  return [
    {
      name: 'ProoftrailOrderNotSealed',
      severity: 'warning',
      expr: `${max('runs_unsealed_age_seconds', [])} > ${limit('6h')}`,
      for: span('10m'),
      summary: 'An accepted order has had no seal for {{ $value | humanizeDuration }}',
      runbook: 'an-order-is-not-sealed',
    },
    {
      name: 'ProoftrailExecutorAway',
      severity: 'page',
      expr: `${max('tool_silence_seconds', ['tool'])} > ${limit('10m')}`,
      for: span('1m'),
      summary:
        '{{ $labels.tool }} has been commanded, and has said nothing for {{ $value | humanizeDuration }}',
      runbook: 'an-executor-is-away',
    },
    {
      name: 'ProoftrailRunStalled',
      severity: 'warning',
      expr: `${max('exceptions_open', ['type'], { type: 'tool_execution_pause' })} > 0`,
      for: span('1m'),
      summary: '{{ $value }} runs are out of attempts and have no result',
      runbook: 'a-work-order-is-stalled',
    },
    {
      name: 'ProoftrailRunStuck',
      severity: 'warning',
      expr: `${max('runs_stuck', ['reason'])} > 0`,
      for: span('5m'),
      summary: '{{ $value }} runs do not go on: {{ $labels.reason }}',
      runbook: 'a-run-is-stuck',
    },
    {
      name: 'ProoftrailCallbackExhausted',
      severity: 'warning',
      expr: `${max('exceptions_open', ['type'], { type: 'callback_failure' })} > 0`,
      for: span('1m'),
      summary: '{{ $value }} callbacks were given up: their receivers did not take them',
      runbook: 'a-callback-is-exhausted',
    },
    {
      name: 'ProoftrailCreditsPending',
      severity: 'warning',
      expr: `${max('credit_orders_waiting', [])} > 0`,
      for: span('5m'),
      summary: '{{ $value }} orders wait for credits',
      runbook: 'credits-are-pending',
    },
  ]
}

function log({ span, limit }: Scale): Alert[] {
  const appended = `sum(increase(${series('events_total', { service: 'attestation', type: 'ledger.appended' })}[${span('5m')}]))`
  const waits = `${max('consumer_lag_messages', [], { service: 'attestation', topic: LEDGER })} > 0`
  const answers = (outcome: string) =>
    `sum(increase(${series('log_witness_answers_total', { outcome })}[${span('15m')}]))`
  return [
    {
      name: 'ProoftrailLogStopped',
      severity: 'page',
      expr: `max(${series('log_stopped')}) > 0`,
      for: span('2m'),
      summary: 'The log must not be served: what is stored is not the fold of its topic',
      runbook: 'the-log-stopped',
    },
    {
      name: 'ProoftrailCheckpointOld',
      severity: 'page',
      expr: `min(${series('log_checkpoint_age_seconds')}) > ${limit('6m')} and (${appended} > 0 or ${waits})`,
      for: span('1m'),
      summary:
        'Entries are appended, and the checkpoint has not moved for {{ $value | humanizeDuration }}',
      runbook: 'the-checkpoint-is-old',
    },
    {
      name: 'ProoftrailWitnessSilent',
      severity: 'warning',
      expr: `${max('log_cosigned_age_seconds', [])} > ${limit('15m')} or ${answers('~failed|refused')} > 3 unless ${answers('cosigned')} > 0`,
      for: span('5m'),
      summary: 'A witness does not cosign the log',
      runbook: 'a-witness-does-not-cosign',
    },
    {
      name: 'ProoftrailLogForked',
      severity: 'page',
      expr: grew('log_witness_answers_total', { outcome: 'forked' }, [], span('15m')),
      summary: 'A witness knows a tree that this log does not begin with',
      runbook: 'the-log-is-forked',
    },
  ]
}

/** Certificates and keys are renewed by people, who need the time that production has. */
function ends(): Alert[] {
  return [
    {
      name: 'ProoftrailCertificateEnds',
      severity: 'ticket',
      expr: `min by (service) (${series('tls_certificate_expires_timestamp_seconds')}) - time() < ${days(21)}`,
      summary:
        'The certificate of the brokers’ authority that {{ $labels.service }} trusts ends in {{ $value | humanizeDuration }}',
      runbook: 'a-certificate-ends',
    },
    {
      name: 'ProoftrailKeyEnds',
      severity: 'ticket',
      expr: `max by (role) (${series('key_expires_timestamp_seconds')}) - time() < ${days(14)}`,
      summary:
        'The last key of the role {{ $labels.role }} ends in {{ $value | humanizeDuration }}',
      runbook: 'a-key-ends',
    },
  ]
}

function burns(): Alert[] {
  return slos.flatMap((slo) =>
    BURNS.map((burn) => ({
      name: slo.alert,
      severity: burn.severity,
      labels: { window: burn.long },
      expr: burnExpr(slo, burn),
      summary: `${slo.promise}: not so for {{ $value | humanizePercentage }} (over ${burn.long})`,
      runbook: slo.runbook,
    })),
  )
}

/**
 * Whether a counter grew. A series that is new grew too, though Prometheus sees no growth in its first
 * value.
 */
function grew(name: MetricName, where: Where, by: readonly string[], window: string): string {
  const of = by.length === 0 ? 'sum' : `sum by (${by.join(', ')}) `
  const counter = series(name, where)
  return `${of}(increase(${counter}[${window}])) > 0 or ${of}(${counter} unless ${counter} offset ${window}) > 0`
}

function max(name: MetricName, by: readonly string[], where: Where = {}): string {
  const of = by.length === 0 ? 'max' : `max by (${by.join(', ')}) `
  return `${of}(${series(name, where)})`
}

function series(name: MetricName, where: Where = {}): string {
  return selector({ metric: fullName(name), where })
}

function days(count: number): number {
  return count * 86_400
}
