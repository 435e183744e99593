import {
  type Checkpoint,
  decodeEntries,
  type HashedNode,
  leafHash,
  MerkleTree,
  TILE_WIDTH,
  type Tile,
  tilePath,
  tilesForSize,
} from '@prooftrail/trail/log'
import { CommandError } from '../fault.ts'
import { colour, mark, type Output } from '../output.ts'
import { openSigned, readKeys, reasonOf } from './known-keys.ts'
import { type LogSource, openLogSource } from './source.ts'
import { readTrails, type TrailEntry } from './trail-entries.ts'

export interface FsckOptions {
  keys: string
  /** A folder of bundles. */
  trails?: string
  /** Ask the service for the entries of all its trails. */
  documents?: boolean
}

/** Faults of one kind may be as many as there are leaves. */
const SHOWN = 20

class Faults {
  readonly shown: string[] = []
  count = 0

  add(fault: string): void {
    this.count += 1
    if (this.shown.length < SHOWN) this.shown.push(fault)
  }
}

/**
 * Derives the log again: from its entries, that they give every hash tile and the signed root; and
 * from the trails, that each of their entries is the leaf that it says, and each leaf an entry of
 * theirs.
 * @returns the exit code: 0 all agree, 1 not
 */
export async function fsck(place: string, options: FsckOptions, out: Output): Promise<number> {
  const source = openLogSource(place)
  const keys = readKeys(options.keys)
  const checkpoint = openSigned(await source.checkpoint(), keys, Date.now())
  const faults = new Faults()
  const leaves = await readLeaves(source, checkpoint)
  const tiles = await checkTiles(source, checkpoint, leaves, faults)
  const found = await readTrails(place, options)
  const derived = found && checkTrails(found.entries, leaves, checkpoint, found.isAll, faults)
  const { origin, size } = checkpoint
  const document = { place, origin, size, tiles, ...derived, faults: faults.count }
  out.document({ ...document, shown: faults.shown })
  out.say(`${colour.bold(origin)}  ${size} leaves, ${tiles} tiles`)
  if (derived)
    out.say(`  ${derived.entries} entries of trails, ${derived.uncovered} leaves without`)
  for (const fault of faults.shown) out.say(`  ${mark('no')} ${fault}`)
  if (faults.count > faults.shown.length) out.say(`  … and ${faults.count - SHOWN} more`)
  const good = derived?.from_trails
    ? 'the trails give the signed tree again'
    : 'its entries give its tiles and the signed tree'
  out.say(
    faults.count === 0
      ? `${mark('ok')} ${good}`
      : `${mark('no')} ${colour.red(`PT-8039 ${faults.count} disagreements`)}`,
  )
  return faults.count === 0 ? 0 : 1
}

async function readLeaves(source: LogSource, { size }: Checkpoint): Promise<Uint8Array[]> {
  const leaves: Uint8Array[] = []
  for (const tile of tilesForSize(size)) {
    if (tile.level !== 'entries') break
    const entries = entriesOf(tile, await source.tile(tile))
    for (const entry of entries) leaves.push(entry)
  }
  return leaves
}

function entriesOf(tile: Tile, bytes: Uint8Array): Uint8Array[] {
  try {
    const entries = decodeEntries(bytes)
    if (entries.length >= tile.width) return entries.slice(0, tile.width)
    throw new Error(`${entries.length} entries`)
  } catch (error) {
    throw new CommandError('PT-8039', `${tilePath(tile)} is not whole: ${reasonOf(error)}`)
  }
}

/** Compares every hash tile, and the root, with what the entries give. @returns how many tiles */
async function checkTiles(
  source: LogSource,
  { size, root }: Checkpoint,
  leaves: readonly Uint8Array[],
  faults: Faults,
): Promise<number> {
  const tree = new MerkleTree()
  /** Of each tile level, the hashes that belong into its tiles. */
  const rows: Uint8Array[][] = []
  const keep = ({ level, hash }: HashedNode) => {
    if (level % 8 !== 0) return
    const row = rows[level / 8] ?? []
    rows[level / 8] = row
    row.push(hash)
  }
  for (const leaf of leaves) for (const node of tree.append(leafHash(leaf))) keep(node)
  if (!Buffer.from(tree.root()).equals(root)) faults.add('the entries do not give the signed root')
  const tiles = tilesForSize(size)
  for (const tile of tiles) {
    if (tile.level === 'entries') continue
    const first = tile.index * TILE_WIDTH
    const expected = Buffer.concat((rows[tile.level] ?? []).slice(first, first + tile.width))
    const served = await source.tile(tile)
    if (!expected.equals(served.subarray(0, expected.length))) {
      faults.add(`${tilePath(tile)} is not what the entries give`)
    }
  }
  return tiles.length
}

/** Checks the entries of trails against the leaves; where they are complete, derives the tree from them. */
function checkTrails(
  entries: readonly TrailEntry[],
  leaves: readonly Uint8Array[],
  { size, root }: Checkpoint,
  isAll: boolean,
  faults: Faults,
) {
  const derived = new Map<number, string>()
  const places = new Map(leaves.map((leaf, i) => [new TextDecoder().decode(leaf), i]))
  for (const { work_order_id, name, leaf, index = places.get(leaf) } of entries) {
    // what waits for its index, and what came since, is beyond this checkpoint
    if (index === undefined || index >= size) continue
    const what = `${work_order_id} ${name}`
    if (derived.has(index)) faults.add(`${what} and another entry are both leaf ${index}`)
    derived.set(index, leaf)
    const logged = new TextDecoder().decode(leaves[index])
    if (logged !== leaf) faults.add(`${what} is ${leaf}; leaf ${index} of the log is ${logged}`)
  }
  const missing = Array.from({ length: size }, (_, i) => i).filter((i) => !derived.has(i))
  if (isAll) for (const index of missing) faults.add(`leaf ${index} is no entry of any trail`)
  const from_trails = missing.length === 0
  if (from_trails) {
    const tree = new MerkleTree()
    for (let index = 0; index < size; index++) {
      tree.append(leafHash(new TextEncoder().encode(derived.get(index))))
    }
    if (!Buffer.from(tree.root()).equals(root)) faults.add('the trails do not give the signed root')
  }
  return { entries: entries.length, uncovered: missing.length, from_trails }
}
