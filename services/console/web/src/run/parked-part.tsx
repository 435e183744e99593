/** What of the run was set aside: where, why, since when, and what helps. */
import type { AnswerOf } from '@prooftrail/contracts/doors'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { partQuery } from '../data/queries.ts'
import { Section, State } from '../ui/parts.tsx'
import { Since } from '../ui/time.tsx'
import { count } from '../ui/words.ts'
import { orderOf, type RunParts } from './parts.ts'

type Told = AnswerOf<'GET /v1/tasks/:token/parked'>

/** Shown where something of the run is parked, or was; else nothing. */
export function ParkedPart(parts: RunParts) {
  const { bearer, isOperator } = parts
  const { data } = useQuery(partQuery<Told>(bearer ?? orderOf(parts), '/parked', bearer))
  const parked = data?.parked ?? []
  if (parked.length === 0) return null
  const open = parked.filter(({ state }) => state === 'open')
  return (
    <Section
      title="Parked messages"
      aside={<span className="soft">{count(open.length, 'message')} open</span>}
    >
      <ul className="cards">
        {parked.map((one) => (
          <li key={one.parked_id} className={one.state === 'open' ? '' : 'settled'}>
            <p>
              <code>{one.code}</code> <strong>{one.title}</strong> <State name={one.state} />
            </p>
            <p className="soft">
              at {one.service}, since <Since at={one.since} />
              {one.blocks && '; what comes behind it waits'}
            </p>
            {one.state === 'open' && <p>{one.what_to_do}</p>}
            {isOperator && (
              <p>
                <Link to="/parked/$id" params={{ id: one.parked_id }}>
                  Look at it, send it again or give it up
                </Link>
              </p>
            )}
          </li>
        ))}
      </ul>
    </Section>
  )
}
