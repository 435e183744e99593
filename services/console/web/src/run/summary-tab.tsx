/** What came of the run, what is missing, and what can be done about it. */
import { Json } from '../ui/json.tsx'
import { Commands, Empty, Mark, Section, State } from '../ui/parts.tsx'
import { words } from '../ui/words.ts'
import { ActsPanel } from './acts-panel.tsx'
import { EvidenceList } from './evidence-list.tsx'
import { ExceptionsList } from './exceptions-list.tsx'
import { ParkedPart } from './parked-part.tsx'
import { orderOf, type RunParts } from './parts.ts'
import { RulesList } from './rules-list.tsx'

export function SummaryTab(parts: RunParts) {
  const { report, run, isOperator } = parts
  const id = orderOf(parts)
  const contract = run.result.data ?? undefined
  return (
    <div className="columns">
      <div>
        {report.reasons.length > 0 && (
          <Section title="Why it was refused">
            <ul className="lines">
              {report.reasons.map(({ code, detail }) => (
                <li key={`${code} ${detail}`}>
                  <code>{code}</code> {detail}
                </li>
              ))}
            </ul>
          </Section>
        )}
        <Section title="Result" aside={contract && <State name={contract.result_status} />}>
          {report.human_summary === undefined ? (
            <Empty
              title={
                report.reasons.length > 0
                  ? 'The order was refused: no work was done.'
                  : 'No result yet.'
              }
            >
              <p>{whyNoResult(parts)}</p>
            </Empty>
          ) : (
            <p className="words">{report.human_summary}</p>
          )}
          {contract && (
            <details>
              <summary>As JSON</summary>
              <Json value={contract} name={`result-${id}`} />
            </details>
          )}
        </Section>
        <EvidenceList {...parts} />
        <RulesList contract={contract} />
      </div>
      <div>
        {isOperator && <ActsPanel {...parts} />}
        <ParkedPart {...parts} />
        <ExceptionsList {...parts} />
        <Section
          title="Ready to offer"
          aside={<State name={report.offer_readiness.ready ? 'ready' : 'not yet'} />}
        >
          <ul className="checks">
            {report.offer_readiness.conditions.map(({ condition, met, reason }) => (
              <li key={condition}>
                <Mark is={met ? 'passed' : 'open'} /> <span>{words(condition)}</span>{' '}
                <span className="soft">{reason}</span>
              </li>
            ))}
          </ul>
        </Section>
        <Commands
          lines={[
            ['this view', `prooftrail report ${id}`],
            [
              'this view by curl',
              `curl -H "Authorization: Bearer $TOKEN" ${location.origin}/v1/tasks/${id}/report`,
            ],
            [
              'the result by curl',
              `curl -H "Authorization: Bearer $TOKEN" ${location.origin}/v1/tasks/${id}/result-contract`,
            ],
          ]}
        />
      </div>
    </div>
  )
}

function whyNoResult({ report }: RunParts): string {
  const { execution } = report.retry_state
  const { attempt, max_attempts } = execution
  switch (execution.state) {
    case 'refused':
      return 'Correct what is named above and submit the order under another key.'
    case 'not_started':
      return `It is ${words(report.lifecycle_state)}; the tool was not commanded yet.`
    case 'under_way':
      return `${report.pilot.tool} works on it: attempt ${attempt}${max_attempts ? ` of at most ${max_attempts}` : ''}.`
    case 'out_of_attempts':
      return `All ${attempt} attempts ended without a result. Advance the queue, or close the run.`
    case 'result_accepted':
      return 'A result was accepted and is on its way here.'
  }
}
