/** C2SP tlog-tiles: how the log is cut into files (wire format section 7). */
import { concatBytes } from './bytes.ts'
import { TrailError } from './errors.ts'
import { type GetHash, nodeHash } from './merkle.ts'

/** Hashes in a full tile: 2^8. */
export const TILE_WIDTH = 256

/** One tile; level `entries` holds the leaves themselves. `width` is 256 for a full tile. */
export interface Tile {
  level: number | 'entries'
  index: number
  width: number
}

/** `tile/<L>/<N>[.p/<W>]`, N in groups of three digits, all but the last behind an x. */
export function tilePath({ level, index, width }: Tile): string {
  let name = digits(index % 1000)
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    name = `x${digits(rest % 1000)}/${name}`
  }
  return `tile/${level}/${name}${width === TILE_WIDTH ? '' : `.p/${width}`}`
}

/** The tile that a path names. @throws TrailError LOG_TILE for any other spelling */
export function parseTilePath(path: string): Tile {
  const [, level, name, partial] =
    /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/.exec(path) ??
    []
  if (level !== undefined && name !== undefined) {
    const tile = {
      level: level === 'entries' ? level : Number(level),
      index: Number(name.replaceAll(/[x/]/g, '')),
      width: partial === undefined ? TILE_WIDTH : Number(partial),
    } as const
    if (Number.isSafeInteger(tile.index) && isTile(tile) && tilePath(tile) === path) return tile
  }
  throw new TrailError('LOG_TILE', `no tile is named ${path}`)
}

/** All tiles of a log of `size` leaves: entries first, then each level from the leaves up. */
export function tilesForSize(size: number): Tile[] {
  return newTiles(0, size)
}

/**
 * The tiles that a log of `size` leaves has and the log of `from` leaves had not: each is written
 * once. Partial tiles of sizes in between are not listed.
 */
export function newTiles(from: number, size: number): Tile[] {
  const tiles: Tile[] = []
  if (size > from) tiles.push(...levelTiles('entries', from, size))
  let [before, now] = [from, size]
  for (let level = 0; now > 0; level++) {
    if (now > before) tiles.push(...levelTiles(level, before, now))
    before = Math.floor(before / TILE_WIDTH)
    now = Math.floor(now / TILE_WIDTH)
  }
  return tiles
}

/** The tile of a log of `size` leaves that holds, or yields, the hash of a complete subtree. */
export function tileOfNode(level: number, index: number, size: number): Tile & { level: number } {
  const tileLevel = Math.floor(level / 8)
  const place = Math.floor((index * 2 ** (level % 8)) / TILE_WIDTH)
  const hashes = Math.floor(size / TILE_WIDTH ** tileLevel) - place * TILE_WIDTH
  return { level: tileLevel, index: place, width: Math.min(hashes, TILE_WIDTH) }
}

/**
 * The hash of a complete subtree out of the tile that `tileOfNode` names.
 * @throws TrailError LOG_TILE when the tile is too short
 */
export function nodeFromTile(level: number, index: number, tile: Uint8Array): Uint8Array {
  const count = 2 ** (level % 8)
  const start = (index * count) % TILE_WIDTH
  if (tile.length < (start + count) * 32) throw new TrailError('LOG_TILE', 'the tile is too short')
  let row = Array.from({ length: count }, (_, i) =>
    tile.subarray((start + i) * 32, (start + i + 1) * 32),
  )
  while (row.length > 1) row = joinPairs(row)
  const [hash] = row
  if (hash === undefined) throw new TrailError('LOG_TILE', 'the tile is too short')
  return hash
}

/** A reader of subtree hashes over tiles that are at hand. */
export function tileReader(size: number, getTile: (tile: Tile) => Uint8Array): GetHash {
  return (level, index) => nodeFromTile(level, index, getTile(tileOfNode(level, index, size)))
}

/** The bytes of a hash tile. */
export function encodeHashes(hashes: readonly Uint8Array[]): Uint8Array {
  return concatBytes(...hashes)
}

/** The bytes of an entries tile: each entry behind its length, two bytes, big-endian. @throws TrailError LOG_TILE */
export function encodeEntries(entries: readonly Uint8Array[]): Uint8Array {
  return concatBytes(
    ...entries.flatMap((entry) => {
      if (entry.length > 0xffff) throw new TrailError('LOG_TILE', 'an entry is at most 65535 bytes')
      return [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry]
    }),
  )
}

/** The entries of an entries tile. @throws TrailError LOG_TILE when the bytes end inside an entry */
export function decodeEntries(bytes: Uint8Array): Uint8Array[] {
  const entries: Uint8Array[] = []
  let offset = 0
  while (offset < bytes.length) {
    const [high = 0, low] = bytes.subarray(offset, offset + 2)
    const end = offset + 2 + high * 256 + (low ?? 0)
    if (low === undefined || end > bytes.length) {
      throw new TrailError('LOG_TILE', 'the entries end early')
    }
    entries.push(bytes.subarray(offset + 2, end))
    offset = end
  }
  return entries
}

function levelTiles(level: Tile['level'], before: number, now: number): Tile[] {
  const tiles: Tile[] = []
  for (let index = Math.floor(before / TILE_WIDTH); index * TILE_WIDTH < now; index++) {
    tiles.push({ level, index, width: Math.min(now - index * TILE_WIDTH, TILE_WIDTH) })
  }
  return tiles
}

function joinPairs(row: readonly Uint8Array[]): Uint8Array[] {
  const joined: Uint8Array[] = []
  for (let i = 0; i + 1 < row.length; i += 2) {
    const [left, right] = row.slice(i, i + 2)
    if (left !== undefined && right !== undefined) joined.push(nodeHash(left, right))
  }
  return joined
}

function isTile({ level, width }: Tile): boolean {
  return (level === 'entries' || level < 64) && width > 0 && width <= TILE_WIDTH
}

function digits(n: number): string {
  return String(n).padStart(3, '0')
}
