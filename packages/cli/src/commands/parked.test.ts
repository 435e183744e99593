import type { ParkedRow } from '@prooftrail/contracts/doors'
import { expect, test } from 'vitest'
import { parkedTable } from './parked.ts'

const NOW = Date.parse('2026-11-01T12:00:00.000Z')

function row(changes: Partial<ParkedRow> = {}): ParkedRow {
  return {
    ...{ parked_id: `pm_${'a'.repeat(24)}`, state: 'open', code: 'PT-9005', detail: 'd' },
    ...{ service: 'dispatch', topic: 'prooftrail.credits.held.v1', times: 1, sends: 0 },
    ...{ partition: 0, offset: '7', place: 1 },
    ...{ since: '2026-11-01T11:59:30.000Z', blocks: false },
    ...changes,
  }
}

/** Where each word of a line begins that two blanks stand before. */
function columns(line: string): number[] {
  return [...line.matchAll(/(?:^| {2,})(\S)/g)].map(({ index, 0: text }) => index + text.length - 1)
}

test('rows stand under their heads, whatever they hold', () => {
  const rows = [
    row({ blocks: true, document: 'wo_1' }),
    row({ since: '2026-10-01T12:00:00.000Z', topic: 'prooftrail.work-order.submitted.v1' }),
    row({ agent: 'agent-1', document: 'wo_2', times: 12, state: 'sent' }),
  ]
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ANSI escapes are control characters
  const text = parkedTable(rows, NOW).replace(/\u001b\[\d+m/g, '')
  const lines = text.split('\n')
  expect(lines).toHaveLength(4)
  expect(new Set(lines.map((line) => String(columns(line)))).size).toBe(1)
  expect(lines[1]).toMatch(/30 s .* wo_1 .* blocks$/)
  expect(lines[2]).toContain('31 d')
  expect(lines[3]).toContain('wo_2 (agent-1)')
})

test('a document that nobody signed for is shown as what the message says', () => {
  expect(parkedTable([row({ document: 'wo_1', claimed: true })], NOW)).toContain('wo_1?')
})
