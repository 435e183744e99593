/** The counters of a shift, and who is waited for: each number leads to its list. */
import { Link } from '@tanstack/react-router'
import type { Counted, Overview } from '../data/overview.ts'
import { readSearch } from '../runs/search.ts'
import { Section, State } from '../ui/parts.tsx'
import { short } from '../ui/words.ts'

/** What is counted, in the order in which it is looked at; those that want somebody are marked. */
const COUNTERS: readonly (readonly [keyof Overview['counters'], string, boolean])[] = [
  ['pending', 'pending', false],
  ['failed_callbacks', 'failed callbacks', true],
  ['open_exceptions', 'open exceptions', true],
  ['settlements_pending', 'settlements pending', true],
  ['replay_ready', 'replay ready', true],
  ['receipts_issued', 'receipts issued', false],
]

export function Counters({ of: { counters, latest, credits_available } }: { of: Overview }) {
  return (
    <Section title="At a glance">
      <ul className="counters">
        {latest && (
          <li>
            <Link to="/runs/$id" params={{ id: latest.work_order_id }}>
              <code>{short(latest.work_order_id)}</code>
              <span>
                latest run <State name={latest.lifecycle_state} />
              </span>
            </Link>
          </li>
        )}
        {COUNTERS.map(([name, label, isWanting]) => (
          <Counter key={name} of={counters[name]} label={label} isWanting={isWanting} />
        ))}
        {credits_available !== undefined && (
          <li>
            <Link to="/accounts">
              <strong>{credits_available.toLocaleString('en')}</strong>
              <span>credits available</span>
            </Link>
          </li>
        )}
      </ul>
    </Section>
  )
}

const WAITS: readonly (readonly [keyof Overview['waits'], string, boolean])[] = [
  ['service', 'for a service', false],
  ['receiver', 'for an agent’s receiver', false],
  ['credits', 'for credits', true],
  ['operator', 'for an operator', true],
]

export function Waits({ of: waits }: { of: Overview['waits'] }) {
  return (
    <Section title="What waits for whom">
      <ul className="counters">
        {WAITS.map(([who, label, isWanting]) => (
          <Counter key={who} of={waits[who]} label={label} isWanting={isWanting} />
        ))}
      </ul>
    </Section>
  )
}

function Counter({
  of: { count, more, list },
  label,
  isWanting,
}: {
  of: Counted
  label: string
  isWanting: boolean
}) {
  return (
    <li className={isWanting && count > 0 ? 'some' : ''}>
      <Link to="/runs" search={readSearch(list)}>
        <strong>
          {count.toLocaleString('en')}
          {more && '+'}
        </strong>
        <span>{label}</span>
      </Link>
    </li>
  )
}
