import { type Reply, reply } from '@prooftrail/runtime'
import { parseTilePath, TILE_WIDTH, type Tile } from '@prooftrail/trail/log'

const IMMUTABLE = 'public, max-age=31536000, immutable'

/** The tile that a path names (`tile/0/000`); undefined for any other. */
export function readTilePath(path: string): Tile | undefined {
  try {
    return parseTilePath(path)
  } catch {
    return undefined
  }
}

export function tileReply({ width }: Tile, bytes: Uint8Array): Reply<Uint8Array> {
  const caching = width === TILE_WIDTH ? IMMUTABLE : 'public, max-age=3600'
  const headers = { 'cache-control': caching }
  return reply(bytes, { type: 'application/octet-stream', headers })
}

/** A checkpoint: the next one may be there at any time. */
export function noteReply(note: string): Reply<string> {
  const headers = { 'cache-control': 'no-cache' }
  return reply(note, { type: 'text/plain; charset=utf-8', headers })
}
