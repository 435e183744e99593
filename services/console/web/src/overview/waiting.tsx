/** What has waited longest, and what does not go on by itself. */
import type { QueueView } from '@prooftrail/console'
import { Link } from '@tanstack/react-router'
import { Empty, Id, Section, State } from '../ui/parts.tsx'
import { Since } from '../ui/time.tsx'
import { words } from '../ui/words.ts'

export function Oldest({ of }: { of: QueueView['oldest_waiting'] }) {
  return (
    <Section title="Oldest waiting">
      {of.length === 0 ? (
        <Empty title="Nothing waits." />
      ) : (
        <ul className="oldest">
          {of.map(({ lifecycle_state, work_order_id, since }) => (
            <li key={lifecycle_state}>
              <State name={lifecycle_state} />
              <Link to="/runs/$id" params={{ id: work_order_id }}>
                oldest: for <Since at={since} />
              </Link>
              <Id value={work_order_id} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

export function Stuck({ of, n }: { of: QueueView['stuck_runs']; n: number }) {
  if (of.length === 0) return null
  return (
    <Section
      title="Stuck"
      aside={n > of.length && <span className="soft">the oldest of {n.toLocaleString('en')}</span>}
    >
      <ul className="oldest">
        {of.map(({ work_order_id, state, since, stuck_reason, recommended_action, command }) => (
          <li key={work_order_id}>
            <State name={state} />
            <Link to="/runs/$id" params={{ id: work_order_id }}>
              {words(stuck_reason)} for <Since at={since} />
            </Link>
            <span className="soft">
              {words(recommended_action)} {command && <code>{command}</code>}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  )
}
