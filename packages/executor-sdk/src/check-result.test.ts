import { describe, expect, test } from 'vitest'
import { exampleCommand } from './case-command.ts'
import { checkResult } from './check-result.ts'
import { exampleManifest as manifest } from './example-tool.fixtures.ts'

const command = exampleCommand(manifest, { evidence: { first: { reference: 'a' } } })
const links = [
  { name: 'evidence_checklist', object: {} },
  { name: 'readiness_result', object: {} },
]
const good = { result_package: { a: 1 }, human_summary: 'done', links }

function faultsOf(returned: unknown): string {
  const checked = checkResult(manifest, command, returned)
  return 'faults' in checked ? checked.faults.join('\n') : ''
}

describe('what a tool returns', () => {
  test('passes when it is whole; undefined members are left out', () => {
    const checked = checkResult(manifest, command, { ...good, open_items: undefined })
    expect(checked).toEqual({ result: good })
  })

  test.each([
    ['nothing', undefined, 'must be object'],
    ['a missing summary', { result_package: { a: 1 }, links }, "required property 'human_summary'"],
    ['a misspelt member', { ...good, summary: '' }, 'additional properties'],
    ['a number that JSON has not', { ...good, result_package: { a: Number.NaN } }, 'null at'],
    ['too few links', { ...good, links: links.slice(1) }, 'links are (readiness_result)'],
    [
      'an id of another trail',
      { ...good, result_package: { x: { receipt_id: 'usage_other' } } },
      'x/receipt_id',
    ],
    [
      'another score than the evidence has',
      { ...good, result_package: { evidence_score: 100 } },
      'is 100, not 66',
    ],
    [
      'a cycle',
      Object.assign({}, good, {
        get self() {
          return this
        },
      }),
      'must be object',
    ],
  ])('is refused with %s', (_, returned, fault) => {
    expect(faultsOf(returned)).toContain(fault)
  })

  test('may name ids of its own trail, and any below evidence', () => {
    const result_package = {
      receipt_id: command.ids.usage_receipt,
      evidence_items: [{ receipt_id: 'usage_of_an_earlier_run' }],
    }
    expect(faultsOf({ ...good, result_package })).toBe('')
  })

  test('is checked against the schema that the manifest has for its package', () => {
    const strict = { ...manifest, result_package_schema: { required: ['b'] } }
    const checked = checkResult(strict, command, good)
    expect(checked).toEqual({ faults: ["/result_package must have required property 'b'"] })
  })
})
