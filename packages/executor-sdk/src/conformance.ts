import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { type Manifest, manifestDigest } from '@prooftrail/contracts'

/**
 * The record that a tool's folder passed its conformance suite. It counts for the manifest and the
 * files that it was made for, and for no others: whoever changes the tool checks it again.
 */
export interface Conformance {
  tool: string
  version: string
  manifest_digest: string
  folder_digest: string
  passed: boolean
  /** RFC 3339 */
  checked_at: string
  checks: { name: string; outcome: 'passed' | 'failed' | 'not applicable'; detail?: string }[]
}

export const CONFORMANCE_FILE = 'conformance.json'

/** Names that say nothing about what the tool does: what is installed, built, or no code. */
const NOT_CODE = /^(?:\..*|node_modules|dist|__pycache__|.*\.test\.[cm]?[jt]s|.*\.(?:md|jwk))$/
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
  let record: Partial<Conformance>
  try {
    record = Object(JSON.parse(readFileSync(join(folder, CONFORMANCE_FILE), 'utf8')))
  } catch {
    return false
  }
  return (
    record.passed === true &&
    record.manifest_digest === manifestDigest(manifest) &&
    record.folder_digest === folderDigest(folder)
  )
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
