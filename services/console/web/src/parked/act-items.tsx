/** What became, or would become, of each message that an act was asked for. */
import type { ParkedItem } from '@prooftrail/contracts/doors'
import { Link } from '@tanstack/react-router'
import { count, short } from '../ui/words.ts'

/** So many are named; the sums say the rest. */
const SHOWN = 20

export function ActItems({ items, isDone }: { items: readonly ParkedItem[]; isDone: boolean }) {
  const refused = items.filter(({ status }) => status === 'refused')
  const done = items.length - refused.length
  return (
    <div className={refused.length > 0 ? 'would some-not' : 'would'} role="status">
      <p>
        <strong>
          {isDone ? count(done, 'message') : `${count(done, 'message')} would be`}{' '}
          {isDone && (done === 1 ? 'was ' : 'were ')}
          {wordOf(items)}
        </strong>
        {refused.length > 0 && <>, {refused.length.toLocaleString('en')} not.</>}
      </p>
      {refused.length > 0 && (
        <ul className="lines">
          {refused.slice(0, SHOWN).map(({ parked_id, code, detail }) => (
            <li key={parked_id}>
              <Link to="/parked/$id" params={{ id: parked_id }}>
                <code>{short(parked_id)}</code>
              </Link>{' '}
              <code>{code}</code> {detail}
            </li>
          ))}
          {refused.length > SHOWN && <li>and {refused.length - SHOWN} more</li>}
        </ul>
      )}
    </div>
  )
}

function wordOf(items: readonly ParkedItem[]): string {
  const state = items.find(({ status }) => status !== 'refused')?.state
  return state === 'discarded' ? 'discarded' : 'sent again'
}
