import type {
  Command,
  Context,
  EvidenceItem,
  EvidenceLine,
  RuleBook,
} from '@prooftrail/executor-sdk'
import { creditEntryFaults } from './credit-entry.ts'
import { destinationFaults } from './destination.ts'
import { filesFaults } from './files.ts'
import { type Review, reviewPayment } from './review-payment.ts'
import type { RuleId } from './rules.ts'

/** Comparisons that one conclusion lists as unseen. */
const MAX_UNSEEN = 20

/** Everything in the evidence that does not agree, or cannot be seen. Pure. */
export function reviewEvidence(
  command: Command,
  { items, manifest }: Pick<Context, 'items' | 'manifest'>,
  book: RuleBook<RuleId>,
): Review {
  const settlements = items('settlement_reference')
  const words = manifest.evidence.settlement_reference?.status_words
  const review = reviewPayment(settlements, items('payment_request_artifact'), words, book)
  const check = (rule: RuleId, about: string, of: (item: EvidenceItem) => string[]) => {
    for (const item of items(about)) {
      const found = of(item)
      const outcome = found.length > 0 ? differing(rule) : 'holds'
      book.apply(rule, { item: item.reference, found }, outcome)
      for (const fault of found) review.faults.push({ about, detail: `${item.reference} ${fault}` })
    }
  }
  const { account } = command.hold
  check('credit_entry', 'credit_ledger_entry', (item) =>
    creditEntryFaults(item, account, settlements),
  )
  check('files', 'public_safe_file_manifest', filesFaults)
  const due = command.callback_policy !== 'status_polling_only' ? command.callback_url : undefined
  check('destination', 'callback_destination', (item) => destinationFaults(item, due))
  check('earlier_usage', 'usage_receipt', (item) => usageFaults(item, command))
  const unseen = [...review.unseen.slice(0, MAX_UNSEEN), ...unasked(items)]
  for (const { about, detail } of unseen) book.apply('unseen', { about, detail }, 'unseen')
  return { ...review, unseen }
}

function differing(rule: RuleId): string {
  return rule === 'destination' ? 'destination_differs' : 'differs'
}

function usageFaults(item: EvidenceItem, { ids, work_order_id }: Command): string[] {
  const own = [item.reference, item.receipt_id].includes(ids.usage_receipt)
  return own || item.work_order_id === work_order_id ? ['is the receipt of this very run'] : []
}

/** A class with a difference is unresolved, unless nothing of it is there. */
export function withFaults(line: EvidenceLine, { faults }: Review): EvidenceLine {
  const own = faults.filter(({ about }) => about === line.evidence_class)
  if (own.length === 0 || line.state === 'missing' || line.state === 'not_required') return line
  const told = [...new Set(own.map(({ detail }) => detail))].slice(0, 20)
  const detail = [...(line.detail ? [line.detail] : []), ...told].join('; ')
  return { ...line, state: 'unresolved', detail }
}

/** What nobody can see from the evidence alone, said instead of assumed. */
function unasked(items: Context['items']): { about: string; detail: string }[] {
  const said = (about: string, detail: string) =>
    items(about).length > 0 ? [{ about, detail }] : []
  return [
    ...said(
      'settlement_reference',
      'whether it exists and is final at its chain or provider, which was not asked',
    ),
    ...said('credit_ledger_entry', "the account's list itself, which only receipt keeps"),
    ...said('public_safe_file_manifest', "the files' bytes: their digests were not recomputed"),
    ...said('callback_destination', 'whether the destination answers'),
  ]
}
