/** The runs that changed last, as they change: the newest first. */
import { Link } from '@tanstack/react-router'
import { useMemo, useSyncExternalStore } from 'react'
import { changedRows, subscribeChanges } from '../data/changes.ts'
import type { RunRow } from '../data/rows.ts'
import { Empty, Section, State } from '../ui/parts.tsx'
import { Time } from '../ui/time.tsx'
import { short, words } from '../ui/words.ts'

const SHOWN = 8

export function Moving({ latest }: { latest: RunRow | undefined }) {
  const changed = useSyncExternalStore(subscribeChanges, changedRows)
  const rows = useMemo(() => {
    // the buffer has what changed last at its end
    const known = [...changed.values()].slice(-SHOWN).reverse()
    const isKnown = latest === undefined || changed.has(latest.work_order_id)
    return isKnown ? known : [...known, latest].slice(0, SHOWN)
  }, [changed, latest])
  return (
    <Section title="Moving now">
      {rows.length === 0 ? (
        <Empty title="Nothing has changed since this page was opened." />
      ) : (
        <ul className="oldest">
          {rows.map((row) => (
            <li key={row.work_order_id}>
              <State name={row.lifecycle_state} />
              <Link to="/runs/$id" params={{ id: row.work_order_id }}>
                <code>{short(row.work_order_id)}</code> {words(row.requested_capability ?? '')}
              </Link>
              <span className="soft">
                <Time at={row.changed_at} relative />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
