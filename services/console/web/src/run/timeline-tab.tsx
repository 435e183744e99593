/** What happened, in order: by whom it was said, when the broker had it, work apart from waiting. */
import { chainOf } from '@prooftrail/verifier'
import { Commands, Empty, Failed, Loading, Section } from '../ui/parts.tsx'
import { durationOf, Time } from '../ui/time.tsx'
import { words } from '../ui/words.ts'
import { orderOf, type RunParts } from './parts.ts'
import { linesOf, stretchesOf } from './timeline.ts'

export function TimelineTab(parts: RunParts) {
  const { run, report } = parts
  const { data: events, error, refetch } = run.events
  if (error && !events) return <Failed error={error} again={() => void refetch()} />
  if (!events) return <Loading what="the timeline" />
  if (events.length === 0) return <Empty title="Nothing is known of it yet." />
  const { verdict } = run.verification ?? {}
  const links = verdict && run.bundle.data ? chainOf(verdict, run.bundle.data).links : []
  const lines = linesOf(events, links)
  const stretches = stretchesOf(report, links)
  const id = orderOf(parts)
  return (
    <>
      {stretches.length > 0 && <Stretches of={stretches} />}
      <Section title="Events" aside={<span className="soft">by the broker’s clock</span>}>
        <ol className="timeline">
          {lines.map(({ event, afterMs, signer }) => (
            <li key={event.sequence}>
              <span className="when">
                <Time at={event.at} />
                <span className="soft">+{durationOf(afterMs)}</span>
              </span>
              <span className="stage">{event.stage}</span>
              <span className="said">
                {event.summary}
                {signer && (
                  <span className="soft">
                    signed by {signer.party} as {signer.role},{' '}
                    <a href={`?tab=proof#${signer.anchor}`}>{words(signer.link)}</a>
                  </span>
                )}
              </span>
            </li>
          ))}
        </ol>
      </Section>
      <Commands
        lines={[
          ['follow it', `prooftrail watch ${id}`],
          [
            'by curl',
            `curl -H "Authorization: Bearer $TOKEN" ${location.origin}/v1/tasks/${id}/events?after=0`,
          ],
        ]}
      />
    </>
  )
}

function Stretches({ of }: { of: ReturnType<typeof stretchesOf> }) {
  const total = of.reduce((sum, { ms }) => sum + ms, 0)
  const sum = (kind: 'work' | 'wait') =>
    of.filter((one) => one.kind === kind).reduce((ms, one) => ms + one.ms, 0)
  return (
    <Section
      title="Where the time went"
      aside={
        <span className="soft">
          {durationOf(sum('work'))} at work, {durationOf(sum('wait'))} waiting
        </span>
      }
    >
      <table className="stretches">
        <thead>
          <tr>
            <th scope="col">Stretch</th>
            <th scope="col">Kind</th>
            <th scope="col">Time</th>
            <th scope="col">Share</th>
          </tr>
        </thead>
        <tbody>
          {of.map(({ name, kind, ms }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{kind === 'work' ? 'work' : 'waiting'}</td>
              <td>{durationOf(ms)}</td>
              <td>
                <meter className={kind} min={0} max={total} value={ms}>
                  {Math.round((100 * ms) / Math.max(1, total))} %
                </meter>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  )
}
