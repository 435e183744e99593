/** The table of time limits, for docs/limits.md. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** A row per state, as `packages/contracts/src/limits.ts` of the repository has them. */
export async function limitsTable(root: string): Promise<string> {
  const file = pathToFileURL(join(root, 'packages/contracts/src/limits.ts')).href
  const { STATE_LIMITS, TIME_LIMITS }: typeof import('../src/limits.ts') = await import(file)
  const rows = Object.entries(STATE_LIMITS).map(([state, one]) => {
    const act = one.act === undefined ? '–' : `\`${one.act}\``
    const limit =
      one.limit === undefined ? '' : ` (\`${one.limit}\`, ${timeOf(TIME_LIMITS[one.limit])})`
    return (
      `| \`${state}\` | ${one.runs} | ${timeOf(one.stuck_after)} | \`${one.reason}\` | ${act} | ` +
      `${one.look} | ${one.ends}${limit} | ${one.by ?? '–'} | ${one.hold} |`
    )
  })
  return [
    '',
    '| state | runs that | stuck after | stuck_reason | act that helps | look at | ends | says so | held credits |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}

function timeOf(seconds: number): string {
  const units = [
    [86_400, 'day'],
    [3_600, 'hour'],
    [60, 'minute'],
  ] as const
  const [size, unit] = units.find(([one]) => seconds % one === 0) ?? [1, 'second']
  const count = seconds / size
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
