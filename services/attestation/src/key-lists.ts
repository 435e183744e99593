import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError } from '@prooftrail/runtime'
import type { KeySet } from '@prooftrail/trail'
import { canonicalize } from '@prooftrail/trail/encoding'
import {
  consistencyProof,
  encodeEntries,
  encodeHashes,
  entryLeaf,
  type KeyList,
  keyListDigest,
  keyListFault,
  keyLogOrigin,
  leafHash,
  MerkleTree,
  parseKeyList,
  signCheckpoint,
  TILE_WIDTH,
  type Tile,
} from '@prooftrail/trail/log'
import type { Cosigned, LogOwner } from './log/index.ts'

/**
 * The signed key lists of the deployment and their log: its leaves are the lists' digests in order,
 * so that nobody can be shown other lists than everybody else without two signed trees that prove it.
 * Lists are few and made by hand: all of this is in memory.
 */
export interface KeyLog {
  size: number
  /** The signed checkpoint. */
  note: string
  /** The bytes of a list as they were signed; undefined for a version that is not there. */
  list(version: number): Uint8Array | undefined
  /** The bytes of a tile; undefined where it names leaves beyond the size. */
  tile(tile: Tile): Uint8Array | undefined
  proveGrowth(from: number): Uint8Array[]
  /** What witnesses cosigned last; it is asked for again after a start. */
  cosigned(): Cosigned | undefined
  keepCosigned(cosigned: Cosigned): void
}

/**
 * Reads `1.json`, `2.json`, … of a folder.
 * @param keys of KEYS_FILE: the newest list holds the same
 * @throws ConfigError where a list does not follow the one before, or is not that of this deployment
 */
export function openKeyLists(dir: string, log: LogOwner, keys: KeySet): KeyLog {
  const files: Uint8Array[] = []
  const lists: KeyList[] = []
  for (let version = 1; existsSync(join(dir, `${version}.json`)); version++) {
    const file = readFileSync(join(dir, `${version}.json`))
    const list = readList(file, version)
    const fault = keyListFault(list, lists.at(-1))
    if (fault !== undefined) throw wrong(`version ${version}: ${fault}`)
    files.push(file)
    lists.push(list)
  }
  const newest = lists.at(-1)
  if (newest === undefined) throw wrong('there is no 1.json')
  if (newest.origin !== log.origin) throw wrong(`it is of ${newest.origin}, not of LOG_ORIGIN`)
  if (sorted(newest) !== sorted(keys))
    throw wrong('the newest list holds other keys than KEYS_FILE')
  return keyLogOf(lists, files, log)
}

function readList(file: Uint8Array, version: number): KeyList {
  try {
    return parseKeyList(file)
  } catch (error) {
    throw wrong(`version ${version}: ${error instanceof Error ? error.message : error}`)
  }
}

function keyLogOf(lists: readonly KeyList[], files: readonly Uint8Array[], log: LogOwner): KeyLog {
  const leaves = lists.map((list) => entryLeaf(keyListDigest(list)))
  const tree = new MerkleTree()
  const nodes = new Map<string, Uint8Array>()
  for (const leaf of leaves) {
    for (const { level, index, hash } of tree.append(leafHash(leaf))) {
      nodes.set(`${level}/${index}`, hash)
    }
  }
  const { size } = tree
  const hashAt = (level: number, index: number): Uint8Array => {
    const hash = nodes.get(`${level}/${index}`)
    if (hash === undefined) throw new Error(`no subtree ${level}/${index} in a tree of ${size}`)
    return hash
  }
  const checkpoint = { origin: keyLogOrigin(log.origin), size, root: tree.root() }
  let cosigned: Cosigned | undefined
  return {
    size,
    note: signCheckpoint(checkpoint, log.key, ...(log.previous ? [log.previous] : [])),
    list: (version) => files[version - 1],
    tile({ level, index, width }) {
      const first = index * TILE_WIDTH
      const below = level === 'entries' ? 0 : level
      if (first + width > Math.floor(size / TILE_WIDTH ** below)) return undefined
      if (level === 'entries') return encodeEntries(leaves.slice(first, first + width))
      return encodeHashes(Array.from({ length: width }, (_, i) => hashAt(level * 8, first + i)))
    },
    proveGrowth: (from) => consistencyProof(from, size, hashAt),
    cosigned: () => cosigned,
    keepCosigned(kept) {
      cosigned = kept
    },
  }
}

function sorted({ keys }: KeySet): string {
  return canonicalize([...keys].sort((a, b) => (a.kid < b.kid ? -1 : 1)))
}

function wrong(detail: string): ConfigError {
  return new ConfigError(`KEY_LISTS_DIR: ${detail}`)
}
