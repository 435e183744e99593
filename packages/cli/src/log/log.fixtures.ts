import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { exampleKey, exampleTrailKey, growTree } from '@prooftrail/testing/trail'
import type { SigningKey } from '@prooftrail/trail'
import {
  encodeEntries,
  encodeHashes,
  rootAt,
  signCheckpoint,
  tilePath,
  tilesForSize,
} from '@prooftrail/trail/log'
import { onTestFinished } from 'vitest'
import type { Output } from '../output.ts'

/** Logs as folders, and what commands say of them. */

export const ORIGIN = 'log.example/cli'
export const logKey = exampleKey(ORIGIN, ['log'])
export const logKeys = { keys: [exampleTrailKey(logKey)] }

/** A leaf of the form that the log's are of. */
export const leafOf = (text: string) =>
  new TextEncoder().encode(`sha256:${Buffer.from(text).toString('hex').padStart(64, '0')}`)
export const leavesOf = (size: number, branch = 'a') =>
  Array.from({ length: size }, (_, i) => leafOf(`${i < 5 ? '' : branch}${i}`))

export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'prooftrail-log-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  return dir
}

/** A checkpoint over these leaves. */
export function noteOf(
  leaves: readonly Uint8Array[],
  keys: readonly [SigningKey, ...SigningKey[]] = [logKey],
): string {
  const [key, ...others] = keys
  const { get } = growTree(leaves)
  const root = rootAt(leaves.length, get)
  return signCheckpoint({ origin: ORIGIN, size: leaves.length, root }, key, ...others)
}

/** Writes the checkpoint and all tiles of these leaves, as a log serves them. */
export function writeLog(
  dir: string,
  leaves: readonly Uint8Array[],
  checkpoint: string = noteOf(leaves),
): void {
  const write = (name: string, content: string | Uint8Array) => {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), content)
  }
  const { get } = growTree(leaves)
  for (const tile of tilesForSize(leaves.length)) {
    const { level, index, width } = tile
    const first = index * 256
    const bytes =
      level === 'entries'
        ? encodeEntries(leaves.slice(first, first + width))
        : encodeHashes(Array.from({ length: width }, (_, i) => get(level * 8, first + i)))
    write(tilePath(tile), bytes)
  }
  write('checkpoint', checkpoint)
}

/** What a command said, and the document that it gave. */
export function listen(): Output & { said: string[]; documents: unknown[] } {
  const said: string[] = []
  const documents: unknown[] = []
  return {
    ...{ json: true, closed: false, live: false, said, documents },
    onClosed: () => {},
    say: (text) => void said.push(text),
    document: (value) => void documents.push(value),
  }
}

export function writeJson(dir: string, name: string, value: unknown): string {
  writeFileSync(join(dir, name), JSON.stringify(value))
  return join(dir, name)
}
