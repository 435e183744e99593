import type { SigningKey } from '@prooftrail/trail'
import { type Frontier, MerkleTree, signCheckpoint, TILE_WIDTH } from '@prooftrail/trail/log'

/**
 * The log as a pure fold of the ledger topic.
 * F1 A leaf's index is the number of distinct entries before it on the topic.
 * F2 Leaves and full tiles are written before the checkpoint that needs them, and are the same
 *    bytes whoever writes them, so that dying anywhere loses nothing and repeats nothing.
 * F3 The checkpoint moves upwards only, by compare-and-set.
 * F4 A message that is no entry signed by attestation has no index. The rule reads the message, the
 *    deployment's keys and the index it would get, and nothing else: every fold leaves it out.
 */

/** Where the log stands; everything that the next batch needs but the newest tiles. */
export interface LogHead {
  size: number
  /** 64 hex digits. */
  root: string
  /** The ledger topic's first offset that is not folded. */
  next_offset: number
  /** Hashes of the complete subtrees, largest first, hex. */
  frontier: string[]
  /** The signed checkpoint. */
  note: string
}

export interface Leaf {
  index: number
  entry_id: string
  work_order_id: string
  revision: number
  hash: Uint8Array
  /** The leaf's bytes: the entry's statement digest as text. */
  data: Uint8Array
}

/** A full hash tile, written once. */
export interface FullTile {
  level: number
  index: number
  /** 256 hashes of 32 bytes. */
  hashes: Uint8Array
  /** The hash of the subtree over all of it: one hash of the level above. */
  root: Uint8Array
}

export interface LogStore {
  head(): Promise<LogHead | undefined>
  /** False when somebody else moved it since `from` was read. */
  move(from: LogHead | undefined, to: LogHead): Promise<boolean>
  /** Stored leaves of these entries. */
  known(entryIds: readonly string[]): Promise<Map<string, { index: number; hash: string }>>
  /** Writes what is not there; answers whether anything was there already. */
  addLeaves(leaves: readonly Leaf[]): Promise<{ met: boolean }>
  addTiles(tiles: readonly FullTile[]): Promise<void>
  /** Leaf hashes from one index up to another, one behind the other. */
  leafHashes(from: number, to: number): Promise<Uint8Array>
  leafData(from: number, to: number): Promise<Uint8Array[]>
  tiles(ids: readonly { level: number; index: number }[]): Promise<(FullTile | undefined)[]>
}

/** A message of the ledger topic, read. */
export interface LedgerRecord {
  offset: number
  /** Undefined: not an entry of attestation's at any index. */
  entry:
    | (Omit<Leaf, 'index'> & {
        /** The log size at which the signer's key was revoked, if it was. */
        revokedAt: number | undefined
      })
    | undefined
}

export interface Folded {
  leaves: Leaf[]
  /** Offsets of messages that got no index by F4. */
  foreign: number[]
  head: LogHead
}

/** The stored log is not the fold of the topic; nothing more may be written. */
export class LogFault extends Error {
  override name = 'LogFault'
  code: 'PT-6012' | 'PT-6013'

  constructor(code: 'PT-6012' | 'PT-6013', detail: string) {
    super(`${code} ${detail}`)
    this.code = code
  }
}

export interface Folder {
  /** Undefined before the first leaf. */
  head(): LogHead | undefined
  /**
   * Folds records of ascending offsets, those before next_offset left out.
   * @returns undefined when somebody else moved the head: then it was read again
   * @throws LogFault PT-6013; anything else is an outage, after which the same call is safe
   */
  fold(records: readonly LedgerRecord[]): Promise<Folded | undefined>
}

