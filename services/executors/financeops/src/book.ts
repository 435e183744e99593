import {
  Exact,
  type Money,
  openRuleBook,
  type RecordDraft,
  type RuleBook,
} from '@prooftrail/executor-sdk'
import type { Account } from './accounts.ts'
import { rules } from './rules.ts'

export type Outcome =
  | 'matched'
  | 'matched_in_parts'
  | 'matched_in_set'
  | 'matched_net'
  | 'matched_with_fee'
  | 'matched_within_tolerance'
  | 'not_checked'
  | 'amount_differs'
  | 'refunded'
  | 'charged_back'
  | 'currency_differs'
  | 'counterparty_differs'
  | 'unconfirmed'

/** One invoice against what was confirmed for it, alone or as one of a set. */
export interface Comparison {
  invoice: string
  /** The other invoices of a set that is settled together. */
  settled_with?: string[]
  confirmations: string[]
  /** Which step found the confirmations. */
  matched_by: string
  currency: string
  expected: string
  received: string
  fees: string
  difference: string
  outcome: Outcome
  explanation: string
}

const MATCHES: ReadonlySet<Outcome> = new Set([
  'matched',
  'matched_in_parts',
  'matched_in_set',
  'matched_net',
  'matched_with_fee',
  'matched_within_tolerance',
])

export function isMatch({ outcome }: Comparison): boolean {
  return MATCHES.has(outcome)
}

/** What an account came to in one currency, for the receipts and entries that speak of it. */
export interface Settled {
  currency: string
  /** Asked for this account alone. */
  asked: Money
  /** Asked, confirmed and confirmed before fees, of all that is settled together. */
  expected: Money
  received: Money
  gross: Money
}

/** Sums of one currency. Every readable confirmation is in one of the last three. */
export interface Totals {
  expected: Money
  fees: Money
  /** Confirmed for the invoices compared. */
  received: Money
  /** Confirmed, and for no invoice: of no known reference, another currency, or taken back. */
  unmatched: Money
  /** Said again. */
  repeated: Money
}

type Row = { [member: string]: string }

/** What a run collects while it compares. */
export interface Book {
  comparisons: Comparison[]
  findings: RecordDraft[]
  rules: RuleBook<keyof typeof rules>
  settled: Map<Account, Settled[]>
  /** Whether there are receipts or entries to compare with what was settled. */
  wantsSettled: boolean
  /** Adds to a currency's sums. */
  add(currency: string | undefined, amounts: Partial<Totals>): void
  totals(): Row[]
  /** What is in no total: per currency, confirmed for no invoice, and said again. */
  left(): Row[]
  /** Counts one that was found by a step. */
  found(step: string): void
  steps(): { [step: string]: number }
}

export function openBook(wantsSettled: boolean): Book {
  const sums = new Map<string, Totals>()
  const steps = new Map<string, number>()
  const compared = new Set<string>()
  const listOf = (
    rowsOf: (own: Totals & { currency: string }) => { [member: string]: string | Money }[],
  ): Row[] =>
    [...sums]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([currency, own]) =>
        rowsOf({ currency, ...own }).map((row) =>
          Object.fromEntries(
            Object.entries(row).map(([name, value]) => [
              name,
              typeof value === 'string' ? value : value.toFixed(),
            ]),
          ),
        ),
      )
  const nothing = () => {
    const zero = new Exact(0)
    return { expected: zero, fees: zero, received: zero, unmatched: zero, repeated: zero }
  }
  return {
    comparisons: [],
    findings: [],
    rules: openRuleBook(rules),
    settled: new Map(),
    wantsSettled,
    add(currency = '', amounts) {
      const own = sums.get(currency) ?? nothing()
      sums.set(currency, own)
      if (amounts.expected) compared.add(currency)
      for (const name of ['expected', 'fees', 'received', 'unmatched', 'repeated'] as const) {
        const amount = amounts[name]
        if (amount && !amount.isZero()) own[name] = own[name].plus(amount)
      }
    },
    totals: () =>
      listOf(({ currency, expected, received, fees }) =>
        compared.has(currency)
          ? [{ currency, expected, received, fees, difference: received.minus(expected) }]
          : [],
      ),
    left: () =>
      listOf(({ currency, unmatched, repeated }) =>
        unmatched.isZero() && repeated.isZero() ? [] : [{ currency, unmatched, repeated }],
      ),
    found(step) {
      steps.set(step, (steps.get(step) ?? 0) + 1)
    },
    steps: () => Object.fromEntries([...steps].sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}
