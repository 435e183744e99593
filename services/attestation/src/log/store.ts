/** What the log keeps, and how; `mongo-store.ts` keeps it in MongoDB. */

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

/** An entry of the log. */
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

/** An entry that is in the log, and where. */
export interface Integrated {
  entry_id: string
  index: number
  /** Leaf hash, 64 hex digits. */
  hash: string
}

/** A checkpoint with cosignatures of witnesses; it may be older than the head. */
export interface Cosigned {
  size: number
  /** The signed checkpoint, with all signature lines. */
  note: string
  /** The oldest of the newest cosignatures, one a witness, in whole seconds. */
  time: number
  /** How many witnesses cosigned it. */
  count: number
}

export interface LogStore {
  head(): Promise<LogHead | undefined>
  /** False when somebody else moved it since `from` was read. */
  move(from: LogHead | undefined, to: LogHead): Promise<boolean>
  /** Stored leaves of these entries. */
  known(entryIds: readonly string[]): Promise<Map<string, { index: number; hash: string }>>
  /** Writes leaves in order, up to the first of which index or entry is there already; answers whether one was. */
  addLeaves(leaves: readonly Leaf[]): Promise<{ met: boolean }>
  addTiles(tiles: readonly FullTile[]): Promise<void>
  /** Leaf hashes from one index up to another, one behind the other. */
  leafHashes(from: number, to: number): Promise<Uint8Array>
  leafData(from: number, to: number): Promise<Uint8Array[]>
  tiles(ids: readonly { level: number; index: number }[]): Promise<(FullTile | undefined)[]>
  cosigned(): Promise<Cosigned | undefined>
  /** Keeps it, unless one of a greater size is there, or one of this size by more witnesses or later. */
  keepCosigned(cosigned: Cosigned): Promise<void>
}
