import type { PilotReport } from './report.ts'

/** The pilot report as lines of plain text, for terminals and mails. */
export function reportText(report: PilotReport): string {
  const { pilot, retry_state, receipt_status, proof_envelope, offer_readiness } = report
  const { settlement_receipt, usage_receipt } = receipt_status
  const lines = [
    `Pilot report  ${pilot.pilot_id ?? `${pilot.tool ?? 'tool'}, ${words(pilot.execution_mode ?? 'order')}`}`,
    row('work order', report.work_order_id),
    row('tool', `${pilot.tool ?? '?'} (${report.requested_capability ?? '?'})`),
    row('agent', report.agent_id ?? '?'),
    row('as of', report.as_of),
    '',
    row('runtime state', report.runtime_state),
    row('lifecycle', report.lifecycle_state),
    row('verdict', report.verdict ?? 'none yet'),
    row('evidence', evidenceLine(report)),
    row('retry state', executionLine(retry_state.execution)),
    row('callback', callbackLine(report)),
    row('settlement', settlementLine(settlement_receipt)),
    row('usage', usageLine(usage_receipt)),
    row('proof envelope', envelopeLine(proof_envelope)),
    row('ready to offer', offer_readiness.ready ? 'yes' : 'no'),
    ...offer_readiness.conditions.map(
      ({ met, condition, reason }) => `    [${met ? 'x' : ' '}] ${condition}: ${reason}`,
    ),
    ...section(
      'Refused because',
      report.reasons.map(({ code, detail }) => `${code} ${detail}`),
    ),
    ...section('Summary', report.human_summary === undefined ? [] : [report.human_summary]),
    ...section('Missing items', report.missing_items.map(itemLine)),
    ...section(
      'Exceptions',
      report.exceptions.map(
        (one) => `${one.exception_type} (${one.severity}, ${one.status})${tail(one.summary)}`,
      ),
    ),
    ...section(
      'Next actions',
      report.next_actions.map(({ action, about, detail }) => named(action, about, detail)),
    ),
    ...section(
      'Retry or replay',
      report.options.flatMap(({ action, applies, reason, command, credits }) => [
        `[${applies ? 'x' : ' '}] ${action}: ${reason}`,
        ...(applies ? [`    ${command}${credits > 0 ? ` (holds ${credits} credits)` : ''}`] : []),
      ]),
    ),
    ...section(
      'Steps',
      report.steps.map(
        ({ sequence, name, step, status, occurred_at }) =>
          `${sequence} ${name.padEnd(29)} ${(step ?? '').padEnd(10)} ${status.padEnd(8)}${tailTime(occurred_at)}`,
      ),
    ),
  ]
  return `${lines.map((line) => printable(line).trimEnd()).join('\n')}\n`
}

/** One line on what execution did. */
export function executionLine(execution: PilotReport['retry_state']['execution']): string {
  const { state, attempt, max_attempts } = execution
  const of = max_attempts === undefined ? '' : ` of at most ${max_attempts}`
  return attempt === 0 ? words(state) : `${words(state)}, attempt ${attempt}${of}`
}

export function callbackLine({ callback_delivery, retry_state }: PilotReport): string {
  const { callback_status, http_status, delivered_at } = callback_delivery
  const { attempt, next_attempt_at } = retry_state.callback
  if (callback_status === 'ready') return 'none is due; the result waits to be fetched'
  const answer = http_status === undefined ? '' : `, HTTP ${http_status}`
  const at = delivered_at === undefined ? '' : ` at ${delivered_at}`
  const next = next_attempt_at === undefined ? '' : `, next attempt at ${next_attempt_at}`
  return `${words(callback_status)}${at}${attempt > 0 ? `, attempt ${attempt}` : ''}${answer}${next}`
}

export function settlementLine(
  receipt: PilotReport['receipt_status']['settlement_receipt'],
): string {
  const { status, settlement_id, credits_funded } = receipt
  return settlement_id === undefined
    ? words(status)
    : `${status}: ${credits_funded} credits funded (${settlement_id})`
}

export function usageLine(receipt: PilotReport['receipt_status']['usage_receipt']): string {
  const { status, receipt_id, credits_held, credits_debited, credits_released } = receipt
  return receipt_id === undefined
    ? words(status)
    : `${status}: ${credits_held} held, ${credits_debited} debited, ${credits_released} released, ${receipt.remaining_credits} left (${receipt_id})`
}

export function envelopeLine(envelope: PilotReport['proof_envelope']): string {
  const { ready, missing, links, revision, log_index } = envelope
  if (!ready)
    return `not ready; missing ${missing.length > 0 ? missing.join(', ') : 'the whole trail'}`
  const again = revision ? `, revision ${revision}` : ''
  return `ready: ${links.length} links sealed, leaf ${log_index} of the log${again}`
}

export function evidenceLine({ evidence }: PilotReport): string {
  return evidence
    ? `${evidence.evidence_status}, score ${evidence.evidence_score} of 100`
    : 'not assessed'
}

export function words(name: string): string {
  return name.replaceAll('_', ' ')
}

function row(name: string, value: string): string {
  return `  ${name.padEnd(15)} ${value}`
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)]
}

function itemLine({ code, about, detail }: PilotReport['missing_items'][number]): string {
  return named(code, about, detail)
}

function named(what: string, about?: string, detail?: string): string {
  return `${what}${about === undefined ? '' : ` ${about}`}${tail(detail)}`
}

function tail(text: string | undefined): string {
  return text === undefined || text === '' ? '' : `: ${text}`
}

function tailTime(at: string | undefined): string {
  return at === undefined ? '' : ` ${at}`
}

/** Text of agents and tools reaches terminals: no control character passes. */
function printable(line: string): string {
  return line.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\ufffd')
}
