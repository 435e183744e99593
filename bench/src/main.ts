import { writeFileSync } from 'node:fs'
import { benchBatch, reportBatch } from './batch-bench.ts'
import { type Comparison, compare } from './compare.ts'
import { countCalls, reportCounts } from './counts.ts'
import { benchLog, type LogResult } from './log-bench.ts'
import { describeMachine, hasMongod } from './machine.ts'
import { type Options, readOptions, USAGE } from './options.ts'
import { overload } from './overload/overload.ts'
import { reportOverload } from './overload/report-overload.ts'
import { reportPairs } from './pairs.ts'
import {
  machineLine,
  reportComparison,
  reportLog,
  reportRivals,
  reportSoak,
  reportVerify,
} from './report.ts'
import { bullmq } from './rivals/bullmq.ts'
import { restate } from './rivals/restate.ts'
import { benchRival, type RivalResult } from './rivals/rival.ts'
import { soak } from './soak.ts'
import { benchVerify } from './verify-bench.ts'

const say = (line: string) => process.stderr.write(`  ${line}\n`)
const tell = (text: string) => process.stdout.write(`${text}\n`)

async function run(options: Options): Promise<void> {
  const machine = describeMachine()
  tell(machineLine(machine))
  const results: Record<string, unknown> = {
    machine,
    options: { ...options, only: [...options.only] },
  }
  const keep = () => {
    if (options.json) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`)
  }
  if (options.only.has('verify')) {
    const verified = benchVerify()
    results.verify = verified
    tell(reportVerify(verified))
  }
  if (options.only.has('log')) {
    const logs: LogResult[] = []
    results.log = logs
    for (const backend of options.backends) {
      say(`log on ${backend}`)
      const log = await benchLog(backend)
      logs.push(log)
      tell(reportLog(log))
    }
  }
  keep()
  const comparisons: Comparison[] = []
  results.comparisons = comparisons
  if (options.only.has('product') || options.only.has('floor')) {
    for (const backend of options.backends) {
      const pairs: Comparison[] = []
      for (let pair = 0; pair < options.pairs; pair += 1) {
        const comparison = await compare(backend, options, say)
        pairs.push(comparison)
        comparisons.push(comparison)
        tell(reportComparison(comparison))
        keep()
      }
      if (pairs.length > 1) tell(reportPairs(pairs))
    }
  }
  if (options.counts) {
    const [backend = 'memory'] = options.backends
    const counted = await countCalls(backend, options, say)
    results.counts = counted
    tell(reportCounts(counted))
    keep()
  }
  const rivals: RivalResult[] = []
  results.rivals = rivals
  for (const name of options.against) {
    rivals.push(await benchRival({ restate, bullmq }[name], options, say))
    tell(reportRivals(rivals, comparisons))
    keep()
  }
  if (options.soak > 0) {
    const [backend = 'memory'] = options.backends
    const soaked = await soak(backend, options, say)
    results.soak = soaked
    tell(reportSoak(soaked))
  }
  if (options.overload > 0) {
    const [backend = 'memory'] = options.backends
    const overloaded = await overload(backend, options, say)
    results.overload = overloaded
    tell(reportOverload(overloaded))
  }
  if (options.batch > 0) {
    const [backend = 'memory'] = options.backends
    const batch = await benchBatch(backend, options, say)
    results.batch = batch
    tell(reportBatch(batch))
  }
  keep()
}

function readCommand(): Options {
  try {
    return readOptions(process.argv.slice(2), hasMongod())
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${USAGE}`)
    process.exit(2)
  }
}

try {
  await run(readCommand())
  process.exit(0)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
}
