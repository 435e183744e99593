/**
 * What a log shows, checked by what it signed: the checkpoint against the key list, its root against
 * the tiles, its growth since the checkpoint that was seen before, and the place of one leaf.
 */
import { parseKeySet, TrailError, type TrailKey } from '@prooftrail/trail'
import { toBase64 } from '@prooftrail/trail/encoding'
import {
  type Checkpoint,
  decodeEntries,
  type Growth,
  growthOf,
  leafHash,
  openCheckpoint,
  parseCheckpoint,
  TILE_WIDTH,
  type Tile,
  type TileTree,
  tilePath,
  tileTree,
  verifyInclusion,
} from '@prooftrail/trail/log'

export interface LogRequest {
  /** The newest checkpoint, as the log serves it. */
  note: string
  /** The key list whose log keys count. */
  keys: string
  /** Ids of the only keys of the list that count; absent: all do. */
  only?: readonly string[]
  /** The signed checkpoint that was seen before. */
  before?: string
  /** Whose inclusion is to be proven. */
  leaf?: number
  /** Milliseconds since 1970: a key that had ended then does not count. */
  now: number
}

/** How the log went on from what was seen before. */
export type GrowthFound = (
  | { type: 'grown'; hashes: number }
  | { type: Exclude<Growth['type'], 'grown'> | 'shrunk'; detail: string }
) & { from: number }

/** Where a leaf stands in the tree that the checkpoint signs. */
export type Inclusion =
  | { index: number; leaf: string; path: readonly string[]; holds: boolean }
  | { index: number; fault: string }

export interface LogReport {
  origin: string
  size: number
  /** Base64. */
  root: string
  /** Id of the key that signed it; absent where no signature counts. */
  signer?: string
  /** Why no signature counts; absent where one does. */
  unsigned?: string
  /** Why the tiles are not those of the root; absent where they are. */
  tiles?: string
  growth?: GrowthFound
  inclusion?: Inclusion
  /** The newest leaves, newest first. */
  newest: readonly { index: number; leaf: string }[]
}

/** The bytes of a file of the log; undefined where there is none. */
export type ReadFile = (path: string) => Promise<Uint8Array | undefined>

/** So many of the newest leaves are told. */
const NEWEST = 10

/** @throws TrailError for a note that is no checkpoint */
export async function examine(
  { note, keys, only, before, leaf, now }: LogRequest,
  read: ReadFile,
): Promise<LogReport> {
  const newest = parseCheckpoint(note)
  const { origin, size, root } = newest
  const tileOf = (tile: Tile) => fetchTile(tile, read)
  const tree = tileTree(size, tileOf)
  const signed = signatureOf(note, origin, { keys, now, ...(only && { only }) })
  const tiles = await whyOther(newest, tree)
  return {
    ...{ origin, size, root: toBase64(root) },
    ...signed,
    ...(tiles === undefined ? {} : { tiles }),
    ...(before === undefined ? {} : { growth: await growthSince(before, newest, tree) }),
    ...(leaf === undefined ? {} : { inclusion: await inclusionOf(leaf, newest, tree, tileOf) }),
    newest: size === 0 ? [] : await newestOf(size, tileOf),
  }
}

/** A log may drop a partial tile once it is full. */
async function fetchTile(tile: Tile, read: ReadFile): Promise<Uint8Array> {
  const bytes =
    (await read(tilePath(tile))) ?? (await read(tilePath({ ...tile, width: TILE_WIDTH })))
  if (bytes === undefined) throw new TrailError('LOG_TILE', `the log has no ${tilePath(tile)}`)
  return bytes
}

/** The key whose signature counts, else why none does. */
function signatureOf(
  note: string,
  origin: string,
  { keys: list, only, now }: Pick<LogRequest, 'keys' | 'only' | 'now'>,
): Pick<LogReport, 'signer' | 'unsigned'> {
  try {
    const keys = parseKeySet(list).keys.filter(({ kid }) => only?.includes(kid) ?? true)
    openCheckpoint(note, origin, { keys }, now)
    const signer = keys.find((key) => counts(note, origin, key, now))
    return signer === undefined ? {} : { signer: signer.kid }
  } catch (error) {
    if (error instanceof TrailError) return { unsigned: error.message }
    throw error
  }
}

function counts(note: string, origin: string, key: TrailKey, now: number): boolean {
  try {
    openCheckpoint(note, origin, { keys: [key] }, now)
    return true
  } catch (error) {
    if (error instanceof TrailError) return false
    throw error
  }
}

async function whyOther({ root }: Checkpoint, tree: TileTree): Promise<string | undefined> {
  try {
    const served = await tree.root()
    return toBase64(served) === toBase64(root)
      ? undefined
      : 'the tiles give another root than the checkpoint signs'
  } catch (error) {
    if (error instanceof TrailError) return error.message
    throw error
  }
}

async function growthSince(
  before: string,
  newest: Checkpoint,
  tree: TileTree,
): Promise<GrowthFound> {
  const older = parseCheckpoint(before)
  const from = older.size
  if (from > newest.size) {
    return { type: 'shrunk', from, detail: `it had ${from} leaves; now it shows ${newest.size}` }
  }
  const growth = await growthOf(older, newest, tree)
  return growth.type === 'grown'
    ? { type: 'grown', from, hashes: growth.proof.length }
    : { ...growth, from }
}

type TileOf = (tile: Tile) => Promise<Uint8Array>

async function leavesIn(index: number, size: number, tileOf: TileOf): Promise<string[]> {
  const width = Math.min(TILE_WIDTH, size - index * TILE_WIDTH)
  const bytes = await tileOf({ level: 'entries', index, width })
  return decodeEntries(bytes).map((entry) => new TextDecoder().decode(entry))
}

async function inclusionOf(
  index: number,
  { size, root }: Checkpoint,
  tree: TileTree,
  tileOf: TileOf,
): Promise<Inclusion> {
  if (index >= size) return { index, fault: `the log has ${size} leaves, the last is ${size - 1}` }
  try {
    const place = Math.floor(index / TILE_WIDTH)
    const leaf = (await leavesIn(place, size, tileOf))[index % TILE_WIDTH]
    if (leaf === undefined) return { index, fault: 'its entries end before it' }
    const proof = await tree.inclusion(index)
    const hash = leafHash(new TextEncoder().encode(leaf))
    const holds = verifyInclusion(hash, index, size, proof, root)
    return { index, leaf, path: proof.map(toBase64), holds }
  } catch (error) {
    if (error instanceof TrailError) return { index, fault: error.message }
    throw error
  }
}

async function newestOf(size: number, tileOf: TileOf): Promise<LogReport['newest']> {
  const place = Math.floor((size - 1) / TILE_WIDTH)
  try {
    const leaves = await leavesIn(place, size, tileOf)
    return leaves
      .map((leaf, at) => ({ index: place * TILE_WIDTH + at, leaf }))
      .slice(-NEWEST)
      .reverse()
  } catch (error) {
    if (error instanceof TrailError) return []
    throw error
  }
}
