import type { EvidenceItem } from '@prooftrail/executor-sdk'

const DIGEST = /^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/
const HEX = /^[0-9a-f]{64}$/

/** Why a manifest of files does not say which bytes it means; empty when it does. */
export function filesFaults(item: EvidenceItem): string[] {
  const { files } = item
  if (files === undefined) {
    return isDigest(item.digest) ? [] : ['has no digest, and lists no files with theirs']
  }
  if (!Array.isArray(files) || files.length === 0) return ['lists no files']
  const faults: string[] = []
  const digests = new Map<string, unknown>()
  for (const [i, file] of files.entries()) {
    const name = nameOf(file) ?? `file ${i + 1}`
    const digest = digestOf(file)
    if (digest === undefined) faults.push(`lists ${name} without a digest`)
    else if (digests.has(name) && digests.get(name) !== digest) {
      faults.push(`lists ${name} with two digests`)
    } else digests.set(name, digest)
  }
  const shown = faults.slice(0, 10)
  return faults.length > 10 ? [...shown, `and ${faults.length - 10} more`] : shown
}

function isDigest(value: unknown): value is string {
  return typeof value === 'string' && DIGEST.test(value)
}

/** `digest` in this product's form, or `sha256` as bare hex, in either case. */
function digestOf(file: unknown): string | undefined {
  if (typeof file !== 'object' || file === null) return undefined
  const digest: unknown = Reflect.get(file, 'digest')
  if (isDigest(digest)) return digest
  const sha256: unknown = Reflect.get(file, 'sha256')
  const hex = typeof sha256 === 'string' ? sha256.toLowerCase() : ''
  return HEX.test(hex) ? `sha256:${hex}` : undefined
}

function nameOf(file: unknown): string | undefined {
  if (typeof file !== 'object' || file === null) return undefined
  for (const member of ['path', 'name', 'reference', 'file']) {
    const value: unknown = Reflect.get(file, member)
    if (typeof value === 'string' && value !== '') return value
  }
  return undefined
}
