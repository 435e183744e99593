import type { Context, EvidenceItem, RecordDraft, RuleBook } from '@prooftrail/executor-sdk'
import { type Capacity, capacitiesOf, capacityDifference } from './capacity.ts'
import type { RuleId } from './rules.ts'

/** What the rule of capacities finds. */
interface Found {
  faults: { about: string; detail: string }[]
  findings: RecordDraft[]
}

const WITH_CAPACITY = ['applications', 'diagrams', 'study_artifacts'] as const

/**
 * The application's capacity is the one that counts, else the diagrams', else the studies'; what
 * differs from any of these is unresolved, in whatever order items come.
 */
export function reviewCapacity(
  review: Found,
  items: Context['items'],
  ordered: Capacity | undefined,
  book: RuleBook<RuleId>,
): Capacity | undefined {
  const said = WITH_CAPACITY.flatMap((about) =>
    items(about).map((item) => ({ about, item, reads: capacitiesOf(item) })),
  )
  const known = said.flatMap(({ about, reads }) =>
    reads.flatMap((read) => ('capacity' in read ? [{ about, ...read.capacity }] : [])),
  )
  const counting = (current: Capacity['current']): Capacity[] => {
    const first = known.find((one) => one.current === current)
    return known.filter((one) => one.current === current && one.about === first?.about)
  }
  for (const { about, item, reads } of said) {
    const found = reads.flatMap((read) => {
      if ('reason' in read) return [read.reason]
      const { capacity } = read
      const differences = counting(capacity.current).map((one) => capacityDifference(one, capacity))
      return differences.flatMap((one) => (one ? [`differs in capacity: ${one}`] : []))
    })
    conclude(review, book, about, item, found)
  }
  compareOrder(review, ordered, counting, book)
  return counting('AC')[0] ?? (ordered?.current === 'AC' ? ordered : undefined)
}

function compareOrder(
  review: Found,
  ordered: Capacity | undefined,
  counting: (current: Capacity['current']) => readonly Capacity[],
  book: RuleBook<RuleId>,
): void {
  if (ordered === undefined) return
  const own = counting(ordered.current)
  const difference = own.map((one) => capacityDifference(one, ordered)).find((one) => one)
  if (difference === undefined) return
  book.apply('capacity', { found: difference }, 'differs')
  review.findings.push({
    exception_type: 'needs_operator_review',
    status: 'waiting_on_operator',
    summary: `the order differs in capacity: ${difference}`,
    missing_items: ['capacity'],
    next_action: 'correct_project_context',
  })
}

function conclude(
  review: Found,
  book: RuleBook<RuleId>,
  about: string,
  { reference }: EvidenceItem,
  found: readonly string[],
): void {
  if (found.length > 0) book.apply('capacity', { item: reference, found: [...found] }, 'differs')
  else book.apply('capacity', { item: reference }, 'holds')
  for (const fault of found) review.faults.push({ about, detail: `${reference} ${fault}` })
}
