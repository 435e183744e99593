import { type Comparison, sum } from './compare.ts'
import { Exact } from './normalize.ts'

/** Sums per currency or asset; two are never added. */
export function totalsByCurrency(comparisons: readonly Comparison[]) {
  const currencies = [...new Set(comparisons.map(({ currency }) => currency))].sort()
  return currencies.map((currency) => {
    const own = comparisons.filter((one) => one.currency === currency)
    const total = (member: 'expected' | 'received' | 'fees' | 'difference') =>
      sum(own.map((one) => new Exact(one[member]))).toFixed()
    return {
      currency,
      expected: total('expected'),
      received: total('received'),
      fees: total('fees'),
      difference: total('difference'),
    }
  })
}
