/** Three more situations of each kind that accountants meet, beside those in cases/. */
import { describe, expect, test } from 'vitest'
import { type Given, invoice, payment, type Told, tell } from './financeops.fixtures.ts'

/** What is said, invoices, confirmations, what must come out; other classes and the scope last. */
type Situation = [
  string,
  Given[],
  Given[],
  Partial<Told>,
  { [evidenceClass: string]: Given[] }?,
  Given?,
]

function situations(kind: string, list: Situation[]) {
  describe(kind, () => {
    test.each(list)('%s', async (_, invoices, payments, expected, others = {}, scope = {}) => {
      const given = { invoice_record: invoices, provider_confirmation: payments, ...others }
      expect(await tell(given, scope)).toMatchObject(expected)
    })
  })
}

const matched = (...outcomes: string[]) => ({ status: 'matched', found: [], outcomes })
const found = (...list: string[]) => ({ status: 'exceptions_found', found: list })
const on = (day: string) => ({ issued_at: `2026-${day}T00:00:00Z` })
const under = (provider_reference: string) => ({ provider_reference })

situations('instalments', [
  [
    'two equal instalments of one day are two',
    [invoice('a', '100')],
    [payment('p', '50', 'a', on('02-01')), payment('q', '50', 'a', on('02-01'))],
    matched('a matched_in_parts'),
  ],
  [
    'an instalment that is said again as the same record counts once, and the rest is outstanding',
    [invoice('a', '300')],
    [payment('p', '100', 'a'), payment('p', '100.00', 'a'), payment('q', '100', 'a', on('02-01'))],
    {
      ...found('duplicate_record remove_duplicate: p', 'amount_mismatch review_amount: a p q'),
      summaries: [
        'provider_confirmation p says again what p says',
        'invoice a: 100 USD are outstanding after 2 part payments',
      ],
    },
  ],
  [
    'a provider’s event of two record ids is one',
    [invoice('a', '200')],
    [
      payment('p', '100', 'a', { event_id: 'evt' }),
      payment('q', '100', 'a', { event_id: 'evt' }),
      payment('r', '100', 'a', { event_id: 'evt2' }),
    ],
    { ...found('duplicate_record remove_duplicate: q'), outcomes: ['a matched_in_parts'] },
  ],
])

situations('paid twice', [
  [
    'at two times: money to give back',
    [invoice('a', '10')],
    [payment('p', '10', 'a', on('02-01')), payment('q', '10', 'a', on('03-01'))],
    found('amount_mismatch review_amount: a p q'),
  ],
  [
    'at one time, under two record ids: the same event',
    [invoice('a', '10')],
    [payment('p', '10', 'a', on('02-01')), payment('q', '10', 'a', on('02-01'))],
    found('duplicate_record remove_duplicate: q'),
  ],
  [
    'and given back at once: settled',
    [invoice('a', '10')],
    [
      payment('p', '10', 'a', on('02-01')),
      payment('q', '10', 'a', on('03-01')),
      payment('r', '10', 'a', { kind: 'refund', ...on('03-02') }),
    ],
    matched('a matched_in_parts'),
  ],
])

situations('alike, and told apart', [
  [
    'by who paid: two payments, one of them a stranger’s',
    [invoice('a', '10', { counterparty: 'A' })],
    [
      payment('p', '10', 'a', { counterparty: 'A' }),
      payment('q', '10', 'a', { counterparty: 'B' }),
    ],
    found(
      'amount_mismatch review_amount: a p q',
      'needs_operator_review review_counterparty: a p q',
    ),
  ],
  [
    'by whom they bill: two invoices',
    [
      invoice('a', '10', { invoice_id: 'n', counterparty: 'A' }),
      invoice('b', '10', { invoice_id: 'n', counterparty: 'B' }),
    ],
    [payment('p', '20', 'n')],
    matched('a matched_in_set', 'b matched_in_set'),
  ],
  [
    'by nothing: one bill',
    [invoice('a', '10', { invoice_id: 'n' }), invoice('b', '10', { invoice_id: 'n' })],
    [payment('p', '10', 'n')],
    { ...found('duplicate_record remove_duplicate: b'), outcomes: ['a matched'] },
  ],
])

