import { sum } from '@prooftrail/executor-sdk'
import { type Payment, type Said, told } from './payment.ts'
import { sameToken } from './tokens.ts'

/** One comparison of what was asked with what was settled. */
export interface Comparison {
  rule: 'chain' | 'token' | 'decimals' | 'amount' | 'payee' | 'payer'
  outcome: 'agrees' | 'differs' | 'unseen'
  detail: string
}

/**
 * Compares a settlement's parts with the option of the request that they fit best.
 * What only one side says is unseen: named, never taken for agreement.
 * @param settled the parts that answer one request
 * @param options of that request, at least one
 */
export function compare(settled: readonly Payment[], options: readonly Payment[]): Comparison[] {
  const rated = options.map((asked) => {
    const comparisons = [
      ...settled.flatMap((part) => [
        ...compareMember('chain', part, asked, part.chain, asked.chain),
        ...compareTokens(part, asked),
        ...compareMember('decimals', part, asked, part.decimals, asked.decimals),
        ...compareMember('payee', part, asked, part.payee, asked.payee),
        ...compareMember('payer', part, asked, part.payer, asked.payer),
      ]),
      ...compareAmounts(settled, asked),
    ]
    return {
      comparisons,
      differs: comparisons.filter(({ outcome }) => outcome === 'differs').length,
    }
  })
  rated.sort((a, b) => a.differs - b.differs)
  return rated[0]?.comparisons ?? []
}

function compareMember<T>(
  rule: Comparison['rule'],
  settled: Payment,
  asked: Payment,
  one: Said<T> | undefined,
  other: Said<T> | undefined,
): Comparison[] {
  if (one === undefined && other === undefined) return []
  if (one === undefined || other === undefined) return [unseen(rule, settled, asked, one ?? other)]
  const outcome = one.value === other.value ? 'agrees' : 'differs'
  return [{ rule, outcome, detail: both(settled, one, asked, other) }]
}

function compareTokens(settled: Payment, asked: Payment): Comparison[] {
  const one = settled.token ?? settled.symbol
  const other = asked.token ?? asked.symbol
  if (one === undefined && other === undefined) return []
  if (one === undefined || other === undefined)
    return [unseen('token', settled, asked, one ?? other)]
  const place = ({ chain }: Payment) => (chain ? { chain: chain.value } : {})
  const same = sameToken(
    { ...place(settled), token: one.value },
    { ...place(asked), token: other.value },
  )
  const outcome = same === undefined ? 'unseen' : same ? 'agrees' : 'differs'
  return [{ rule: 'token', outcome, detail: both(settled, one, asked, other) }]
}

/** The parts together against what was asked: less leaves something outstanding, more is no answer. */
function compareAmounts(settled: readonly Payment[], asked: Payment): Comparison[] {
  const [first] = settled
  const parts = settled.flatMap(({ amount }) => amount ?? [])
  if (first === undefined || (parts.length === 0 && asked.amount === undefined)) return []
  if (asked.amount === undefined || parts.length < settled.length) {
    return [unseen('amount', first, asked, asked.amount ?? parts[0])]
  }
  const units = new Set([...settled.map(({ unit }) => unit), asked.unit])
  const paid = sum(parts.map(({ value }) => value))
  const wanted = asked.amount.value
  const where =
    settled.length === 1
      ? both(first, parts[0] ?? asked.amount, asked, asked.amount)
      : `${settled.length} settlements of ${paid.toFixed()} together; ${asked.reference} asks ${told(asked.amount)}`
  if (units.size > 1) {
    return [
      {
        rule: 'amount',
        outcome: 'differs',
        detail: `${where}: one counts smallest units, the other does not say its decimals`,
      },
    ]
  }
  if (paid.eq(wanted) || (asked.upTo && paid.lt(wanted))) {
    return [{ rule: 'amount', outcome: 'agrees', detail: where }]
  }
  return [{ rule: 'amount', outcome: 'differs', detail: `${where}: ${difference(paid, wanted)}` }]
}

function difference(paid: ReturnType<typeof sum>, wanted: ReturnType<typeof sum>): string {
  const factor = paid.gt(wanted) ? paid.div(wanted) : wanted.div(paid)
  const power = factor.log(10)
  const hint = power.isInteger()
    ? ` (a factor of ${factor.toFixed()}: one of them may be in other units)`
    : ''
  const gap = paid.minus(wanted)
  const words = gap.isNegative()
    ? `${gap.abs().toFixed()} are outstanding`
    : `${gap.toFixed()} more than asked`
  return `${words}${hint}`
}

function unseen(
  rule: Comparison['rule'],
  settled: Payment,
  asked: Payment,
  only: Pick<Said<unknown>, 'member' | 'text'> | undefined,
): Comparison {
  const by = only ? ` (${told(only)})` : ''
  const detail = `only one of ${settled.reference} and ${asked.reference} says its ${rule}${by}`
  return { rule, outcome: 'unseen', detail }
}

function both(
  settled: Payment,
  one: Pick<Said<unknown>, 'member' | 'text'>,
  asked: Payment,
  other: Pick<Said<unknown>, 'member' | 'text'>,
): string {
  return `${settled.reference} says ${told(one)}, ${asked.reference} ${told(other)}`
}
