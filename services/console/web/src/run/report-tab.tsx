/** The pilot report, as it is printed or sent. */
import { Button } from 'react-aria-components'
import { Json } from '../ui/json.tsx'
import { Commands, Mark, Section, Terms } from '../ui/parts.tsx'
import { Time } from '../ui/time.tsx'
import { words } from '../ui/words.ts'
import { orderOf, type RunParts } from './parts.ts'

export function ReportTab(parts: RunParts) {
  const { report } = parts
  const id = orderOf(parts)
  const { pilot, offer_readiness: offer, proof_envelope: proof, retry_state } = report
  const { execution } = retry_state
  return (
    <div className="report">
      <div className="row no-print">
        <Button className="button primary" onPress={() => window.print()}>
          Print
        </Button>
      </div>
      <Section title={`Pilot report: ${pilot.pilot_id ?? pilot.tool ?? 'order'}`}>
        <Terms
          of={{
            'Work order': <code>{id}</code>,
            'As of': <Time at={report.as_of} />,
            Tool: `${pilot.tool ?? '?'}, ${words(report.requested_capability ?? '')}`,
            Agent: report.agent_id,
            'Runtime state': words(report.runtime_state),
            Lifecycle: words(report.lifecycle_state),
            Verdict: report.verdict ?? 'none yet',
            Evidence: report.evidence
              ? `${report.evidence.evidence_status}, score ${report.evidence.evidence_score} of 100`
              : 'not assessed',
            Execution: `${words(execution.state)}${execution.attempt > 0 ? `, attempt ${execution.attempt}${execution.max_attempts ? ` of at most ${execution.max_attempts}` : ''}` : ''}`,
            Callback: words(report.callback_delivery.callback_status),
            'Proof envelope': proof.ready
              ? `ready: ${proof.links.length} links sealed, leaf ${proof.log_index} of the log`
              : `not ready; missing ${proof.missing.join(', ') || 'the whole trail'}`,
          }}
        />
        {report.human_summary && <p className="words">{report.human_summary}</p>}
      </Section>
      <Section title={offer.ready ? 'Ready to offer' : 'Not ready to offer'}>
        <ul className="checks">
          {offer.conditions.map(({ condition, met, reason }) => (
            <li key={condition}>
              <Mark is={met ? 'passed' : 'open'} /> <span>{words(condition)}</span>{' '}
              <span className="soft">{reason}</span>
            </li>
          ))}
        </ul>
      </Section>
      {report.missing_items.length > 0 && (
        <Section title="Missing items">
          <ul className="lines">
            {report.missing_items.map(({ code, about, detail }) => (
              <li key={`${code} ${about} ${detail}`}>
                <strong>{words(about ?? '')}</strong> {words(code)}
                {detail && `: ${detail}`}
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Section title="Steps">
        <ol className="steps">
          {report.steps.map(({ sequence, name, step, status, occurred_at }) => (
            <li key={sequence}>
              <Mark is={status === 'done' ? 'passed' : status === 'stopped' ? 'failed' : 'open'} />{' '}
              <span>{words(name)}</span> <span className="soft">{step}</span>{' '}
              <span className="soft">
                {words(status)} {occurred_at && <Time at={occurred_at} />}
              </span>
            </li>
          ))}
        </ol>
      </Section>
      <details className="no-print">
        <summary>As JSON</summary>
        <Json value={report} name={`report-${id}`} />
      </details>
      <Commands
        lines={[
          ['this report', `prooftrail report ${id}`],
          [
            'as text by curl',
            `curl -H "Authorization: Bearer $TOKEN" -H 'accept: text/plain' ${location.origin}/v1/tasks/${id}/report`,
          ],
        ]}
      />
    </div>
  )
}
