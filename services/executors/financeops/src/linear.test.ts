/** Twice the records are twice the work, whatever they name: counted, not timed. */
import { expect, test } from 'vitest'
import { type Given, tell } from './financeops.fixtures.ts'

const COUNTED = {
  array: ['map', 'filter', 'flatMap', 'some', 'find', 'includes', 'indexOf', 'reduce', 'slice'],
  map: ['get', 'has', 'set'],
} as const

/** How many elements the methods of arrays visit, and how many look-ups maps make, in a call. */
async function workOf(call: () => Promise<unknown>): Promise<number> {
  let work = 0
  const restore: (() => void)[] = []
  const count = (owner: object, name: string, cost: (self: unknown) => number) => {
    const original = Reflect.getOwnPropertyDescriptor(owner, name)
    if (original === undefined) throw new Error(`${name} is no method`)
    const method: (...args: unknown[]) => unknown = original.value
    const counted = function (this: unknown, ...args: unknown[]): unknown {
      work += cost(this)
      return Reflect.apply(method, this, args)
    }
    Object.defineProperty(owner, name, { ...original, value: counted })
    restore.push(() => Object.defineProperty(owner, name, original))
  }
  for (const name of COUNTED.array) {
    count(Array.prototype, name, (self) => (Array.isArray(self) ? self.length : 1))
  }
  for (const name of COUNTED.map) count(Map.prototype, name, () => 1)
  try {
    await call()
  } finally {
    for (const one of restore) one()
  }
  return work
}

const SHAPES: [string, (n: number) => { i?: Given; c?: Given }][] = [
  [
    'each pair under its own reference',
    (n) => ({ i: { provider_reference: n }, c: { provider_reference: n } }),
  ],
  [
    'all under one reference, numbered',
    (n) => ({ i: { provider_reference: 'one', invoice_id: n }, c: { provider_reference: 'one' } }),
  ],
  [
    'all under one reference, alike',
    () => ({ i: { provider_reference: 'one' }, c: { provider_reference: 'one' } }),
  ],
  [
    'one invoice paid by all',
    (n) => ({ i: { invoice_id: n }, c: { invoice_id: 1, received_amount: '0.01' } }),
  ],
  [
    'one record id said by all',
    (n) => ({ i: { invoice_id: n }, c: { invoice_id: 1, record_id: 'same' } }),
  ],
  [
    'nothing under anything',
    (n) => ({ i: { provider_reference: n }, c: { provider_reference: `q${n}` } }),
  ],
  [
    'credit notes of nothing',
    (n) => ({ i: { expected_amount: '-1', invoice_id: n }, c: { invoice_id: n } }),
  ],
  [
    'none stands',
    (n) => ({
      i: { provider_reference: 'one' },
      c: { provider_reference: 'one', status: n % 2 ? 'failed' : 'odd' },
    }),
  ],
]

test.each(SHAPES)(
  '%s',
  async (_, shape) => {
    const work = async (n: number) => {
      const numbers = Array.from({ length: n }, (_, at) => at)
      const given = {
        invoice_record: numbers.map((at) => ({
          record_id: `i${at}`,
          expected_amount: `${at % 97}.10`,
          currency: 'USD',
          ...shape(at).i,
        })),
        provider_confirmation: numbers.map((at) => ({
          record_id: `c${at}`,
          received_amount: `${at % 89}.10`,
          currency: 'USD',
          ...shape(at).c,
        })),
        ledger_entry: numbers
          .slice(0, n / 10)
          .map((at) => ({ record_id: `l${at}`, amount: '1', currency: 'USD', ...shape(at).i })),
      }
      return workOf(() => tell(given, { stale_after_days: 90 }))
    }
    const [small, large] = [await work(300), await work(1_200)]
    // four times the records; a quadratic step would make it sixteen times the work
    expect(large / small).toBeLessThan(5)
  },
  60_000,
)
