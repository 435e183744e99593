/** What an account holds: each number leads to what it is made of. */
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { AccountSearch } from './search.ts'

export interface AccountTotals {
  credits_funded: number
  credits_held: number
  credits_debited: number
  remaining_credits: number
  waiting_orders: number
}

export function Totals({
  totals,
  account,
  agent,
}: {
  totals: AccountTotals
  account: string
  /** Whose it is, where that is known: held credits and waiting orders are of its runs. */
  agent?: string | undefined
}) {
  const entries = (kind: NonNullable<AccountSearch['kind']>, children: ReactNode) => (
    <Link to="/accounts/$account" params={{ account }} search={{ kind }}>
      {children}
    </Link>
  )
  const runs = (search: Readonly<Record<string, string>>, children: ReactNode) =>
    agent === undefined ? (
      <div>{children}</div>
    ) : (
      <Link to="/runs" search={{ agent, ...search }}>
        {children}
      </Link>
    )
  const { remaining_credits, credits_held, credits_debited, credits_funded, waiting_orders } =
    totals
  return (
    <ul className="counters">
      <li>
        <Link to="/accounts/$account" params={{ account }}>
          <Count n={remaining_credits} label="free" />
        </Link>
      </li>
      <li>{runs({ waits_for: 'service' }, <Count n={credits_held} label="held by runs" />)}</li>
      <li>{entries('debit', <Count n={credits_debited} label="debited" />)}</li>
      <li>{entries('fund', <Count n={credits_funded} label="funded" />)}</li>
      <li className={waiting_orders > 0 ? 'some' : ''}>
        {runs(
          { state: 'credit_pending' },
          <Count n={waiting_orders} label="orders wait for credits" />,
        )}
      </li>
    </ul>
  )
}

function Count({ n, label }: { n: number; label: string }) {
  return (
    <>
      <strong>{n.toLocaleString('en')}</strong>
      <span>{label}</span>
    </>
  )
}
