import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Json, Manifest } from '@prooftrail/contracts'
import { canonicalize } from '@prooftrail/trail/encoding'
import { type BuiltResult, buildResult } from './build-result.ts'
import { type CommandOverrides, exampleCommand } from './case-command.ts'
import { makeConcurrencyLimit } from './concurrency-limit.ts'
import { readManifest } from './load-tool.ts'
import type { RuleTable } from './rules.ts'
import { runTool } from './run-tool.ts'
import type { Execute } from './tool.ts'

/**
 * Cases: examples of a tool that are its tests and its documentation. `cases/<name>.json` holds
 * `{ name, command, result }` or `{ name, command, fault }`; `command` holds what differs from
 * `exampleCommand`, `result` what must be in the conclusion: members may be left out, arrays are
 * whole. Every case is run twice and must give the same bytes, so that hidden state is caught.
 */
export interface Case {
  file: string
  name: string
  command: CommandOverrides
  /** A part of `Conclusion`. */
  result?: Json
  /** The code that a run without conclusion ends with. */
  fault?: string
}

/** What a case looks at: the contract's conclusion, and the tool's links by name. */
export interface Conclusion {
  result_status: string
  evidence_status: string
  evidence_score: number
  open_items: Json
  next_actions: Json
  result_package: Json
  human_summary: string
  exceptions: Json
  links: { [name: string]: Json }
}

/** The cases of a tool's folder, by file name. @throws when a file is not a case */
export function readCases(folder: string): Case[] {
  const dir = join(folder, 'cases')
  const files = readdirSync(dir).filter((file) => file.endsWith('.json'))
  return files.sort().map((file) => {
    const parsed: unknown = JSON.parse(readFileSync(join(dir, file), 'utf8'))
    if (!isCase(parsed)) throw new Error(`${file} is no case: { name, command, result or fault }`)
    return { ...parsed, file }
  })
}

/** Runs a case twice; answers every difference, none when it holds. */
export async function checkCase(
  manifest: Manifest,
  execute: Execute,
  one: Case,
): Promise<string[]> {
  const first = await conclude(manifest, execute, one.command)
  const second = await conclude(manifest, execute, one.command)
  const faults: string[] = []
  if (canonicalize(first) !== canonicalize(second)) faults.push('two runs differ')
  if ('fault' in first) {
    const { code, detail } = first.fault
    if (code !== one.fault) faults.push(`ended with ${code} ${detail}`)
    return faults
  }
  if (one.fault !== undefined) faults.push(`concluded, where ${one.fault} was expected`)
  if (one.result !== undefined) faults.push(...differences(one.result, first.conclusion, ''))
  return faults
}

export { type CommandOverrides, exampleCommand }

/** The part of a test framework that cases need. */
export interface TestFramework {
  describe(name: string, body: () => void): void
  test(name: string, body: () => Promise<void>): void
}

/** A test per case of the folder, for vitest or whatever has `describe` and `test`. */
export function describeCases(framework: TestFramework, folder: string, execute: Execute): void {
  const manifest = readManifest(folder)
  framework.describe(`cases of ${manifest.tool}`, () => {
    for (const one of readCases(folder)) {
      framework.test(`${one.name} (${one.file})`, async () => {
        const faults = await checkCase(manifest, execute, one)
        if (faults.length > 0) throw new Error(faults.join('\n'))
      })
    }
  })
}

/**
 * Tests that every rule of a tool has its case, is listed by that case's conclusion, and that the
 * conclusion holds each of its codes.
 */
export function describeRules(
  framework: TestFramework,
  folder: string,
  execute: Execute,
  rules: RuleTable,
): void {
  const manifest = readManifest(folder)
  const cases = new Map(readCases(folder).map((one) => [one.file, one]))
  framework.describe(`rules of ${manifest.tool}`, () => {
    for (const [id, rule] of Object.entries(rules)) {
      framework.test(`${id} is shown by ${rule.case}.json`, async () => {
        const one = cases.get(`${rule.case}.json`)
        if (one === undefined) throw new Error(`${id} names no case: ${rule.case}.json`)
        const concluded = await conclude(manifest, execute, one.command)
        if ('fault' in concluded) throw new Error(concluded.fault.detail)
        const { rules: applied } = Object(concluded.conclusion.result_package)
        const listed = Array.isArray(applied) ? applied.map((each) => Object(each).rule) : []
        if (!listed.includes(id)) throw new Error(`${id} is not applied: ${listed.join(', ')}`)
        const text = JSON.stringify(concluded.conclusion)
        const absent = rule.codes.filter((code) => !text.includes(`"${code}"`))
        if (absent.length > 0) throw new Error(`${id}: the conclusion lacks ${absent.join(', ')}`)
      })
    }
  })
}

type Concluded = { conclusion: Conclusion } | { fault: { code: string; detail: string } }

/** Runs one command to its conclusion, without a stack. */
export async function conclude(
  manifest: Manifest,
  execute: Execute,
  overrides: CommandOverrides,
): Promise<Concluded> {
  const command = exampleCommand(manifest, overrides)
  // a case's deadline is a date in its own story, not a time limit of the test
  const patient = { ...command, deadline: '9999-12-31T23:59:59.999Z' }
  const quiet = { info: () => {}, warn: () => {} }
  const outcome = await runTool(
    { manifest, execute, log: quiet },
    patient,
    new AbortController().signal,
    () => {},
    makeConcurrencyLimit(1),
  )
  if ('fault' in outcome) return { fault: outcome.fault }
  return { conclusion: view(buildResult(manifest, command, outcome.result, command.issued_at)) }
}

function view({ contract, links }: BuiltResult): Conclusion {
  const { evidence_status, evidence_score, open_items, next_actions, result_package } =
    contract.machine_result
  const { result_status, human_summary, exceptions } = contract
  const plain = {
    ...{ result_status, evidence_status, evidence_score, open_items, next_actions },
    ...{ result_package, human_summary, exceptions },
    links: Object.fromEntries(links.map(({ name, object }) => [name, object])),
  }
  // a contract is JSON: this only forgets the members' names
  return JSON.parse(JSON.stringify(plain)) as Conclusion
}

/** Where `actual` does not hold what is expected; paths as JSON pointers. */
export function differences(expected: unknown, actual: unknown, path: string): string[] {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return [`${path}: not an array`]
    if (actual.length !== expected.length) {
      return [`${path}: ${actual.length} items, not ${expected.length}: ${JSON.stringify(actual)}`]
    }
    return expected.flatMap((item, at) => differences(item, actual[at], `${path}/${at}`))
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof actual !== 'object' || actual === null) return [`${path}: not an object`]
    return Object.entries(expected).flatMap(([name, member]) =>
      differences(member, Reflect.get(actual, name), `${path}/${name}`),
    )
  }
  if (expected === actual) return []
  return [`${path}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`]
}

function isCase(value: unknown): value is Omit<Case, 'file'> {
  if (typeof value !== 'object' || value === null) return false
  const { name, command, result, fault } = value as Partial<Case>
  const says = (result === undefined) !== (fault === undefined)
  return typeof name === 'string' && typeof command === 'object' && command !== null && says
}