situations('one payment for several invoices', [
  [
    'that it names one by one',
    [invoice('a', '30'), invoice('b', '12.50'), invoice('c', '5')],
    [payment('p', '42.50', undefined, { invoice_ids: ['a', 'b'] }), payment('q', '5', 'c')],
    matched('a matched_in_set', 'b matched_in_set', 'c matched'),
  ],
  [
    'less what one of them was paid already, and less its fee',
    [invoice('a', '30', under('po')), invoice('b', '20', under('po'))],
    [payment('p', '30', 'a'), payment('q', '19.40', undefined, { ...under('po'), fee: '0.60' })],
    matched('a matched', 'b matched_with_fee'),
  ],
  [
    'of which one is not in it',
    [invoice('a', '30', under('po')), invoice('b', '20', under('po'))],
    [payment('p', '30', undefined, under('po'))],
    {
      ...found('missing_confirmation submit_confirmation: b'),
      outcomes: ['a matched', 'b unconfirmed'],
    },
  ],
  [
    'and does not come to them',
    [invoice('a', '30', under('po')), invoice('b', '20', under('po'))],
    [payment('p', '45', undefined, under('po'))],
    {
      ...found('amount_mismatch review_amount: a b p'),
      summaries: ['invoices a, b: 5 USD are outstanding after one payment'],
      totals: [{ currency: 'USD', expected: '50', received: '45', fees: '0', difference: '-5' }],
    },
  ],
])

situations('a payout with lines', [
  [
    'before the payout’s own fee',
    [invoice('a', '30'), invoice('b', '20')],
    [
      payment('po', '49', undefined, {
        fee: '1',
        lines: [
          { invoice_id: 'a', amount: '30' },
          { invoice_id: 'b', amount: '20' },
        ],
      }),
    ],
    matched('a matched_with_fee', 'b matched'),
  ],
  [
    'with a refund among them',
    [invoice('a', '30'), invoice('b', '-10')],
    [
      payment('po', '20', undefined, {
        lines: [
          { invoice_id: 'a', amount: '30' },
          { invoice_id: 'b', amount: '-10' },
        ],
      }),
    ],
    matched('a matched', 'b matched'),
  ],
  [
    'that do not come to its amount is set aside',
    [invoice('a', '30')],
    [payment('po', '31', undefined, { lines: [{ invoice_id: 'a', amount: '30' }] })],
    {
      status: 'incomplete',
      set_aside: ['po'],
      found: [
        'missing_confirmation submit_confirmation: a',
        'needs_operator_review correct_record: po',
      ],
    },
  ],
])

situations('credit notes', [
  [
    'two of one amount are two, and net to nothing',
    [
      invoice('a', '100'),
      invoice('c1', '-50', { invoice_id: 'a' }),
      invoice('c2', '50', { invoice_id: 'a', kind: 'credit_note' }),
      invoice('b', '5'),
    ],
    [payment('p', '5', 'b')],
    matched('a matched_net', 'c1 matched_net', 'c2 matched_net', 'b matched'),
  ],
  [
    'that name their invoice by its record id',
    [invoice('a', '100', { invoice_id: '2026/1' }), invoice('c', '-20', { applies_to: 'a' })],
    [payment('p', '80', '2026/1')],
    matched('a matched_net', 'c matched_net'),
  ],
  [
    'that nothing takes up ask for no confirmation',
    [invoice('a', '100'), invoice('c', '-20')],
    [payment('p', '100', 'a')],
    found('missing_confirmation settle_credit_note: c'),
  ],
])

situations('refunds and chargebacks', [
  [
    'a charge that is called refunded, and its refund: nothing is paid',
    [invoice('a', '100')],
    [
      payment('p', '100', 'a', { status: 'refunded' }),
      payment('r', '100', 'a', { kind: 'refund' }),
    ],
    found('needs_operator_review review_refund: p', 'amount_mismatch review_refund: a p r'),
  ],
  [
    'a chargeback after payment',
    [invoice('a', '100')],
    [payment('p', '100', 'a'), payment('cb', '100', 'a', { kind: 'chargeback' })],
    { ...found('amount_mismatch review_dispute: a cb p'), outcomes: ['a charged_back'] },
  ],
  [
    'a refund that a credit note explains',
    [invoice('a', '100'), invoice('c', '-30', { invoice_id: 'a' })],
    [payment('p', '100', 'a'), payment('r', '-30', 'a')],
    matched('a matched_net', 'c matched_net'),
  ],
])

