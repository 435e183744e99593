/** The counters of a shift, and who is waited for: each number leads to its list. */
import { Link } from '@tanstack/react-router'
import type { Counted, Overview } from '../data/overview.ts'
import { readSearch } from '../runs/search.ts'
import { Section, State } from '../ui/parts.tsx'
import { short } from '../ui/words.ts'

/** A number that leads to its list: what it is called and means; marked where it wants somebody. */
interface Wanted<Name> {
  name: Name
  label: string
  means: string
  isWanting?: true
}

/** What is counted, in the order in which it is looked at. */
const COUNTERS: readonly Wanted<keyof Overview['counters']>[] = [
  { name: 'pending', label: 'pending', means: 'under way' },
  {
    ...{ name: 'failed_callbacks', label: 'failed callbacks', isWanting: true },
    means: 'no receiver took the result',
  },
  {
    ...{ name: 'open_exceptions', label: 'open exceptions', isWanting: true },
    means: 'somebody is to act',
  },
  {
    ...{ name: 'settlements_pending', label: 'settlements pending', isWanting: true },
    means: 'wait until credits are funded',
  },
  {
    ...{ name: 'replay_ready', label: 'replay ready', isWanting: true },
    means: 'evidence was added: replay it',
  },
  { name: 'receipts_issued', label: 'receipts issued', means: 'charged' },
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
        {COUNTERS.map((one) => (
          <Counter key={one.name} of={counters[one.name]} {...one} />
        ))}
        {credits_available !== undefined && (
          <li>
            <Link to="/accounts">
              <strong>{credits_available.toLocaleString('en')}</strong>
              <span>credits available</span>
              <small>free on all accounts</small>
            </Link>
          </li>
        )}
      </ul>
    </Section>
  )
}

const WAITS: readonly Wanted<keyof Overview['waits']>[] = [
  { name: 'service', label: 'for a service', means: 'goes on by itself' },
  { name: 'receiver', label: 'for an agent’s receiver', means: 'is tried again by itself' },
  { name: 'credits', label: 'for credits', means: 'fund the account', isWanting: true },
  { name: 'operator', label: 'for an operator', means: 'open it, and act', isWanting: true },
]

export function Waits({ of: waits }: { of: Overview['waits'] }) {
  return (
    <Section title="What waits for whom">
      <ul className="counters">
        {WAITS.map((one) => (
          <Counter key={one.name} of={waits[one.name]} {...one} />
        ))}
      </ul>
    </Section>
  )
}

function Counter({
  of: { count, more, list },
  label,
  means,
  isWanting = false,
}: { of: Counted; isWanting?: boolean } & Pick<Wanted<string>, 'label' | 'means'>) {
  return (
    <li className={isWanting && count > 0 ? 'some' : ''}>
      <Link to="/runs" search={readSearch(list)}>
        <strong>
          {count.toLocaleString('en')}
          {more && '+'}
        </strong>
        <span>{label}</span>
        <small>{means}</small>
      </Link>
    </li>
  )
}
