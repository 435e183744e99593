import { FoldFault } from '@prooftrail/runtime'
import type { SigningKey } from '@prooftrail/trail'
import { type Frontier, MerkleTree, signCheckpoint } from '@prooftrail/trail/log'
import type { FullTile, Leaf, LogHead, LogStore } from './store.ts'
import { type Edge, extend, loadEdge } from './tiles.ts'

/**
 * The log as a pure fold of the ledger topic.
 * F1 A leaf's index is the number of distinct entries before it on the topic.
 * F2 Leaves and full tiles are written before the checkpoint that needs them, and are the same
 *    bytes whoever writes them, so that dying anywhere loses nothing and repeats nothing.
 * F3 The checkpoint moves upwards only, by compare-and-set.
 * F4 A message that is no entry signed by attestation has no index. The rule reads the message, the
 *    deployment's keys and the index it would get, and nothing else: every fold leaves it out.
 */

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

export interface Folder {
  /** Undefined before the first leaf. */
  head(): LogHead | undefined
  /**
   * Folds records of ascending offsets, those before next_offset left out.
   * @param setAside awaited before the head moves, with the offsets that get no index by F4
   * @returns undefined when somebody else moved the head: then it was read again
   * @throws FoldFault PT-6013; anything else is an outage, after which the same call is safe
   */
  fold(
    records: readonly LedgerRecord[],
    setAside?: (foreign: readonly number[]) => Promise<void>,
  ): Promise<Folded | undefined>
}

/** Whose log it is: the first line of its checkpoints, and the keys that sign them. */
export interface LogOwner {
  origin: string
  key: SigningKey
  /** The key before, while both sign. */
  previous?: SigningKey | undefined
}

/**
 * Opens the fold where its stored head stands. A head that other keys signed is signed again by the
 * present ones, so that a rotation waits for no entry.
 * @throws FoldFault PT-6013
 */
export async function openFolder(store: LogStore, log: LogOwner): Promise<Folder> {
  const folder = new LogFolder(store, log)
  await folder.reload()
  const head = folder.head()
  const note = head && noteOf({ size: head.size, root: Buffer.from(head.root, 'hex') }, log)
  if (head === undefined || note === undefined || head.note === note) return folder
  // where somebody else moved it meanwhile, they signed it
  await store.move(head, { ...head, note })
  await folder.reload()
  return folder
}

class LogFolder implements Folder {
  readonly #store: LogStore
  readonly #log: LogOwner
  #head: LogHead | undefined
  #edge: Edge = []
  /** While a batch is under way the edge is ahead of what is written. */
  #isTorn = true

  constructor(store: LogStore, log: LogOwner) {
    this.#store = store
    this.#log = log
  }

  head(): LogHead | undefined {
    return this.#head
  }

  /** The first offset that this process has not seen folded. */
  get #next(): number {
    return this.#head?.next_offset ?? 0
  }

  async reload(): Promise<void> {
    this.#head = await this.#store.head()
    this.#edge = await loadEdge(this.#store, this.#head?.size ?? 0)
    this.#isTorn = false
  }

  async fold(...[records, setAside]: Parameters<Folder['fold']>): Promise<Folded | undefined> {
    // another member may have folded what lies between, while it had the partition
    if (this.#isTorn || (records[0]?.offset ?? 0) > this.#next) await this.reload()
    const from = this.#head
    const fresh = records.filter(({ offset }) => offset >= this.#next)
    const last = fresh.at(-1)
    if (last === undefined) return { leaves: [], foreign: [], head: from ?? emptyHead(this.#log) }
    this.#isTorn = true
    const { tree, leaves, foreign, tiles } = await this.#place(fresh, from)
    if (tiles.length > 0) await this.#store.addTiles(tiles)
    if (foreign.length > 0) await setAside?.(foreign)
    const to = headOf(tree, last.offset + 1, this.#log)
    if (!(await this.#store.move(from, to))) {
      await this.reload()
      return undefined
    }
    this.#head = to
    this.#isTorn = false
    return { leaves, foreign, head: to }
  }

  /**
   * Gives the entries their places and writes them there. Nearly always nobody has met any of them:
   * only when the store says otherwise is it asked what it knows.
   * @throws FoldFault PT-6013 for another leaf in such a place
   */
  async #place(fresh: readonly LedgerRecord[], from: LogHead | undefined): Promise<Placed> {
    let known: Known = new Map()
    for (;;) {
      const placed = append(fresh, MerkleTree.from(frontierOf(from)), known, this.#edge)
      // what is there already is the same, which `append` has compared
      const missing = placed.leaves.filter(({ entry_id }) => !known.has(entry_id))
      const [first] = missing
      if (first === undefined || !(await this.#store.addLeaves(missing)).met) return placed
      const before = known.size
      known = await this.#store.known(fresh.flatMap(({ entry }) => entry?.entry_id ?? []))
      // nothing is written, and none of them stands in the way: somebody else's leaf does
      if (known.size === before) checkStored(first, undefined)
      this.#edge = await loadEdge(this.#store, from?.size ?? 0)
    }
  }
}

/** Stored leaves by entry id. */
type Known = ReadonlyMap<string, { index: number; hash: string }>

/** Records with their places in the tree. */
interface Placed {
  tree: MerkleTree
  leaves: Leaf[]
  foreign: number[]
  tiles: FullTile[]
}

/**
 * Gives the entries that are new their indexes (F1, F4); appends them to the tree and its edge.
 * @param known stored leaves of these entries: in the tree, or written by whoever died before it moved
 * @throws FoldFault PT-6013
 */
function append(
  records: readonly LedgerRecord[],
  tree: MerkleTree,
  known: Known,
  edge: Edge,
): Placed {
  const before = tree.size
  const leaves: Leaf[] = []
  const foreign: number[] = []
  const tiles: FullTile[] = []
  const taken = new Set<string>()
  for (const { offset, entry } of records) {
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
  return { tree, leaves, foreign, tiles }
}

function checkStored(leaf: Leaf, stored: { index: number; hash: string } | undefined): void {
  const hash = Buffer.from(leaf.hash).toString('hex')
  if (stored?.index === leaf.index && stored.hash === hash) return
  const found = stored ? `index ${stored.index}, hash ${stored.hash}` : 'nothing'
  throw new FoldFault('PT-6013', `${leaf.entry_id} at ${leaf.index}, hash ${hash}; found ${found}`)
}

function noteOf(
  { size, root }: { size: number; root: Uint8Array },
  { origin, key, previous }: LogOwner,
): string {
  return signCheckpoint({ origin, size, root }, key, ...(previous ? [previous] : []))
}

function headOf(tree: MerkleTree, next_offset: number, log: LogOwner): LogHead {
  const root = tree.root()
  return {
    size: tree.size,
    root: Buffer.from(root).toString('hex'),
    next_offset,
    frontier: tree.frontier().hashes.map((hash) => Buffer.from(hash).toString('hex')),
    note: noteOf({ size: tree.size, root }, log),
  }
}

/** The head of a log without leaves. */
export function emptyHead(log: LogOwner): LogHead {
  return headOf(new MerkleTree(), 0, log)
}

function frontierOf(head: LogHead | undefined): Frontier {
  const hashes = head?.frontier ?? []
  return { size: head?.size ?? 0, hashes: hashes.map((hash) => Buffer.from(hash, 'hex')) }
}
