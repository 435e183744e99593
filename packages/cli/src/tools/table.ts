import { bareTable } from '../bare-table.ts'
import { colour } from '../output.ts'
import type { CheckLine } from './check/suite.ts'
import type { ToolView, VersionView } from './view.ts'

const HEAD = ['tool', 'version', 'orders', 'suite', 'price', 'live', 'waiting', 'oldest']

/** Tools as a table, a row per version. */
export function toolTable(views: readonly ToolView[], now: number): string {
  const table = bareTable(HEAD)
  for (const view of views) {
    for (const [at, one] of view.versions.entries()) {
      table.push([at === 0 ? colour.bold(view.tool) : '', ...cells(view, one, now)])
    }
  }
  return table.toString()
}

function cells({ deployed }: ToolView, one: VersionView, now: number): string[] {
  const suite = one.conformance === 'checked' ? colour.green : colour.yellow
  const nobody = one.live_executors === 0 && one.backlog > 0
  const since = one.oldest_waiting ? age(now - Date.parse(one.oldest_waiting)) : ''
  return [
    one.version,
    one.status,
    suite(one.conformance),
    String(one.price),
    deployed ? (nobody ? colour.red : String)(String(one.live_executors)) : colour.red('no topic'),
    `${one.backlog}${one.backlog_is_more ? '+' : ''}`,
    nobody ? colour.red(since) : since,
  ]
}

function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 120) return `${seconds} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}

const SIGNS = {
  passed: colour.green('✓'),
  failed: colour.red('✗'),
  'not applicable': colour.dim('·'),
} as const

/** A check as a line: sign, name, time, what was seen; every fault has a line of its own. */
export function checkLine({ name, outcome, detail = '', seconds }: CheckLine): string {
  const time = colour.dim(`${seconds.toFixed(1).padStart(6)} s`)
  const line = `${SIGNS[outcome]} ${name.padEnd(40)} ${time}`
  if (outcome !== 'failed') return `${line}  ${colour.dim(detail)}`.trimEnd()
  return [line, ...detail.split('; ').map((fault) => `    ${fault}`)].join('\n')
}
