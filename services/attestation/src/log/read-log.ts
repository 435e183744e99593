import { encodeEntries, TILE_WIDTH, type Tile, tilePath, tileTree } from '@prooftrail/trail/log'
import { LRUCache } from 'lru-cache'
import { emptyHead, type LogOwner } from './fold.ts'
import type { Cosigned, LogHead, LogStore } from './store.ts'

/** The log as its doors read it. Nothing here loads more than a proof or a tile needs. */
export interface LogReader {
  /** The newest head that is stored. */
  head(): Promise<LogHead>
  /** The newest checkpoint that witnesses cosigned; undefined where none is asked, or none answered yet. */
  cosigned(): Promise<Cosigned | undefined>
  /** The bytes of a tile; undefined where it names leaves beyond the head. */
  tile(tile: Tile): Promise<Uint8Array | undefined>
  /** The audit path of a leaf in a tree that the log has, leaf to root. */
  prove(index: number, head: Sized): Promise<Uint8Array[]>
  /** The proof that such a tree begins with that of its first `from` leaves. */
  proveGrowth(from: number, head: Sized): Promise<Uint8Array[]>
}

type Sized = Pick<LogHead, 'size'>

/** Full tiles never change; this many stay in memory (8 KiB each). */
const MAX_TILES = 512

/** @param witnessed whether anybody is asked for cosignatures; without, none is looked for */
export function makeLogReader(store: LogStore, log: LogOwner, witnessed = false): LogReader {
  const full = new LRUCache<string, Uint8Array>({ max: MAX_TILES })

  async function head(): Promise<LogHead> {
    return (await store.head()) ?? emptyHead(log)
  }

  async function hashTile(level: number, index: number, width: number): Promise<Uint8Array> {
    const name = tilePath({ level, index, width: TILE_WIDTH })
    const cached = full.get(name)
    if (cached) return cached.subarray(0, width * 32)
    const [stored] = await store.tiles([{ level, index }])
    if (stored) {
      full.set(name, stored.hashes)
      return stored.hashes.subarray(0, width * 32)
    }
    const first = index * TILE_WIDTH
    if (level === 0) return store.leafHashes(first, first + width)
    // A tile that is not full yet: its hashes are the roots of the full tiles below.
    const below = Array.from({ length: width }, (_, i) => ({ level: level - 1, index: first + i }))
    const tiles = await store.tiles(below)
    return Buffer.concat(
      tiles.map((tile, i) => {
        if (tile) return tile.root
        throw new Error(`tile ${level - 1}/${first + i} is not stored`)
      }),
    )
  }

  const treeOf = (size: number) =>
    tileTree(size, ({ level, index, width }) => hashTile(level, index, width))

  return {
    head,
    cosigned: async () => (witnessed ? store.cosigned() : undefined),

    async tile(tile) {
      const { level, index, width } = tile
      const { size } = await head()
      const below = level === 'entries' ? 0 : level
      if (index * TILE_WIDTH + width > Math.floor(size / TILE_WIDTH ** below)) return undefined
      if (level !== 'entries') return hashTile(level, index, width)
      const first = index * TILE_WIDTH
      return encodeEntries(await store.leafData(first, first + width))
    },

    prove: (index, { size }) => treeOf(size).inclusion(index),
    proveGrowth: (from, { size }) => treeOf(size).consistency(from),
  }
}
