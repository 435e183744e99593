/** Which run it is, where it stands, and whether its proof holds in this browser. */
import { Id, Mark, State, Terms } from '../ui/parts.tsx'
import { Time } from '../ui/time.tsx'
import { count, meaningOf, sentence, words } from '../ui/words.ts'
import type { RunParts } from './parts.ts'

export function RunHead({ run, report }: RunParts) {
  const { pilot, verdict, evidence, receipt_status, lifecycle_state } = report
  const usage = receipt_status.usage_receipt
  const { revision, log_index } = report.proof_envelope
  const title = sentence(report.requested_capability ?? 'work order')
  return (
    <header className="run-head">
      <div>
        <p className="over">
          {pilot.tool ?? 'tool'} {pilot.execution_mode && `· ${words(pilot.execution_mode)}`}
          {report.agent_id && ` · ordered by ${report.agent_id}`}
        </p>
        <h1>{title}</h1>
        <p>
          <Id value={report.work_order_id} whole />
        </p>
      </div>
      <Verified run={run} />
      <Terms
        of={{
          State: <Stands state={lifecycle_state} />,
          Verdict: verdict === undefined ? 'none yet' : <State name={verdict} />,
          Evidence: evidence && (
            <>
              {evidence.evidence_status}, score {evidence.evidence_score} of 100
            </>
          ),
          Credits:
            usage.credits_debited === undefined
              ? undefined
              : `${count(usage.credits_debited, 'credit')} used${revision ? ' by the newest result' : ''}`,
          Sealed:
            revision === undefined
              ? 'not yet'
              : `revision ${revision}, leaf ${log_index?.toLocaleString('en')} of the log`,
          Callback: <State name={report.callback_delivery.callback_status} />,
          Changed: <Time at={report.as_of} relative />,
        }}
      />
    </header>
  )
}

/** The state in its word, and what that means. */
function Stands({ state }: { state: string }) {
  const meaning = meaningOf(state)
  return (
    <>
      <State name={state} /> {meaning && <span className="soft">{meaning}</span>}
    </>
  )
}

/** The verdict of this browser's own verification, beside what the services say. */
function Verified({ run }: Pick<RunParts, 'run'>) {
  const { verification, report, bundle } = run
  if (report.data?.proof_envelope.revision === undefined) {
    return (
      <p className="verified open">
        <Mark is="open" /> Not sealed yet
      </p>
    )
  }
  if (bundle.error) {
    return (
      <p className="verified open">
        <Mark is="open" /> The bundle could not be fetched
      </p>
    )
  }
  const { verdict, tookMs, checks = [], done } = verification ?? {}
  if (verdict === undefined) {
    return (
      <p className="verified busy" role="status">
        <Mark is="busy" /> Verifying here: {done?.size ?? 0} of {checks.length || 8} checks
      </p>
    )
  }
  return verdict.ok ? (
    <p className="verified passed" role="status">
      <Mark is="passed" /> <strong>Verified here</strong>: {count(checks.length, 'check')},{' '}
      {count(verdict.links.length, 'link')}, {Math.round(tookMs ?? 0)} ms
    </p>
  ) : (
    <p className="verified failed" role="alert">
      <Mark is="failed" /> <strong>Does not verify</strong>: nothing below may be relied on
    </p>
  )
}