/** Opens the fold where its stored head stands. */
export async function openFolder(
  store: LogStore,
  log: { origin: string; key: SigningKey },
): Promise<Folder> {
  let head: LogHead | undefined
  let edge: Uint8Array[][] = []
  // While a batch is under way the edge is ahead of what is written.
  let torn = true

  async function reload(): Promise<void> {
    head = await store.head()
    edge = await loadEdge(store, head?.size ?? 0)
    torn = false
  }

  async function foldOnto(records: readonly LedgerRecord[]): Promise<Folded | undefined> {
    const from = head?.next_offset ?? 0
    const fresh = records.filter(({ offset }) => offset >= from)
    const last = fresh.at(-1)
    if (last === undefined) return { leaves: [], foreign: [], head: head ?? emptyHead(log) }
    torn = true
    const before = head?.size ?? 0
    const ids = fresh.flatMap(({ entry }) => entry?.entry_id ?? [])
    const known = await store.known(ids)

    const tree = MerkleTree.from(frontierOf(head))
    const tiles: FullTile[] = []
    const leaves: Leaf[] = []
    const foreign: number[] = []
    const taken = new Set<string>()
    for (const { offset, entry } of fresh) {
      if (entry === undefined || tree.size >= (entry.revokedAt ?? Infinity)) {
        foreign.push(offset)
        continue
      }
      const stored = known.get(entry.entry_id)
      if (taken.has(entry.entry_id) || (stored && stored.index < before)) continue
      taken.add(entry.entry_id)
      const { revokedAt: _, ...rest } = entry
      const leaf = { ...rest, index: tree.size }
      if (stored) checkStored(leaf, stored)
      leaves.push(leaf)
      tiles.push(...extend(edge, tree.append(leaf.hash)))
    }

    const { met } = leaves.length > 0 ? await store.addLeaves(leaves) : { met: false }
    if (met) {
      const now = await store.known(leaves.map(({ entry_id }) => entry_id))
      for (const leaf of leaves) checkStored(leaf, now.get(leaf.entry_id))
    }
    if (tiles.length > 0) await store.addTiles(tiles)
    const to = headOf(tree, last.offset + 1, log)
    if (!(await store.move(head, to))) {
      await reload()
      return undefined
    }
    head = to
    torn = false
    return { leaves, foreign, head: to }
  }

  await reload()
  return {
    head: () => head,
    async fold(records) {
      if (torn) await reload()
      return foldOnto(records)
    },
  }
}

/** Adds finished subtrees to the partial tiles at the right edge; answers the tiles now full. */
function extend(edge: Uint8Array[][], done: ReturnType<MerkleTree['append']>): FullTile[] {
  const full: FullTile[] = []
  for (const { level, index, hash } of done) {
    if (level % 8 !== 0) continue
    const open = full.find((tile) => tile.level === level / 8 - 1)
    if (open) open.root = hash
    const row = edge[level / 8] ?? []
    edge[level / 8] = row
    row.push(hash)
    if (row.length < TILE_WIDTH) continue
    const hashes = Buffer.concat(row)
    full.push({ level: level / 8, index: Math.floor(index / TILE_WIDTH), hashes, root: hash })
    edge[level / 8] = []
  }
  return full
}

/** The hashes of the partial tile at the end of every level, lowest first. */
async function loadEdge(store: LogStore, size: number): Promise<Uint8Array[][]> {
  const edge: Uint8Array[][] = []
  const start = size - (size % TILE_WIDTH)
  edge.push(split(await store.leafHashes(start, size)))
  let width = Math.floor(size / TILE_WIDTH)
  for (let level = 0; width > 0; level += 1) {
    const first = width - (width % TILE_WIDTH)
    const ids = Array.from({ length: width - first }, (_, i) => ({ level, index: first + i }))
    const tiles = await store.tiles(ids)
    edge.push(
      tiles.map((tile, i) => {
        if (tile) return tile.root
        throw new LogFault('PT-6013', `tile ${level}/${first + i} is missing`)
      }),
    )
    width = Math.floor(width / TILE_WIDTH)
  }
  return edge
}

function checkStored(leaf: Leaf, stored: { index: number; hash: string } | undefined): void {
  const hash = Buffer.from(leaf.hash).toString('hex')
  if (stored?.index === leaf.index && stored.hash === hash) return
  const found = stored ? `index ${stored.index}, hash ${stored.hash}` : 'nothing'
  throw new LogFault('PT-6013', `${leaf.entry_id} at ${leaf.index}, hash ${hash}; found ${found}`)
}

function headOf(
  tree: MerkleTree,
  next_offset: number,
  { origin, key }: { origin: string; key: SigningKey },
): LogHead {
  const root = tree.root()
  return {
    size: tree.size,
    root: Buffer.from(root).toString('hex'),
    next_offset,
    frontier: tree.frontier().hashes.map((hash) => Buffer.from(hash).toString('hex')),
    note: signCheckpoint({ origin, size: tree.size, root }, key),
  }
}

/** The head of a log without leaves. */
export function emptyHead(log: { origin: string; key: SigningKey }): LogHead {
  return headOf(new MerkleTree(), 0, log)
}

function frontierOf(head: LogHead | undefined): Frontier {
  const hashes = head?.frontier ?? []
  return { size: head?.size ?? 0, hashes: hashes.map((hash) => Buffer.from(hash, 'hex')) }
}

function split(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / 32 }, (_, i) => bytes.subarray(i * 32, i * 32 + 32))
}
