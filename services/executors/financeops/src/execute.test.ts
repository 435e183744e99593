import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { MAX_RESULT_BYTES, readManifest } from '@prooftrail/executor-sdk'
import { conclude, describeCases, describeRules } from '@prooftrail/executor-sdk/testing'
import { describe, expect, test } from 'vitest'
import { execute } from './execute.ts'
import { rules } from './rules.ts'

const folder = fileURLToPath(new URL('..', import.meta.url))

describeCases({ describe, test }, folder, execute)
describeRules({ describe, test }, folder, execute, rules)

setFlagsFromString('--expose-gc')
/** Asks V8 for a full collection, which Node offers only under a flag. */
const collectGarbage: () => void = runInNewContext('gc')

/** An example of the repository, concluded. */
async function concludeExample(name: string) {
  const file = new URL(`../../../../examples/${name}`, import.meta.url)
  const { evidence, workflow_context = {} } = JSON.parse(readFileSync(file, 'utf8'))
  const concluded = await conclude(readManifest(folder), execute, { evidence, workflow_context })
  if (!('conclusion' in concluded)) throw new Error(concluded.fault.detail)
  return concluded.conclusion
}

describe('the examples', () => {
  test('all matched: no exception, fee and part payments explained', async () => {
    const conclusion = await concludeExample('financeops-matched.json')
    expect(conclusion).toMatchObject({
      result_status: 'ready',
      exceptions: [],
      links: {
        reconciliation_result: {
          reconciliation_status: 'matched',
          exception_records: [],
          comparisons_by_outcome: { matched: 1, matched_with_fee: 1, matched_in_parts: 1 },
        },
      },
    })
  })

  test('differences: exactly three exceptions, of three types', async () => {
    const conclusion = await concludeExample('financeops-differences.json')
    const types = ['amount_mismatch', 'duplicate_record', 'missing_confirmation']
    expect(conclusion).toMatchObject({
      result_status: 'ready',
      links: {
        reconciliation_result: {
          reconciliation_status: 'exceptions_found',
          exception_count: 3,
          exception_records: types.map((exception_type) => ({ exception_type })),
        },
      },
    })
  })
})

describe('ten thousand records in one order', () => {
  test('may be items of their own, and give the same count', async () => {
    const numbers = Array.from({ length: 5_000 }, (_, n) => n)
    const item = (kind: string, n: number, amount: object) => ({
      reference: `${kind}/${n}`,
      record_id: `${kind}-${n}`,
      currency: 'USD',
      provider_reference: 'one-for-all',
      invoice_id: `i-${n}`,
      ...amount,
    })
    const evidence = {
      invoice_record: numbers.map((n) => item('i', n, { expected_amount: '0.10' })),
      provider_confirmation: numbers.map((n) => item('c', n, { received_amount: '0.1' })),
    }
    const concluded = await conclude(readManifest(folder), execute, { evidence })
    expect(JSON.stringify(concluded).length).toBeLessThan(20_000)
    expect(concluded).toMatchObject({
      conclusion: {
        links: {
          reconciliation_result: {
            reconciliation_status: 'matched',
            normalized_records: { count: 10_000 },
            totals: [{ currency: 'USD', expected: '500', received: '500', difference: '0' }],
          },
        },
      },
    })
  })

  test('fit the size limit: what agrees is counted and digested, what differs is listed', async () => {
    const manifest = readManifest(folder)
    const record = (kind: string, n: number, amount: object) => ({
      record_id: `${kind}-${n}`,
      currency: 'USD',
      provider_reference: `p${n}`,
      ...amount,
    })
    const numbers = Array.from({ length: 5_000 }, (_, n) => n)
    const differs = (n: number) => n % 1_000 === 7
    const evidence = {
      invoice_record: {
        reference: 'invoices.csv',
        records: numbers.map((n) => record('i', n, { expected_amount: `${n}.10` })),
      },
      provider_confirmation: {
        reference: 'confirmations.csv',
        records: numbers.map((n) =>
          record('c', n, { received_amount: differs(n) ? `${n}.11` : `${n}.10` }),
        ),
      },
    }
    expect(JSON.stringify(evidence).length).toBeLessThan(1_500_000)
    const concluded = await conclude(manifest, execute, { evidence })
    if (!('conclusion' in concluded)) throw new Error(concluded.fault.detail)
    expect(JSON.stringify(concluded).length).toBeLessThan(20_000)
    expect(concluded.conclusion.links.reconciliation_result).toMatchObject({
      normalized_records: { count: 10_000 },
      reconciliation_checks: { agreeing: { count: 4_995 } },
      exception_records: Array.from({ length: 5 }, () => ({ exception_type: 'amount_mismatch' })),
    })
  })

  test('leave nothing behind: memory is the same after many such orders', async () => {
    const manifest = readManifest(folder)
    const records = (kind: string, amount: string) =>
      Array.from({ length: 5_000 }, (_, n) => ({
        ...{ record_id: `${kind}-${n}`, currency: 'USD', provider_reference: `p${n}` },
        [amount]: `${n}.10`,
      }))
    const evidence = {
      invoice_record: { reference: 'i', records: records('i', 'expected_amount') },
      provider_confirmation: { reference: 'c', records: records('c', 'received_amount') },
    }
    const after = async (orders: number) => {
      for (let n = 0; n < orders; n += 1) await conclude(manifest, execute, { evidence })
      collectGarbage()
      return process.memoryUsage().heapUsed
    }
    const warm = await after(3)
    const grown = (await after(10)) - warm
    // one order is 1.2 MB of JSON: what kept even one of them in ten would show
    expect(grown).toBeLessThan(1_000_000)
  }, 60_000)

  test('of which none agrees are listed as far as they fit, and the rest is counted', async () => {
    const manifest = readManifest(folder)
    const records = Array.from({ length: 10_000 }, (_, n) => ({
      record_id: `i-${n}`,
      currency: 'USD',
      provider_reference: `p${n}`,
      expected_amount: '1',
    }))
    const other = { reference: 'c', record_id: 'c', currency: 'USD', received_amount: '1' }
    const evidence = {
      invoice_record: { reference: 'invoices.csv', records },
      provider_confirmation: other,
    }
    const concluded = await conclude(manifest, execute, { evidence })
    expect(JSON.stringify(concluded).length).toBeLessThan(MAX_RESULT_BYTES)
    expect(concluded).toMatchObject({
      conclusion: {
        result_package: {
          exceptions_by_type: { missing_confirmation: 10_000, unmatched_record: 1 },
        },
      },
    })
  })
})
