/** What holds of every reconciliation, whatever the records. */
import { Exact, sum } from '@prooftrail/executor-sdk'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Given, tell } from './financeops.fixtures.ts'

const LATE = '2026-11-26T09:00:00.000Z'
const RANK = ['not_reconciled', 'incomplete', 'exceptions_found', 'not_fully_checked', 'matched']
const amounts = fc.constantFrom('10', '20', '30', '10.50', '-10', '-20', '60')
const optional = (arbitrary: fc.Arbitrary<string>) => fc.option(arbitrary, { nil: undefined })
const common = {
  currency: fc.constantFrom('USD', 'USD', 'USD', 'EUR'),
  provider_reference: optional(fc.constantFrom('p1', 'p2')),
  invoice_id: optional(fc.constantFrom('i1', 'i2', 'I1 ', 'i3')),
  issued_at: optional(
    fc.constantFrom('2026-11-01', '2026-11-02T00:00:00Z', '2026-11-02T10:00:00Z'),
  ),
  fee: optional(fc.constantFrom('0.50', '-1')),
}
const numbered = (kind: string) => (list: Given[]) =>
  list.map((record, n) => ({ record_id: `${kind}${n}`, ...record }))
const invoices = fc
  .array(fc.record({ ...common, expected_amount: amounts }), { maxLength: 6 })
  .map(numbered('a'))
const payments = fc
  .array(fc.record({ ...common, received_amount: amounts }), { maxLength: 8 })
  .map(numbered('p'))
const orders = fc.record({ invoice_record: invoices, provider_confirmation: payments })
const scopes = fc.constantFrom({}, { tolerance: '0.50' }, { check_currency: false })

const bad = fc.oneof(
  fc
    .constantFrom('void', 'Expired', 'withdrawn', 'failed', 'superseded', 'refunded', 'disputed')
    .map((status) => ({ status })),
  fc.constantFrom<Given>(
    { status: 'frobnicated' },
    { status: 7 },
    { unresolved: 'true' },
    { issued_at: '2062-01-01' },
    { issued_at: '1/2/2026' },
    { expires_at: '2026-01-01' },
  ),
)

describe('whatever the records', () => {
  test('one that does not stand, added, never raises the score or the verdict', async () => {
    const added = fc
      .record({ ...common, amount: amounts })
      .chain((record) => bad.map((marks): Given => ({ record_id: 'z', ...record, ...marks })))
    const none = fc.constant<Given[]>([])
    const sparse = fc.record({
      invoice_record: fc.oneof(invoices, none),
      provider_confirmation: fc.oneof(payments, none),
    })
    const into = fc.constantFrom('invoice_record', 'provider_confirmation')
    await fc.assert(
      fc.asyncProperty(sparse, added, into, scopes, async (given, record, name, scope) => {
        const { amount, ...rest } = record
        // A refund that says `refunded` is money that did move: it stands.
        fc.pre(record.status !== 'refunded' || !String(amount).startsWith('-'))
        const member = name === 'invoice_record' ? 'expected_amount' : 'received_amount'
        const more = {
          ...given,
          [name]: [...given[name as keyof typeof given], { ...rest, [member]: amount }],
        }
        const [before, after] = [await tell(given, scope, LATE), await tell(more, scope, LATE)]
        expect(after.score).toBeLessThanOrEqual(before.score)
        expect(RANK.indexOf(after.status)).toBeLessThanOrEqual(RANK.indexOf(before.status))
      }),
      { numRuns: 120 },
    )
  })

  test('their order, and whether they are items or rows, changes nothing', async () => {
    const shuffled = orders.chain((given) =>
      fc.record({
        given: fc.constant(given),
        a: fc.shuffledSubarray(given.invoice_record, { minLength: given.invoice_record.length }),
        p: fc.shuffledSubarray(given.provider_confirmation, {
          minLength: given.provider_confirmation.length,
        }),
        cut: fc.nat(8),
      }),
    )
    await fc.assert(
      fc.asyncProperty(shuffled, scopes, async ({ given, a, p, cut }, scope) => {
        const rows = [...p.slice(0, cut), ...(p.length > cut ? [{ records: p.slice(cut) }] : [])]
        const other = { provider_confirmation: rows, invoice_record: a }
        expect(await tell(other, scope, LATE)).toEqual(await tell(given, scope, LATE))
      }),
      { numRuns: 60 },
    )
  })

  test('references renamed alike change no totals', async () => {
    const rename = (name: unknown) => (typeof name === 'string' ? `Ü-${name}` : undefined)
    const renamed = (list: Given[]) =>
      list.map((record) => ({
        ...record,
        provider_reference: rename(record.provider_reference),
        invoice_id: rename(record.invoice_id),
      }))
    await fc.assert(
      fc.asyncProperty(orders, scopes, async (given, scope) => {
        const other = {
          invoice_record: renamed(given.invoice_record),
          provider_confirmation: renamed(given.provider_confirmation),
        }
        const [before, after] = [await tell(given, scope, LATE), await tell(other, scope, LATE)]
        expect([after.totals, after.left_over, after.status]).toEqual([
          before.totals,
          before.left_over,
          before.status,
        ])
      }),
      { numRuns: 60 },
    )
  })

  test('every amount confirmed is in one sum: received, unmatched or repeated', async () => {
    await fc.assert(
      fc.asyncProperty(orders, scopes, async (given, scope) => {
        const { totals, left_over } = await tell(given, scope, LATE)
        for (const currency of ['USD', 'EUR']) {
          const own = given.provider_confirmation.filter(
            (record: Given) => record.currency === currency,
          )
          const confirmed = sum(
            own.map((record: Given) => new Exact(String(record.received_amount))),
          )
          const said = [...totals, ...left_over].filter((row) => row.currency === currency)
          const members = said.flatMap((row) => [row.received, row.unmatched, row.repeated])
          expect(sum(members.map((text) => new Exact(text ?? 0))).toFixed()).toBe(
            confirmed.toFixed(),
          )
        }
      }),
      { numRuns: 100 },
    )
  })
})