situations('fees and tolerance', [
  [
    'a fee explains what is missing, and no more',
    [invoice('a', '100')],
    [payment('p', '96', 'a', { fee: '3' })],
    {
      ...found('amount_mismatch review_amount: a p'),
      summaries: [
        'invoice a: 4 USD are outstanding after one payment, a stated fee of 3 does not explain it',
      ],
    },
  ],
  [
    'and no less',
    [invoice('a', '100')],
    [payment('p', '99', 'a', { fee: '3' })],
    found('amount_mismatch review_amount: a p'),
  ],
  [
    'a fee never explains too much',
    [invoice('a', '100')],
    [payment('p', '103', 'a', { fee: '3' })],
    found('amount_mismatch review_amount: a p'),
  ],
  [
    'the tolerance counts once for all parts, not for each',
    [invoice('a', '100')],
    [payment('p', '49.99', 'a'), payment('q', '49.98', 'a')],
    found('amount_mismatch review_amount: a p q'),
    {},
    { tolerance: '0.02' },
  ],
  [
    'a stated fee of an amount in full is a remark',
    [invoice('a', '100')],
    [payment('p', '100', 'a', { fee: '3' })],
    matched('a matched'),
  ],
])

situations('what a status says', [
  [
    'a failed attempt before the payment is no exception',
    [invoice('a', '10')],
    [payment('p', '10', 'a', { status: 'FAILED' }), payment('q', '10', 'a', { status: 'Paid' })],
    { ...matched('a matched'), set_aside: ['p'] },
  ],
  [
    'authorised is not paid',
    [invoice('a', '10'), invoice('b', '1')],
    [payment('p', '10', 'a', { status: 'authorized' }), payment('q', '1', 'b')],
    { ...found('missing_confirmation submit_confirmation: a'), set_aside: ['p'] },
  ],
  [
    'an invoice that is void is asked for no money, and its payment belongs to nothing',
    [invoice('a', '10', { status: 'Voided' }), invoice('b', '1', { status: 'open' })],
    [payment('p', '10', 'a'), payment('q', '1', 'b')],
    {
      ...found('unmatched_record correct_record: p'),
      summaries: ['provider_confirmation p: its invoice a is set aside'],
    },
  ],
  [
    'nobody knows the word',
    [invoice('a', '10')],
    [payment('p', '10', 'a', { status: 'zurückgestellt' }), payment('q', '10', 'a')],
    { ...found('needs_operator_review correct_record: p'), outcomes: ['a matched'] },
  ],
  [
    'without any payment that stands the class is unresolved',
    [invoice('a', '10')],
    [payment('p', '10', 'a', { status: 'failed' })],
    { status: 'incomplete', score: 50 },
  ],
])

situations('units', [
  [
    'cents for dollars',
    [invoice('a', '12.50')],
    [payment('p', '1250', 'a')],
    found('amount_mismatch review_minor_units: a p'),
  ],
  [
    'fils for dinars',
    [invoice('a', '12.345', { currency: 'KWD' })],
    [payment('p', '12345', 'a', { currency: 'KWD' })],
    found('amount_mismatch review_minor_units: a p'),
  ],
  [
    'a token has no minor unit that is known',
    [invoice('a', '0.000001', { currency: 'usdc' })],
    [payment('p', '0.000001', 'a', { currency: 'USDC' })],
    matched('a matched'),
  ],
])

situations('currencies', [
  [
    'part in another one: both differences are told',
    [invoice('a', '100')],
    [payment('p', '60', 'a'), payment('q', '40', 'a', { currency: 'EUR' })],
    found('amount_mismatch review_amount: a p q', 'amount_mismatch review_amount: a p q'),
  ],
  [
    'two invoices of one payout reference, each in its own',
    [invoice('a', '10', under('po')), invoice('b', '10', { ...under('po'), currency: 'EUR' })],
    [
      payment('p', '10', undefined, under('po')),
      payment('q', '10', undefined, { ...under('po'), currency: 'EUR' }),
    ],
    { status: 'matched', found: [] },
  ],
  [
    'unchecked amounts are not matched',
    [invoice('a', '10')],
    [payment('p', '1', 'a')],
    { status: 'not_fully_checked', found: [], outcomes: ['a not_checked'] },
    {},
    { check_amounts: false },
  ],
])

situations('names', [
  [
    'are the same in any case and spacing',
    [invoice('a', '1', { counterparty: 'Harbour  Foods Ltd', provider: 'STRIPE' })],
    [payment('p', '1', 'a', { counterparty: ' harbour foods LTD', provider: 'Stripe' })],
    matched('a matched'),
  ],
  [
    'of another provider are told',
    [invoice('a', '1', { provider: 'Stripe' })],
    [payment('p', '1', 'a', { provider: 'Adyen' })],
    found('needs_operator_review review_provider: a p'),
  ],
  [
    'are not compared where the scope says so',
    [invoice('a', '1', { counterparty: 'A' })],
    [payment('p', '1', 'a', { counterparty: 'B' })],
    matched('a matched'),
    {},
    { check_counterparty: false },
  ],
])

