import { createHash } from 'node:crypto'
import { html, type Markup } from './html.ts'
import type { PilotReport } from './report.ts'
import {
  callbackLine,
  envelopeLine,
  evidenceLine,
  executionLine,
  settlementLine,
  usageLine,
  words,
} from './report-text.ts'

const STYLE = `
:root { color-scheme: light dark; --ok: #176b3a; --no: #9a3412; --line: #8886; }
@media (prefers-color-scheme: dark) { :root { --ok: #6fd69b; --no: #fdba74; } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
p { margin: .4rem 0; }
code, .id { font-family: ui-monospace, monospace; font-size: .88em; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: minmax(8rem, max-content) 1fr; gap: .3rem 1.25rem; margin: 1rem 0; }
dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; } .wide { overflow-x: auto; }
caption { text-align: left; padding-bottom: .25rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; white-space: nowrap; } td:last-child { overflow-wrap: anywhere; }
.verdict { border-left: .35rem solid; padding: .4rem .9rem; margin: 1.25rem 0; }
.ok { color: var(--ok); } .no { color: var(--no); } .verdict p { color: CanvasText; }
.code { white-space: nowrap; }
ul.plain { list-style: none; padding: 0; margin: .3rem 0; }
`

/** The page's only style, by its digest: no script, no frame, nothing from elsewhere. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256')
  .update(STYLE)
  .digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

/** The pilot report as a page. Everything that an agent or tool wrote is escaped. */
export function reportPage(report: PilotReport): string {
  const { pilot, offer_readiness: offer, receipt_status, retry_state, proof_envelope } = report
  const name =
    pilot.pilot_id ?? `${pilot.tool ?? 'tool'}, ${words(pilot.execution_mode ?? 'order')}`
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>Pilot report: ${name}</title>
<style>${{ markup: STYLE }}</style>
</head>
<body>
<header>
<h1>Pilot report: ${name}</h1>
<p>Work order <span class="id">${report.work_order_id}</span>, as of ${time(report.as_of)}</p>
</header>
<main>
<section class="verdict ${offer.ready ? 'ok' : 'no'}" aria-labelledby="offer">
<strong id="offer">${offer.ready ? 'Ready to offer' : 'Not ready to offer'}</strong>
<ul class="plain">${offer.conditions.map(
    ({ met, condition, reason }) =>
      html`<li><p>${mark(met)} <strong>${sentence(condition)}:</strong> ${reason}</p></li>`,
  )}</ul>
</section>
<h2 id="state">Where it stands</h2>
<dl>
<dt>Runtime state</dt><dd>${words(report.runtime_state)}</dd>
<dt>Lifecycle</dt><dd>${words(report.lifecycle_state)}</dd>
<dt>Verdict</dt><dd>${report.verdict ?? 'none yet'}</dd>
<dt>Evidence</dt><dd>${evidenceLine(report)}</dd>
<dt>Retry state</dt><dd>${executionLine(retry_state.execution)}</dd>
<dt>Callback delivery</dt><dd>${callbackLine(report)}</dd>
<dt>Settlement receipt</dt><dd>${settlementLine(receipt_status.settlement_receipt)}</dd>
<dt>Usage receipt</dt><dd>${usageLine(receipt_status.usage_receipt)}</dd>
<dt>Proof envelope</dt><dd>${envelopeLine(proof_envelope)}</dd>
<dt>Tool</dt><dd>${pilot.tool ?? '?'}, ${words(report.requested_capability ?? '')}</dd>
<dt>Agent</dt><dd>${report.agent_id ?? '?'}</dd>
</dl>
${report.human_summary === undefined ? [] : html`<p>${report.human_summary}</p>`}
${table(
  'Refused because',
  ['Code', 'Reason'],
  report.reasons.map(({ code, detail }) => [html`<span class="code">${code}</span>`, detail]),
)}
${table(
  'Missing items',
  ['Item', 'State', 'Detail'],
  report.missing_items.map(({ about, code, detail }) => [about, words(code), detail ?? '']),
)}
${table(
  'Exceptions',
  ['Type', 'Severity', 'Status', 'Summary'],
  report.exceptions.map((one) => [
    words(one.exception_type),
    one.severity,
    words(one.status),
    one.resolution ?? one.summary ?? '',
  ]),
)}
${table(
  'Next actions',
  ['Action', 'About', 'Detail'],
  report.next_actions.map(({ action, about, detail }) => [
    words(action),
    about ?? '',
    detail ?? '',
  ]),
)}
${table(
  'Retry or replay',
  ['Option', 'Applies', 'Why', 'Command'],
  report.options.map(({ action, applies, reason, command }) => [
    words(action),
    applies ? 'yes' : 'no',
    reason,
    applies ? command : '',
  ]),
)}
${table(
  'Steps',
  ['#', 'Step', 'Stage', 'Status', 'At'],
  report.steps.map(({ sequence, name: step, step: stage, status, occurred_at }) => [
    String(sequence),
    words(step),
    stage ?? '',
    words(status),
    occurred_at === undefined ? '' : time(occurred_at),
  ]),
)}
${table(
  'Callback attempts',
  ['#', 'Outcome', 'HTTP', 'Started', 'Error'],
  report.callback_delivery.attempts.map((one) => [
    String(one.attempt),
    one.outcome,
    one.http_status === undefined ? '–' : String(one.http_status),
    time(one.started_at),
    one.error_code ?? '',
  ]),
)}
${table(
  'Proof envelope',
  ['Link', 'Sealed', 'Digest'],
  proof_envelope.links.map(({ name: link, sealed, digest }) => [
    words(link),
    sealed ? 'yes' : 'no',
    digest === undefined ? '' : html`<code>${digest}</code>`,
  ]),
)}
</main>
</body>
</html>
`
  return page.markup
}

function table(title: string, heads: string[], rows: readonly (string | Markup)[][]): Markup {
  if (rows.length === 0) return html``
  const id = title.toLowerCase().replaceAll(' ', '-')
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
<div class="wide"><table aria-labelledby="${id}"><thead><tr>${heads.map(
    (head) => html`<th scope="col">${head}</th>`,
  )}</tr></thead>
<tbody>${rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody></table></div></section>`
}

function mark(met: boolean): Markup {
  return met
    ? html`<span class="ok" role="img" aria-label="met">✓</span>`
    : html`<span class="no" role="img" aria-label="not met">✗</span>`
}

function time(at: string): Markup {
  return html`<time datetime="${at}">${at.replace('T', ' ').replace('Z', ' UTC')}</time>`
}

function sentence(name: string): string {
  const text = words(name)
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
}
