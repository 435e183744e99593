/** One batch: how far it is, how it goes on, each run's answer with the way on, who did what and why. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { Button } from 'react-aria-components'
import { type Batch, batchQuery, idsOf } from '../data/batches.ts'
import { sessionQuery } from '../data/queries.ts'
import { Commands, Failed, Id, Loading, Section, State, Terms } from '../ui/parts.tsx'
import { Time } from '../ui/time.tsx'
import { count, sentence, words } from '../ui/words.ts'
import { BatchPanel } from './batch-panel.tsx'
import { BatchRuns } from './batch-runs.tsx'
import { batchCommandLines } from './bulk.ts'
import { BulkSheet, type Selected } from './bulk-sheet.tsx'

const route = getRouteApi('/batches/$id')

export function BatchPage() {
  const { id } = route.useParams()
  const { status } = route.useSearch()
  const { data: batch, error, refetch } = useQuery(batchQuery(id))
  if (!batch) {
    return (
      <main id="main">
        <h1>Batch</h1>
        {error ? (
          <Failed error={error} again={() => void refetch()} />
        ) : (
          <Loading what="the batch" />
        )}
      </main>
    )
  }
  return (
    <main id="main" className="full">
      <p className="over soft">Batch, made by {batch.requested_by}</p>
      <h1>
        {sentence(batch.act.recovery_action)}: {count(batch.total, 'run')}
      </h1>
      <p>
        <Id value={id} whole />
      </p>
      <div className="columns">
        <div>
          <BatchPanel id={id} />
        </div>
        <div>
          <Terms
            of={{
              Reason: batch.act.reason,
              Chosen: batch.selected,
              'Exceptions of': batch.exception_type && words(batch.exception_type),
              Rate: `${batch.per_second} a second at most`,
              Made: <Time at={batch.created_at} />,
              'Gives up': <Time at={batch.expires_at} />,
              Ended: batch.ended_at && <Time at={batch.ended_at} />,
            }}
          />
          <Changes batch={batch} />
        </div>
      </div>
      <Section title="Runs" aside={<Again batch={batch} />}>
        <BatchRuns batch={batch} status={status} />
      </Section>
      <Commands lines={batchCommandLines(id)} />
    </main>
  )
}

function Changes({ batch }: { batch: Batch }) {
  return (
    <Section
      title="Who did what"
      aside={
        <Link to="/acts" search={{ batch: batch.batch_id }}>
          in the trail of acts
        </Link>
      }
    >
      <ol className="lines">
        {batch.changes.map((change) => (
          <li key={`${change.changed_at} ${change.status}`}>
            <State name={change.status} /> by {change.changed_by}, <Time at={change.changed_at} />
            {change.reason !== undefined && <p className="soft">{change.reason}</p>}
          </li>
        ))}
      </ol>
    </Section>
  )
}

const NOT_DONE = ['refused', 'unanswered', 'not_asked'] as const

/** Runs that did not come to it, chosen anew: frozen again, as they stand then. */
function Again({ batch }: { batch: Batch }) {
  const { data: session } = useQuery(sessionQuery)
  const [selected, setSelected] = useState<Selected>()
  const [error, setError] = useState<unknown>()
  const left = NOT_DONE.reduce((sum, name) => sum + batch.counts[name], 0)
  if (!batch.settled || left === 0 || session?.role === 'viewer') return null
  const choose = async () => {
    setError(undefined)
    try {
      const ids = await idsOf(batch.batch_id, NOT_DONE)
      setSelected({ ids, how: `not accepted in ${batch.batch_id}` })
    } catch (fault) {
      setError(fault)
    }
  }
  return (
    <>
      <Button className="button" onPress={() => void choose()}>
        Act on the {count(left, 'run')} that were not accepted
      </Button>
      {error !== undefined && <Failed error={error} />}
      {selected && <BulkSheet selected={selected} onClose={() => setSelected(undefined)} />}
    </>
  )
}
