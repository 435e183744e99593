/**
 * A game day: ten faults on a deployment of this machine, one after the other. Whoever is on call finds
 * each from its alert, the dashboards and the run book alone, says the cause, and is told. See docs/gameday.md.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { parseArgs } from 'node:util'
import { ROOT } from '../repo/files.ts'
import { hasPrometheus, type Prometheus, startPrometheus } from '../toolkit/prometheus.ts'
import { type Deployment, openDeployment } from './deployment.ts'
import { type Drill, SPEED, untilFires, untilOver } from './drills/drill.ts'
import { drills } from './drills/drills.ts'

const HELP = `npm run gameday -- [options] [number…]

Injects ten faults, or those of the numbers, one after the other; asks for the cause of each.

  --blind     in an order drawn from a seed, and tells nothing before the end
  --seed N    the order of --blind; else a new one, which is printed
  --auto      asks nobody: does each alert fire, and end?
  --help      this text
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    auto: { type: 'boolean', default: false },
    blind: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000)) },
    help: { type: 'boolean', default: false },
  },
})
const say = (line: string) => void process.stdout.write(`${line}\n`)
if (values.help) {
  say(HELP)
  process.exit(0)
}
const seed = Number(values.seed)
const numbers = positionals.map(Number)
if (!Number.isSafeInteger(seed) || !numbers.every((one) => drills[one - 1])) {
  process.stderr.write(HELP)
  process.exit(2)
}
if (!hasPrometheus()) process.exit(69)

/** Fires throughout: the brokers of a game day know no users. */
const ALWAYS = 'ProoftrailTopicOpen'

/** What came of one exercise. */
interface Played {
  drill: Drill
  answer: string
  fired: boolean
  ended: boolean
}

const lines = createInterface({ input: process.stdin, output: process.stdout })
const ask = (question: string) => (values.auto ? Promise.resolve('') : lines.question(question))

say('starting Kafka, registry, MongoDB, one process per service, and a Prometheus …')
const d = await openDeployment({ ownServers: true })
const services = d.processes.urls()
const prometheus = await startPrometheus({ services, speed: SPEED, everySeconds: 1 })
const played: Played[] = []
try {
  introduce(d, services, prometheus)
  const chosen = drills.filter((_, at) => numbers.length === 0 || numbers.includes(at + 1))
  const order = values.blind
    ? chosen.sort((one, other) => (place(one) < place(other) ? -1 : 1))
    : chosen
  for (const [at, drill] of order.entries()) {
    say(`\nExercise ${at + 1} of ${order.length}: something has gone wrong. Find it.`)
    played.push(await play(drill))
  }
} finally {
  lines.close()
  await prometheus.stop()
  await d.stop()
}
if (values.blind) {
  for (const [at, { drill, answer }] of played.entries()) {
    say(`\nExercise ${at + 1}\n  you said  ${answer}`)
    tell(drill)
  }
}
const missed = played.filter(({ fired, ended }) => !(fired && ended)).length
say(missed === 0 ? '\nall alerts fired and ended' : `\n${missed} alerts did not do as they should`)
process.exitCode = missed === 0 ? 0 : 1

/** What whoever is on call has: pages, and a file that gives the commands of the run book their addresses. */
function introduce(d: Deployment, services: Map<string, string>, prometheus: Prometheus): void {
  const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL, MONGODB_URL } = process.env
  const doors = [...services].map(([name, url]) => [`${name.toUpperCase()}_URL`, url])
  const { logFile } = d.world.services
  const exported = Object.entries({
    ...{ KAFKA_BROKERS, SCHEMA_REGISTRY_URL, MONGODB_URL },
    ...Object.fromEntries(doors),
    PROMETHEUS_URL: prometheus.url,
    PROOFTRAIL_HOME: dirname(dirname(logFile)),
  })
  mkdirSync(join(ROOT, 'out'), { recursive: true })
  const file = join(ROOT, 'out/gameday.env')
  writeFileSync(file, exported.map(([name, value]) => `export ${name}='${value}'\n`).join(''))
  say(
    `\nalerts      ${prometheus.url}/alerts (spans are ${SPEED} times shorter than in production)`,
  )
  say(`console     ${d.world.url('console')}`)
  say('run book    docs/runbook.md')
  say(`log         ${logFile}`)
  say('commands    in another terminal: . out/gameday.env')
  if (values.blind) say(`seed        ${seed}`)
  for (const [name, url] of services) say(`${name.padEnd(11)} ${url}`)
}

async function play(drill: Drill): Promise<Played> {
  const begun = Date.now()
  const mend = await drill.inject(d)
  const found = await untilFires(prometheus, drill).catch(() => undefined)
  const firing = await prometheus.firing()
  const alerts = firing.filter(({ name }) => name !== ALWAYS)
  say(`  after ${seconds(begun)} s these alerts fire:`)
  for (const { name, summary } of alerts) say(`    ${name}: ${summary}`)
  const answer = await ask('  What is the cause? Say it, and press Enter. ')
  if (!values.blind) tell(drill)
  const mending = Date.now()
  await mend()
  const ended = await untilOver(prometheus, drill).then(
    () => true,
    () => false,
  )
  say(ended ? `  mended, and over after ${seconds(mending)} s` : '  mended, and the alert goes on')
  return { drill, answer, fired: found !== undefined, ended }
}

function tell({ cause, alert, runbook, finds }: Drill): void {
  say(`  cause     ${cause}`)
  say(`  alert     ${alert}`)
  say(`  run book  docs/runbook.md#${runbook}`)
  say(`  found by  ${finds}`)
}

/** Where a drill comes in the order of the seed. */
function place({ cause }: Drill): string {
  return createHash('sha256').update(`${seed} ${cause}`).digest('hex')
}

function seconds(since: number): number {
  return Math.round((Date.now() - since) / 1_000)
}
