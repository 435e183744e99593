import { FoldFault } from '@prooftrail/runtime'
import { type MerkleTree, TILE_WIDTH } from '@prooftrail/trail/log'
import type { FullTile, LogStore } from './store.ts'

/** By level, lowest first: the hashes of the partial tile at its end. */
export type Edge = Uint8Array[][]

/** Adds finished subtrees to the partial tiles at the right edge; answers the tiles now full. */
export function extend(edge: Edge, done: ReturnType<MerkleTree['append']>): FullTile[] {
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

/** Reads the edge of a log of this size. @throws FoldFault PT-6013 where a tile is missing */
export async function loadEdge(store: LogStore, size: number): Promise<Edge> {
  const edge: Edge = []
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
        throw new FoldFault('PT-6013', `tile ${level}/${first + i} is missing`)
      }),
    )
    width = Math.floor(width / TILE_WIDTH)
  }
  return edge
}

function split(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / 32 }, (_, i) => bytes.subarray(i * 32, i * 32 + 32))
}
