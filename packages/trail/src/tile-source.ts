/** Proofs out of tiles that are fetched: by whoever follows a log, and by the log itself. */
import { TrailError } from './errors.ts'
import { consistencyProof, type GetHash, inclusionProof, neededNodes, rootAt } from './merkle.ts'
import { nodeFromTile, type Tile, tileOfNode, tilePath } from './tiles.ts'

/** The bytes of a hash tile, at least `width` hashes; whoever made them is not trusted. */
export type FetchTile = (tile: Tile & { level: number }) => Promise<Uint8Array>

/** A tree of some size, read tile by tile. Nothing is proven by its answers but what a proof proves. */
export interface TileTree {
  size: number
  /** The root of the first `size` leaves. */
  root(size?: number): Promise<Uint8Array>
  /** The audit path of a leaf in the whole tree. @throws TrailError LOG_INDEX */
  inclusion(index: number): Promise<Uint8Array[]>
  /** The proof that the tree of `to` leaves begins with that of `from`. @throws TrailError LOG_INDEX */
  consistency(from: number, to?: number): Promise<Uint8Array[]>
}

/**
 * @param size of a tree that the log has: its tiles are asked for at the widths of this size
 * @throws TrailError LOG_TILE from each method where a tile is too short
 */
export function tileTree(size: number, fetchTile: FetchTile): TileTree {
  async function answer<T>(use: (getHash: GetHash) => T): Promise<T> {
    const tiles = new Map<string, Uint8Array>()
    for (const { level, index } of neededNodes(use)) {
      const tile = tileOfNode(level, index, size)
      const path = tilePath(tile)
      if (!tiles.has(path)) tiles.set(path, await fetchTile(tile))
    }
    return use((level, index) => {
      const bytes = tiles.get(tilePath(tileOfNode(level, index, size)))
      if (bytes === undefined) throw new TrailError('LOG_TILE', 'a tile was not asked for')
      return nodeFromTile(level, index, bytes)
    })
  }

  const within = (to: number) => {
    if (to > size) throw new TrailError('LOG_INDEX', `size ${to} is beyond ${size}`)
    return to
  }
  return {
    size,
    root: async (to = size) => answer((getHash) => rootAt(within(to), getHash)),
    inclusion: (index) => answer((getHash) => inclusionProof(index, size, getHash)),
    consistency: async (from, to = size) =>
      answer((getHash) => consistencyProof(from, within(to), getHash)),
  }
}
