/**
 * How fast the page is and what it costs, measured on servers of its own: `npm run figures`, or one of
 * them: `npm run figures -- paint`, `memory`, `list`, `cpu`. What each says stands in its file. Tables
 * go to standard output, how far it is to standard error.
 *
 *   --runs N      list: runs that are projected (1000000; the stand-in has no range indexes: 20000)
 *   --events N    memory: rows that a page is told, as fast as orders are worked off (10000)
 *   --minutes N   memory: for so long instead, at an even rate
 *   --seconds N   cpu: of each of the two windows (60)
 *   --rate N      cpu and memory over minutes: orders a second (5)
 *   --tries N     paint and list: how often each is measured (7)
 */
import { availableParallelism, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { CHROMIUM } from '../browser/chromium.ts'
import { openServers } from '../toolkit/servers.ts'
import { measureCpu } from './cpu.ts'
import { measureLists } from './lists.ts'
import { measureMemory } from './memory.ts'
import { measurePaint } from './paint.ts'
import { type Plan, tableOf } from './plan.ts'

const FIGURES = {
  paint: measurePaint,
  memory: measureMemory,
  list: measureLists,
  cpu: measureCpu,
} as const

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string' },
    events: { type: 'string', default: '10000' },
    minutes: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '5' },
    tries: { type: 'string', default: '7' },
  },
})
const chosen = Object.entries(FIGURES).filter(
  ([name]) => positionals.length === 0 || positionals.includes(name),
)
if (chosen.length === 0) leave(64, `what to measure: ${Object.keys(FIGURES).join(', ')}`)
if (CHROMIUM === undefined) leave(69, 'no Chromium: install the package chromium, or set CHROMIUM')

const close = await openServers()
const plan: Plan = {
  runs: Number(values.runs ?? (process.env.MONGODB_STAND_IN === '1' ? 20_000 : 1_000_000)),
  ...{ events: Number(values.events), seconds: Number(values.seconds) },
  ...{ rate: Number(values.rate), tries: Number(values.tries) },
  ...(values.minutes === undefined ? {} : { minutes: Number(values.minutes) }),
  say: (line) => void process.stderr.write(`  ${line}\n`),
}
try {
  for (const [name, measure] of chosen) {
    const from = performance.now()
    const table = tableOf(await measure(plan))
    const took = `${Math.round((performance.now() - from) / 1_000)} s`
    const where = `${availableParallelism()} cores, Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1)}`
    process.stdout.write(`\n${name}: ${where}, ${took}\n\n${table}\n`)
  }
} finally {
  await close()
}

/** Ends before anything was started, with a code of sysexits.h. */
function leave(code: 64 | 69, why: string): never {
  process.stderr.write(`${why}\n`)
  process.exit(code)
}
