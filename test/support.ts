/**
 * Tries the versions of docs/support.md on this machine, one after the other, and prints a line for each:
 * `npm run support`, or `npm run support -- --node 22.23.3 --kafka 4.0.0` for some. A Node.js comes from npm's
 * package `node`, into a folder that is removed; it runs the unit tests and a tool's journey. A Kafka comes from
 * Maven, pinned byte by byte, and runs the journey. `--journey` leaves the unit tests out. What fails ends
 * with 1.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { embeddedKafkas } from '@prooftrail/stack'
import { ROOT } from './repo/files.ts'
import { triedVersions } from './support/page.ts'

const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs')
const JOURNEY = ['--project', 'e2e', 'test/journeys/tokenops.e2e.test.ts']
const UNIT = ['--project', 'unit']

interface Outcome {
  passed: number
  failed: number
  seconds: number
  /** What failed, what it said, and where. */
  faults: string[]
}

interface Report {
  numPassedTests: number
  numFailedTests: number
  success: boolean
  /** `message` where a file failed as a whole: a hook, an import. */
  testResults: { message?: string; assertionResults: Assertion[] }[]
}

interface Assertion {
  fullName: string
  status: string
  failureMessages: string[]
}

const list = { type: 'string' } as const
const journey = { type: 'boolean', default: false } as const
const { values } = parseArgs({ options: { node: list, kafka: list, journey } })
const isWhole = values.node === undefined && values.kafka === undefined
const asked = (given: string | undefined, all: readonly string[]) =>
  given === undefined ? (isWhole ? all : []) : given.split(',')
// the first of each is what every test runs on
const [, ...nodes] = triedVersions('Node.js')
const [, ...kafkas] = await embeddedKafkas()
let isBroken = false

for (const version of asked(values.node, nodes)) {
  const dir = mkdtempSync(join(tmpdir(), 'prooftrail-node-'))
  try {
    const program = fetchNode(dir, version)
    if (!values.journey) tell(`Node.js ${version}, unit tests`, run(program, UNIT, {}))
    tell(`Node.js ${version}, journey`, run(program, JOURNEY, {}))
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
for (const version of asked(values.kafka, kafkas)) {
  const env = { EMBEDDED_KAFKA_VERSION: version }
  tell(`Kafka ${version}, journey`, run(process.execPath, JOURNEY, env))
}
process.exitCode = isBroken ? 1 : 0

/** @returns the program @throws Error with npm's words */
function fetchNode(dir: string, version: string): string {
  const args = ['install', '--prefix', dir, '--no-audit', '--no-fund', `node@${version}`]
  const { status, stderr } = spawnSync('npm', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return join(dir, 'node_modules/node/bin/node')
}

/** Runs tests with a program of Node.js on servers of their own; everything below it finds the same one. */
function run(program: string, tests: readonly string[], more: Record<string, string>): Outcome {
  const { KAFKA_BROKERS, SCHEMA_REGISTRY_URL, MONGODB_URL, ...env } = process.env
  const dir = mkdtempSync(join(tmpdir(), 'prooftrail-support-'))
  const report = join(dir, 'report.json')
  const reporting = ['--reporter=json', `--outputFile.json=${report}`]
  const began = performance.now()
  const path = `${dirname(program)}:${env.PATH}`
  try {
    spawnSync(program, [VITEST, 'run', ...tests, ...reporting], {
      cwd: ROOT,
      env: { ...env, PATH: path, ...more },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const seconds = Math.round((performance.now() - began) / 1000)
    // servers that did not start leave none
    if (!existsSync(report)) return { passed: 0, failed: 1, seconds, faults: ['it did not begin'] }
    const read: Report = JSON.parse(readFileSync(report, 'utf8'))
    const faults = read.testResults.flatMap(({ message, assertionResults }) => [
      ...(message ? [shortened(message)] : []),
      ...assertionResults
        .filter(({ status }) => status === 'failed')
        .map(({ fullName, failureMessages: [first = ''] }) => `${fullName}: ${shortened(first)}`),
    ])
    const failed = read.success ? 0 : Math.max(1, read.numFailedTests)
    return { passed: read.numPassedTests, failed, seconds, faults }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/** What an assertion said, and the first line of ours that it stands on. */
function shortened(message: string): string {
  const [said = '', ...lines] = message.split('\n')
  const where = lines.find((line) => line.includes(ROOT) && !line.includes('node_modules'))
  const differs = lines.filter((line) => /^\s*[-+] /.test(line)).slice(0, 8)
  return [said, ...differs, ...(where ? [where.trim().replace(ROOT, '.')] : [])].join('\n    ')
}

function tell(what: string, { passed, failed, seconds, faults }: Outcome): void {
  if (failed > 0 || passed === 0) isBroken = true
  const lines = [
    `${what}: ${passed} passed, ${failed} failed in ${seconds} s`,
    ...faults.map((one) => `  ${one}`),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}
