import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { TILE_WIDTH, type Tile, type TileTree, tilePath, tileTree } from '@prooftrail/trail/log'
import { CommandError } from '../fault.ts'
import { reach } from '../http.ts'

/** A log as anybody reads it (C2SP tlog-tiles), from an address or from a folder. Nothing is trusted. */
export interface LogSource {
  /** Where it is, for people. */
  place: string
  /** The text of its newest checkpoint, not verified. */
  checkpoint(): Promise<string>
  /** That of the newest one that witnesses cosigned; undefined where the log shows none. */
  cosigned(): Promise<string | undefined>
  /** The bytes of a tile, at least of this width. */
  tile(tile: Tile): Promise<Uint8Array>
  /** Another file beside them. */
  file(path: string, limit: number): Promise<Uint8Array>
  /** The hash tiles of a size that the log has. */
  tree(size: number): TileTree
}

/** How long a log may take for one answer. */
const PATIENCE_MS = 15_000
/** A checkpoint with a hundred cosignatures takes less. */
const MAX_CHECKPOINT = 65_536
/** 256 entries of at most 65,535 bytes, each behind its length. */
const MAX_TILE = TILE_WIDTH * 65_537

type Read = (path: string, limit: number) => Promise<Uint8Array | undefined>

/**
 * @param place the log's address, or a folder that holds `checkpoint` and `tile/…`
 * @returns a source whose reads throw CommandError, exit 3 for what does not answer
 */
export function openLogSource(place: string): LogSource {
  const read = /^https?:\/\//.test(place) ? overHttp(place.replace(/\/+$/, '')) : inFolder(place)
  const wanted = async (path: string, limit: number) => {
    const bytes = await read(path, limit)
    if (bytes !== undefined) return bytes
    throw new CommandError('PT-8030', `${place} has no ${path}`, 3)
  }
  async function tile(one: Tile): Promise<Uint8Array> {
    const bytes = await read(tilePath(one), MAX_TILE)
    // a log may drop a partial tile once it is full
    return bytes ?? wanted(tilePath({ ...one, width: TILE_WIDTH }), MAX_TILE)
  }
  return {
    place,
    checkpoint: async () => new TextDecoder().decode(await wanted('checkpoint', MAX_CHECKPOINT)),
    async cosigned() {
      const bytes = await read('checkpoint/cosigned', MAX_CHECKPOINT)
      return bytes && new TextDecoder().decode(bytes)
    },
    tile,
    file: wanted,
    tree: (size) => tileTree(size, tile),
  }
}

function overHttp(base: string): Read {
  return (path, limit) =>
    reach(base, async () => {
      const url = `${base}/${path}`
      const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) })
      if (answer.status === 404) return undefined
      if (!answer.ok) throw new CommandError('PT-8030', `${url} answers ${answer.status}`, 3)
      return readUpTo(answer, limit)
    })
}

/** The body of an answer, cut off where it becomes longer than anything that is meant. */
async function readUpTo(answer: Response, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of answer.body ?? []) {
    length += part.length
    if (length > limit) throw new CommandError('PT-8030', `${answer.url} is too long`, 3)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function inFolder(folder: string): Read {
  return async (path) => {
    try {
      return readFileSync(join(folder, path))
    } catch (error) {
      if (
        error instanceof Error &&
        'code' in error &&
        ['ENOENT', 'ENOTDIR'].includes(String(error.code))
      )
        return undefined
      throw new CommandError('PT-8006', `${join(folder, path)} cannot be read: ${error}`, 2)
    }
  }
}