situations('references', [
  [
    'as written go before what folds to them',
    [invoice('a', '1', { invoice_id: 'X1' }), invoice('b', '2', { invoice_id: 'x1' })],
    [payment('p', '1', 'X1'), payment('q', '2', 'x1')],
    matched('a matched', 'b matched'),
  ],
  [
    'that fold to two are none',
    [invoice('a', '1', { invoice_id: 'X1' }), invoice('b', '1', { invoice_id: 'x1' })],
    [payment('p', '1', ' X1 ')],
    { found: expect.arrayContaining(['unmatched_record review_reference: p']) },
  ],
  [
    'of another invoice than the one under the provider’s reference',
    [invoice('a', '1', under('pr'))],
    [payment('p', '1', 'z', under('pr'))],
    {
      summaries: expect.arrayContaining([
        'provider_confirmation p: it names the invoice z, which is not here; under pr is a',
      ]),
    },
  ],
  [
    'may be numbers, as tables export them',
    [invoice('a', '1', { invoice_id: 1001 })],
    [payment('p', '1', '1001')],
    matched('a matched'),
  ],
])

const paid: [Given[], Given[]] = [[invoice('a', '100')], [payment('p', '97', 'a', { fee: '3' })]]
const entry = (record_id: string, amount: string, more: Given = {}) => ({
  ...{ record_id, amount, currency: 'USD', invoice_id: 'a' },
  ...more,
})

situations('receipts and ledger entries', [
  [
    'may be booked before fees or after them',
    ...paid,
    { status: 'matched', found: [] },
    { ledger_entry: [entry('l', '100')], settlement_receipt: [entry('s', '97')] },
  ],
  [
    'per side: a debit and a credit are one booking',
    ...paid,
    { status: 'matched', found: [] },
    { ledger_entry: [entry('l', '100', { side: 'debit' }), entry('m', '100', { side: 'credit' })] },
  ],
  [
    'of another amount name both',
    ...paid,
    {
      ...found('amount_mismatch review_entry: l'),
      summaries: ['ledger_entry l: 90 USD, invoice a asks for 100 USD, 97 USD are confirmed'],
    },
    { ledger_entry: [entry('l', '90')] },
  ],
  [
    'of a whole payout are compared with all of it',
    [invoice('a', '30', under('po')), invoice('b', '20', under('po'))],
    [payment('p', '50', undefined, under('po'))],
    { status: 'matched', found: [] },
    { ledger_entry: [entry('l', '50', { invoice_id: undefined, ...under('po') })] },
  ],
])

situations('usage receipts', [
  [
    'with other credits under one id are none',
    ...paid,
    { ...found('needs_operator_review correct_record: u'), credits: 1 },
    {
      usage_receipt: [
        { record_id: 'u', credits_consumed: 5 },
        { record_id: 'u', credits_consumed: 6 },
        { record_id: 'v', credits_consumed: '1' },
      ],
    },
  ],
  [
    'of credits that cannot be read are set aside by name',
    ...paid,
    { ...found('needs_operator_review correct_record: u'), credits: 0 },
    { usage_receipt: [{ record_id: 'u', credits_consumed: 'ten' }] },
  ],
  [
    'are added beyond what a float holds',
    ...paid,
    { status: 'matched', credits: '9007199254740993.1' },
    {
      usage_receipt: [
        { record_id: 'u', credits_consumed: '9007199254740993' },
        { record_id: 'v', credits_consumed: '0.1' },
      ],
    },
  ],
])

situations('dates', [
  [
    'ahead of the command set a record aside',
    [invoice('a', '1', { issued_at: '2062-01-01' }), invoice('b', '1')],
    [payment('q', '1', 'b')],
    found('needs_operator_review correct_record: a'),
  ],
  [
    'are compared as instants: 90 days to the hour are not more than 90 days',
    [invoice('a', '1', { issued_at: '2026-08-28T11:00:00+02:00' })],
    [payment('p', '1', 'a', { issued_at: '2026-08-28' })],
    matched('a matched'),
    {},
    { stale_after_days: 90 },
  ],
  [
    'a second more is stale',
    [invoice('a', '1', { issued_at: '2026-08-28T10:59:59+02:00' })],
    [payment('p', '1', 'a')],
    found('stale_record replace_record: a'),
    {},
    { stale_after_days: 90 },
  ],
])
