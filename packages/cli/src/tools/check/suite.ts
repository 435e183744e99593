import { rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { manifestDigest } from '@prooftrail/contracts'
import {
  type Check,
  CONFORMANCE_FILE,
  type Conformance,
  folderDigest,
} from '@prooftrail/executor-sdk'
import { withHost } from '../host.ts'
import { findTool } from '../registry.ts'
import {
  heartbeat,
  lateFenced,
  partialResult,
  redelivered,
  signatureAccepted,
  stopInMidWork,
  throwFails,
  timeLimit,
  trailVerifies,
} from './journeys.ts'
import { askedIn, withoutOne } from './orders.ts'
import { openStage } from './stage.ts'
import { checkFolder, compatibility, type Folder, faultsOf, type Report } from './static.ts'

/** A check as it ended, and how long it took. */
export interface CheckLine extends Check {
  seconds: number
}

/** A whole report: what `tools check` prints; the folder keeps the part that lasts. */
export interface SuiteResult extends Conformance {
  checks: CheckLine[]
}

/**
 * Checks a tool's folder, and, unless only its cases are asked for, its executor on the running
 * stack; writes what came of it into the folder, unless nothing is to be recorded.
 * @param onLine called with each check as it ends
 */
export async function runSuite(
  dir: string,
  options: { casesOnly?: boolean; record?: boolean },
  onLine: (line: CheckLine) => void,
): Promise<SuiteResult> {
  const folder = resolve(dir)
  const checks: CheckLine[] = []
  const report = makeReport(checks, onLine)
  const found = await checkFolder(folder, report)
  const isSound = found !== undefined && checks.every(({ outcome }) => outcome !== 'failed')
  if (found && isSound && options.casesOnly !== true) await checkOnStack(found, report)
  const result: SuiteResult = {
    tool: found?.tool.manifest.tool ?? '',
    version: found?.tool.manifest.version ?? '',
    manifest_digest: found ? manifestDigest(found.tool.manifest) : '',
    folder_digest: found ? folderDigest(folder) : '',
    passed: isSound && checks.every(({ outcome }) => outcome !== 'failed'),
    checked_at: new Date().toISOString(),
    checks,
  }
  if (options.casesOnly !== true && options.record !== false) record(folder, result)
  return result
}

/** A folder that failed keeps no record: it is as good as unchecked. */
function record(folder: string, result: SuiteResult): void {
  const path = join(folder, CONFORMANCE_FILE)
  if (!result.passed) {
    rmSync(path, { force: true })
    return
  }
  // ids, keys and times of one run are of no use to the next reader
  const checks = result.checks.map(({ name, outcome, detail }): Check => {
    return { name, outcome, ...(outcome === 'passed' || !detail ? {} : { detail }) }
  })
  const kept: Conformance = { ...result, checks }
  writeFileSync(path, `${JSON.stringify(kept, null, 2)}\n`)
}

function makeReport(checks: CheckLine[], onLine: (line: CheckLine) => void): Report {
  const end = (line: CheckLine) => {
    checks.push(line)
    onLine(line)
  }
  return {
    async add(name, check) {
      const started = performance.now()
      const seconds = () => Math.round((performance.now() - started) / 100) / 10
      try {
        const detail = await check()
        end({ name, outcome: 'passed', ...(detail ? { detail } : {}), seconds: seconds() })
        return true
      } catch (error) {
        end({ name, outcome: 'failed', detail: faultsOf(error), seconds: seconds() })
        return false
      }
    },
    skip: (name, why) => end({ name, outcome: 'not applicable', detail: why, seconds: 0 }),
  }
}

async function checkOnStack({ tool, cases, slowestMs }: Folder, report: Report): Promise<void> {
  const { manifest } = tool
  // without a stack there is nothing to check: that is no fault of the tool's
  const known = await findTool(manifest.tool)
  const name = 'schemas compatible with the last release'
  // what cannot be released is not run
  if (!(await report.add(name, () => compatibility(manifest, known)))) return
  const now = new Date().toISOString()
  const full = askedIn(cases, 'ready', now) ?? askedIn(cases, undefined, now)
  if (full === undefined) {
    await report.add('runs on the stack', () => {
      throw new Error('no case has a result, so no order can be made: at least one is needed')
    })
    return
  }
  const partial = askedIn(cases, 'partial', now) ?? withoutOne(manifest, full)
  await withHost(
    'tools-check',
    async (host) => {
      const opening: { stage?: Awaited<ReturnType<typeof openStage>> } = {}
      const isOpen = await report.add('runs on the stack', async () => {
        opening.stage = await openStage(host, tool, slowestMs)
        return opening.stage.manifest.tool
      })
      const { stage } = opening
      if (!isOpen || stage === undefined) return
      try {
        const late = await stage.send('late', full, 'hangs-once')
        const throwing = report.add('a throw ends in a failed contract', () =>
          throwFails(stage, full),
        )
        const isSigned = await report.add('signature accepted', () =>
          signatureAccepted(stage, tool, full),
        )
        if (isSigned) {
          const plain = stage.sent('plain')
          await report.add('trail verifies', () => trailVerifies(plain))
          await report.add('a redelivered command gives one result', () =>
            redelivered(stage, plain),
          )
        }
        if (partial) await report.add('partial result', () => partialResult(stage, partial))
        else report.skip('partial result', 'one required class: it is there or it is not')
        await report.add('heartbeat', () => heartbeat(stage, full))
        const isLimited = await report.add('time limit', () => timeLimit(stage, late))
        if (isLimited) {
          await report.add('late result fenced', () => lateFenced(stage, late))
        } else report.skip('late result fenced', 'needs the time limit')
        await throwing
        await report.add('stop in mid-work', () => stopInMidWork(stage, full))
      } finally {
        await stage.close()
      }
    },
    'silent',
  )
}
