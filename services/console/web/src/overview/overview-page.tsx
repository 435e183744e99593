/** How the whole stands: what moves, what is wanted of whom, what waits longest. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { overviewQuery } from '../data/overview.ts'
import { queueQuery } from '../data/queries.ts'
import { Commands, Empty, Failed, Loading, Section } from '../ui/parts.tsx'
import { Counters, Waits } from './counters.tsx'
import { Moving } from './moving.tsx'
import { Rates } from './rates.tsx'
import { Oldest, Stuck } from './waiting.tsx'

/** States in the order in which a run passes them, for the line of stages. */
const STAGES: readonly { label: string; states: readonly string[] }[] = [
  { label: 'Accepted', states: ['created'] },
  { label: 'Paid', states: ['credit_funded'] },
  { label: 'Commanded', states: ['queued'] },
  { label: 'At work', states: ['operating'] },
  { label: 'Result', states: ['result_ready'] },
  { label: 'Receipt', states: ['usage_receipt_issued'] },
  { label: 'Callback owed', states: ['callback_pending'] },
  { label: 'Called back', states: ['callback_delivered'] },
  { label: 'Sealed', states: ['attested'] },
]

export function OverviewPage() {
  const { data: queue, error, refetch } = useQuery(queueQuery)
  const { data: overview } = useQuery(overviewQuery)
  if (error && !queue) {
    return (
      <main id="main">
        <h1>Overview</h1>
        <Failed error={error} again={() => void refetch()} />
      </main>
    )
  }
  if (!queue) return <Loading what="the overview" />
  const of = (state: string) => queue.lifecycle_counts[state] ?? 0
  const total = Object.values(queue.lifecycle_counts).reduce((sum, n) => sum + n, 0)
  return (
    <main id="main">
      <h1>Overview</h1>
      {total === 0 ? (
        <Empty title="No order has come in yet.">
          <p>
            Send one: <code>npx prooftrail submit examples/tokenops-complete.json …</code>, as{' '}
            <code>npm start</code> says.
          </p>
        </Empty>
      ) : (
        <>
          <Section
            title="On the way"
            aside={<span className="soft">{queue.waiting} under way</span>}
          >
            <ol className="stages">
              {STAGES.map(({ label, states }) => (
                <li key={label}>
                  <Link to="/runs" search={{ state: states[0] ?? '' }}>
                    <strong>
                      {states.reduce((sum, state) => sum + of(state), 0).toLocaleString('en')}
                    </strong>
                    <span>{label}</span>
                  </Link>
                </li>
              ))}
            </ol>
            {overview && <Rates rates={overview.rates} spans={overview.spans} />}
          </Section>
          {overview && <Counters of={overview} />}
          {overview && <Waits of={overview.waits} />}
          <div className="columns">
            <Oldest of={queue.oldest_waiting} />
            <Moving latest={overview?.latest} />
          </div>
          <Stuck of={queue.stuck_runs} n={queue.stuck} />
        </>
      )}
      <Commands
        lines={[
          ['this view', 'prooftrail queue'],
          ['by curl', `curl -H "Authorization: Bearer $TOKEN" ${location.origin}/v1/overview`],
        ]}
      />
    </main>
  )
}
