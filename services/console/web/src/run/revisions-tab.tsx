/** Every revision of the trail, what each added, and the difference between two results. */
import { chainOf } from '@prooftrail/verifier'
import { useState } from 'react'
import { Commands, Empty, Loading, Section, State } from '../ui/parts.tsx'
import { Time } from '../ui/time.tsx'
import { sentence, words } from '../ui/words.ts'
import { CompareRuns } from './compare-runs.tsx'
import { DifferenceList } from './difference-list.tsx'
import type { RunParts } from './parts.ts'
import { type Result, resultsIn, revisionsIn } from './revisions.ts'

export function RevisionsTab({ run, report, isOperator }: RunParts) {
  const { verdict } = run.verification ?? {}
  if (report.proof_envelope.revision === undefined) {
    return <Empty title="The trail is not sealed yet: it has no revision." />
  }
  if (!verdict || !run.bundle.data) return <Loading what="the revisions" />
  const { links } = chainOf(verdict, run.bundle.data)
  const revisions = revisionsIn(links)
  return (
    <>
      <Section title="Revisions">
        <p className="soft">
          Each seals what came after the one before; what was sealed stays byte for byte.
        </p>
        <ol className="cards">
          {revisions.map((one) => (
            <li key={one.number}>
              <p>
                <strong>Revision {one.number}</strong> {one.verdict && <State name={one.verdict} />}{' '}
                {one.at && (
                  <span className="soft">
                    sealed <Time at={one.at} />
                  </span>
                )}
              </p>
              <p>
                {one.number === 0 ? 'The run: ' : 'Added: '}
                {one.added.map((name) => words(name)).join(', ')}
              </p>
              {one.act && (
                <p>
                  {sentence(one.act.action)} by {one.act.by}
                  {one.act.reason && <span className="soft">: {one.act.reason}</span>}
                </p>
              )}
            </li>
          ))}
        </ol>
      </Section>
      <Difference results={resultsIn(links)} />
      {isOperator && <CompareRuns own={run.result.data ?? undefined} />}
      <Commands
        lines={[
          ['all revisions, verified', `prooftrail trail ${report.work_order_id}`],
          [
            'by curl',
            `curl -H "Authorization: Bearer $TOKEN" ${location.origin}/v1/trails/${report.work_order_id}`,
          ],
        ]}
      />
    </>
  )
}

function Difference({ results }: { results: readonly Result[] }) {
  const [from, setFrom] = useState(0)
  const [to, setTo] = useState(Math.max(0, results.length - 1))
  if (results.length < 2) {
    return (
      <Section title="Difference">
        <Empty title="There is one result, so there is nothing to compare.">
          <p className="soft">A replay makes one more.</p>
        </Empty>
      </Section>
    )
  }
  const [before, after] = [results[from], results[to]]
  const choose = (label: string, value: number, set: (n: number) => void) => (
    <label>
      {label}{' '}
      <select value={value} onChange={(event) => set(Number(event.target.value))}>
        {results.map(({ name, status }, at) => (
          <option key={name} value={at}>
            {words(name)} ({status})
          </option>
        ))}
      </select>
    </label>
  )
  return (
    <Section
      title="Difference"
      aside={
        <span className="row">
          {choose('from', from, setFrom)} {choose('to', to, setTo)}
        </span>
      }
    >
      {before && after && <DifferenceList before={before.object} after={after.object} />}
    </Section>
  )
}
