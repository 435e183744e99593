import { defineRules } from '@prooftrail/executor-sdk'

/** What FinanceOps goes by. Ids are interface: a reviewer finds them in every conclusion. */
export const rules = defineRules({
  'F-01': {
    sentence:
      'A record is compared only when its amount, fee, currency, dates and status can be read; any other is set aside by name, and a person is asked.',
    codes: ['needs_operator_review', 'correct_record'],
    case: 'set-aside-by-name',
  },
  'F-02': {
    sentence:
      'A record that its own status calls failed, void, superseded or (but for invoices) not settled yet has moved no money: it is set aside by name.',
    codes: ['missing_confirmation'],
    case: 'failed-payment',
  },
  'F-03': {
    sentence:
      'A payment whose status is refunded or disputed counts only beside the record that takes it back, and a person is asked either way.',
    codes: ['review_dispute'],
    case: 'failed-payment',
  },
  'F-04': {
    sentence:
      'A record id, or a provider’s event id with one amount, is one record however often it is said; one id with several contents is none.',
    codes: ['duplicate_record', 'remove_duplicate'],
    case: 'same-id-twice',
  },
  'F-05': {
    sentence: 'A confirmation belongs to the invoice that it names, by invoice id, then record id.',
    codes: ['invoice_id'],
    case: 'by-invoice-id',
  },
  'F-06': {
    sentence:
      'One that names no invoice belongs to the invoice under its provider reference; nothing is paired by amount alone.',
    codes: ['provider_reference'],
    case: 'all-matched',
  },
  'F-07': {
    sentence:
      'One payment for several invoices settles those under its reference as one set, less what each has been paid already.',
    codes: ['matched_in_set'],
    case: 'batch-payout',
  },
  'F-08': {
    sentence:
      'A payout with lines is its lines, while they come to its amount, before or after fees.',
    codes: ['lines'],
    case: 'payout-lines',
  },
  'F-09': {
    sentence:
      'A reference that is written otherwise only in Unicode form, case or spaces is found where one invoice folds to the same; leading zeros and punctuation tell two apart.',
    codes: ['unmatched_record', 'review_reference'],
    case: 'reference-spelling',
  },
  'F-10': {
    sentence: 'Credit notes are netted with the invoice that they name, or share a reference with.',
    codes: ['matched_net'],
    case: 'credit-note',
  },
  'F-11': {
    sentence: 'Several payments of one invoice that add up to it are part payments.',
    codes: ['matched_in_parts'],
    case: 'parts-and-fees',
  },
  'F-12': {
    sentence:
      'Payments alike in references, names, amount, currency and day are parts while they do not exceed what is asked; beyond that the same event is said twice. At different times, somebody paid twice.',
    codes: ['duplicate_record', 'remove_duplicate'],
    case: 'instalments',
  },
  'F-13': {
    sentence:
      'A fee explains only what is missing, and only by its amount; a negative fee on a payment explains nothing.',
    codes: ['matched_with_fee'],
    case: 'parts-and-fees',
  },
  'F-14': {
    sentence: 'The scope’s tolerance counts once per settlement, after fees.',
    codes: ['matched_within_tolerance'],
    case: 'fee-and-tolerance',
  },
  'F-15': {
    sentence: 'Amounts that differ are told, exactly, within one currency.',
    codes: ['amount_mismatch', 'review_amount'],
    case: 'three-exceptions',
  },
  'F-16': {
    sentence:
      'Amounts in two currencies or assets are never compared or added; the difference is told.',
    codes: ['amount_mismatch', 'currency_differs'],
    case: 'currencies',
  },
  'F-17': {
    sentence:
      'Counterparty is compared with counterparty, provider with provider, in folded form; every difference of a record is told, not the first alone.',
    codes: ['needs_operator_review', 'review_counterparty', 'amount_mismatch'],
    case: 'two-differences',
  },
  'F-18': {
    sentence:
      'Money given back or charged back after payment in full is told as such, unless a credit note says why.',
    codes: ['amount_mismatch', 'review_refund'],
    case: 'refund-after-payment',
  },
  'F-19': {
    sentence:
      'A difference by the factor 100, or that of the currency’s minor unit (ISO 4217), is named as a mistake of units.',
    codes: ['amount_mismatch', 'review_minor_units'],
    case: 'minor-units',
  },
  'F-20': {
    sentence:
      'An amount finer than the currency’s minor unit (ISO 4217) cannot be paid; a person is asked.',
    codes: ['needs_operator_review', 'review_minor_units'],
    case: 'minor-units',
  },
  'F-21': {
    sentence: 'An invoice that nothing confirms is told, with what was set aside for it.',
    codes: ['missing_confirmation', 'submit_confirmation'],
    case: 'three-exceptions',
  },
  'F-22': {
    sentence:
      'A confirmation, receipt or entry that belongs to no invoice is told, with the reason.',
    codes: ['unmatched_record', 'submit_matching_record'],
    case: 'unmatched-stale-unreadable',
  },
  'F-23': {
    sentence:
      'Settlement receipts and ledger entries of an invoice come, per side, to what was asked, confirmed, or confirmed before fees, in its currency.',
    codes: ['amount_mismatch', 'review_entry'],
    case: 'ledger-amounts',
  },
  'F-24': {
    sentence: 'Usage receipts count once each, and their credits are added exactly.',
    codes: ['credit_usage'],
    case: 'usage-receipts',
  },
  'F-25': {
    sentence:
      'A record older than the scope allows is told, by instants against the command’s time.',
    codes: ['stale_record', 'replace_record'],
    case: 'stale-dates',
  },
  'F-26': {
    sentence:
      'A switch of the scope shortens what is listed or compared; what is found or not compared still decides the verdict.',
    codes: ['exceptions_found', 'missing_confirmation'],
    case: 'exceptions-off',
  },
})
