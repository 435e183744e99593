import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { type Manifest, manifestDigest } from '@prooftrail/contracts'

/** What the suite asks of an executor. A record that lacks one of them is older than the suite. */
export const CONFORMANCE_CHECKS = [
  'manifest valid',
  'cases pass twice with equal bytes',
  'schemas compatible with the last release',
  'runs on the stack',
  'signature accepted',
  'trail verifies',
  'a redelivered command gives one result',
  'partial result',
  'heartbeat',
  'time limit',
  'late result fenced',
  'a throw ends in a failed contract',
  'stop in mid-work',
] as const

export type CheckName = (typeof CONFORMANCE_CHECKS)[number]

export interface Check {
  name: CheckName
  outcome: 'passed' | 'failed' | 'not applicable'
  detail?: string
}

/**
 * The record that a tool's folder passed its conformance suite. It counts for the manifest, the
 * files and the suite that it was made for, and for no others: whoever changes the tool checks it
 * again. It is its maker's word, as the announcement is that says `checked` under the tool's key.
 */
export interface Conformance {
  tool: string
  version: string
  manifest_digest: string
  folder_digest: string
  passed: boolean
  /** RFC 3339 */
  checked_at: string
  checks: Check[]
}

export const CONFORMANCE_FILE = 'conformance.json'

/** Names that say nothing about what the tool does: what is installed, built, or no code. */
const NOT_CODE =
  /^(?:\..*|node_modules|dist|__pycache__|.*\.test\.[cm]?[jt]s|.*\.(?:md|jwk|tsbuildinfo))$/
const NOT_ITS_OWN = new Set([CONFORMANCE_FILE, 'package-lock.json', 'tsconfig.json'])

/**
 * SHA-256 over names and bytes of every file of the folder that decides what the tool does, in the
 * order of their names: `sha256:<hex>`, the same on every machine.
 */
export function folderDigest(folder: string): string {
  const hash = createHash('sha256')
  for (const path of filesOf(folder)) {
    const bytes = readFileSync(path)
    hash.update(`${relative(folder, path).split(sep).join('/')}\n${bytes.length}\n`).update(bytes)
  }
  return `sha256:${hash.digest('hex')}`
}

/** Whether the folder's own record says that it passed as it is now. */
export function isConform(folder: string, manifest: Manifest): boolean {
  return conformanceFaults(folder, manifest).length === 0
}

/** Why the folder's record does not count for the folder as it is now; none when it does. */
export function conformanceFaults(folder: string, manifest: Manifest): string[] {
  let record: Partial<Conformance>
  try {
    record = Object(JSON.parse(readFileSync(join(folder, CONFORMANCE_FILE), 'utf8')))
  } catch (error) {
    return [`no record: ${error instanceof Error ? error.message : error}`]
  }
  const checks = Array.isArray(record.checks) ? record.checks : []
  const held = checks.flatMap(({ name, outcome }) => (outcome === 'failed' ? [] : [name]))
  const absent = CONFORMANCE_CHECKS.filter((name) => !held.includes(name))
  return [
    ...(record.passed === true ? [] : ['the suite did not pass']),
    ...(record.manifest_digest === manifestDigest(manifest) ? [] : ['the manifest is another one']),
    ...(record.folder_digest === folderDigest(folder) ? [] : ['the files are others']),
    ...absent.map((name) => `the record lacks '${name}'`),
  ]
}

function filesOf(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true })
  return entries
    .filter(({ name }) => !NOT_CODE.test(name) && !NOT_ITS_OWN.has(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? filesOf(path) : [path]
    })
}
