import { parseTilePath, TILE_WIDTH, type Tile } from '@prooftrail/trail/log'
import type { Response } from 'express'

const IMMUTABLE = 'public, max-age=31536000, immutable'

/** The tile that a path names (`tile/0/000`); undefined for any other. */
export function readTilePath(path: string): Tile | undefined {
  try {
    return parseTilePath(path)
  } catch {
    return undefined
  }
}

export function sendTile(res: Response, { width }: Tile, bytes: Uint8Array): void {
  res
    .set('cache-control', width === TILE_WIDTH ? IMMUTABLE : 'public, max-age=3600')
    .type('application/octet-stream')
    .send(Buffer.from(bytes))
}

/** A checkpoint: the next one may be there at any time. */
export function sendNote(res: Response, note: string): void {
  res.set('cache-control', 'no-cache').type('text/plain; charset=utf-8').send(note)
}
