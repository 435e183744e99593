import { parseKeySet } from '@prooftrail/trail'
import {
  type Checkpoint,
  consistencyProof,
  neededNodes,
  parseCheckpoint,
  rootAt,
  tileOfNode,
  tilePath,
  tileReader,
  verifyCheckpoint,
  verifyConsistency,
} from '@prooftrail/trail/log'

/** Collects every checkpoint that a log shows while its service lives, dies and lives again. */
export interface CheckpointWatch {
  /** The distinct notes in the order in which they were seen. */
  seen(): string[]
  stop(): Promise<void>
}

/** @param attestation address of the service */
export function watchCheckpoints(attestation: string): CheckpointWatch {
  const notes = new Set<string>()
  let isOver = false
  const watching = (async () => {
    while (!isOver) {
      const note = await fetchText(`${attestation}/checkpoint`).catch(() => undefined)
      if (note !== undefined) notes.add(note)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })()
  return {
    seen: () => [...notes],
    async stop() {
      isOver = true
      await watching
    },
  }
}

/**
 * What is wrong with earlier checkpoints in the eyes of the newest: each is signed by the log, none
 * is smaller than the one before, the tree that the tiles hold has its root, and the newest tree
 * provably begins with it (RFC 6962, section 2.1.2).
 */
export async function inconsistencies(attestation: string, notes: string[]): Promise<string[]> {
  const newest = await fetchText(`${attestation}/checkpoint`)
  const { keys } = parseKeySet(await fetchText(`${attestation}/keys.json`))
  const key = keys.find(({ roles }) => roles.includes('log'))
  if (!key) throw new Error('the log has no key')
  const { origin } = parseCheckpoint(newest)
  const opened = [...notes, newest].map((note) => verifyCheckpoint(note, origin, key))
  const last = opened.at(-1)
  if (!last) return []
  const faults: string[] = []
  let size = 0
  for (const one of opened) {
    if (one.size < size) faults.push(`the log shrank from ${size} to ${one.size}`)
    size = one.size
    if (!(await isPrefix(attestation, one, last))) {
      faults.push(`size ${one.size} is no beginning of size ${last.size}`)
    }
  }
  return faults
}

async function isPrefix(attestation: string, one: Checkpoint, last: Checkpoint): Promise<boolean> {
  const nodes = neededNodes((getHash) => {
    rootAt(one.size, getHash)
    consistencyProof(one.size, last.size, getHash)
  })
  const tiles = new Map<string, Uint8Array>()
  for (const { level, index } of nodes) {
    const path = tilePath(tileOfNode(level, index, last.size))
    if (tiles.has(path)) continue
    const answer = await fetch(`${attestation}/${path}`)
    if (!answer.ok) throw new Error(`${answer.status} for ${path}`)
    tiles.set(path, new Uint8Array(await answer.arrayBuffer()))
  }
  const getHash = tileReader(last.size, (tile) => {
    const bytes = tiles.get(tilePath(tile))
    if (!bytes) throw new Error(`${tilePath(tile)} was not fetched`)
    return bytes
  })
  const proof = consistencyProof(one.size, last.size, getHash)
  return (
    Buffer.from(rootAt(one.size, getHash)).equals(one.root) &&
    verifyConsistency(one.size, last.size, proof, one.root, last.root)
  )
}

async function fetchText(address: string): Promise<string> {
  const answer = await fetch(address)
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`)
  return answer.text()
}
