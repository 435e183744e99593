import type { Book, Outcome } from './book.ts'
import { billsOf, explanationOf, type Figures, namesOf, type Part } from './part.ts'
import type { Scope } from './scope.ts'

/** What a comparison comes to, in a word and a sentence. */
export interface Verdict {
  outcome: Outcome
  explanation: string
}

/** Why nothing differs. */
export function agreementOf(part: Part, figures: Figures, scope: Scope, book: Book): Verdict {
  const { payments, foreign, currency, invoices } = part
  const say = (outcome: Outcome, explanation: string): Verdict => ({ outcome, explanation })
  if (foreign.length > 0) {
    book.rules.apply('F-26', { invoices: namesOf(invoices) }, 'currency not checked')
    return say(
      'not_checked',
      `${namesOf(foreign)} is in another currency, and the scope asks for no check of it`,
    )
  }
  if (payments.length === 0) {
    book.rules.apply('F-10', { invoices: namesOf(invoices) }, 'nothing is due')
    return say('matched_net', 'invoices and credit notes come to nothing')
  }
  if (!scope.check_amounts) {
    book.rules.apply('F-26', { invoices: namesOf(invoices) }, 'amounts not compared')
    return say('not_checked', 'the scope asks for no comparison of amounts')
  }
  const parts = payments.length > 1 ? `${payments.length} part payments` : 'one payment'
  const fee = `${figures.fees.toFixed()} ${currency}`
  const within = `the difference is within ${scope.tolerance.toFixed()} ${currency}`
  switch (explanationOf(figures, scope.tolerance)) {
    case 'fee':
      book.rules.apply('F-13', { invoices: namesOf(invoices), fee }, 'explained by the fee')
      return say('matched_with_fee', `${parts}; the provider kept a fee of ${fee}`)
    case 'fee and tolerance':
      book.rules.apply('F-14', { invoices: namesOf(invoices), fee }, within)
      return say('matched_within_tolerance', `${parts}; after a fee of ${fee} ${within}`)
    case 'tolerance':
      book.rules.apply('F-14', { invoices: namesOf(invoices) }, within)
      return say('matched_within_tolerance', within)
    // what is not explained is a difference, and no agreement is asked for
    case undefined:
    case 'equal':
      return equal(part, parts, book)
  }
}

function equal(part: Part, parts: string, book: Book): Verdict {
  const bills = billsOf(part)
  const credits = part.invoices.length - bills.length
  const names = namesOf(part.invoices)
  if (credits > 0 && bills.length > 0) {
    book.rules.apply('F-10', { invoices: names }, 'netted')
    const notes = credits > 1 ? `${credits} credit notes` : 'a credit note'
    return { outcome: 'matched_net', explanation: `${names} are settled by ${parts} and ${notes}` }
  }
  if (part.invoices.length > 1) {
    book.rules.apply('F-07', { invoices: names }, `${parts} for all`)
    const under = part.under.length > 0 ? ` under ${part.under.join(', ')}` : ''
    const explanation = `${part.invoices.length} invoices${under} are settled by ${parts}`
    return { outcome: 'matched_in_set', explanation }
  }
  if (part.payments.length > 1) {
    book.rules.apply('F-11', { invoices: names, parts: part.payments.length }, 'they add up')
    return { outcome: 'matched_in_parts', explanation: `${parts} add up to the amount` }
  }
  return { outcome: 'matched', explanation: 'the amounts are equal' }
}
