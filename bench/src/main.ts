import { writeFileSync } from 'node:fs'
import { compare, type Comparison } from './compare.ts'
import { describeMachine, hasMongod } from './machine.ts'
import { type Options, readOptions, USAGE } from './options.ts'
import { machineLine, reportComparison } from './report.ts'

const say = (line: string) => process.stderr.write(`  ${line}\n`)
const tell = (text: string) => process.stdout.write(`${text}\n`)

async function run(options: Options): Promise<void> {
  const machine = describeMachine()
  tell(machineLine(machine))
  const results: Record<string, unknown> = { machine, options: { ...options, only: [...options.only] } }
  const comparisons: Comparison[] = []
  if (options.only.has('product') || options.only.has('floor')) {
    for (const backend of options.backends) {
      const comparison = await compare(backend, options, say)
      comparisons.push(comparison)
      tell(reportComparison(comparison))
    }
    results.comparisons = comparisons
  }
  if (options.json) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`)
}

try {
  await run(readOptions(process.argv.slice(2), hasMongod()))
  process.exit(0)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n\n${USAGE}`)
  process.exit(1)
}
