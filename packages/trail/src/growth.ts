import { equalBytes } from './bytes.ts'
import type { Checkpoint } from './checkpoint.ts'
import { TrailError } from './errors.ts'
import { verifyConsistency } from './merkle.ts'
import type { TileTree } from './tile-source.ts'

/** What two checkpoints of one log are to each other. */
export type Growth =
  | { type: 'grown'; proof: Uint8Array[] }
  /** Both are signed, and no tree has both: the log shows different trees. */
  | { type: 'forked'; detail: string }
  /** The tiles are those of neither: the log serves other hashes than it signed. */
  | { type: 'unproven'; detail: string }

/**
 * Whether the newer tree begins with the older one, by a proof out of the log's own tiles
 * (RFC 9162, section 2.1.4). The proof is checked against both roots, so a log cannot lie with tiles:
 * where it does not hold, the tiles only tell which of the two it disagrees with.
 * @param newer of at least the older one's size
 * @param tree the log's tiles, of at least the newer size
 */
export async function growthOf(
  older: Checkpoint,
  newer: Checkpoint,
  tree: TileTree,
): Promise<Growth> {
  if (older.origin !== newer.origin) {
    return { type: 'unproven', detail: `${older.origin} and ${newer.origin} are two logs` }
  }
  const same = equalBytes(older.root, newer.root)
  if (older.size === newer.size) {
    if (same) return { type: 'grown', proof: [] }
    return { type: 'forked', detail: `two trees of ${newer.size} leaves` }
  }
  try {
    const proof = await tree.consistency(older.size, newer.size)
    if (verifyConsistency(older.size, newer.size, proof, older.root, newer.root)) {
      return { type: 'grown', proof }
    }
    const served = await tree.root(newer.size)
    return equalBytes(served, newer.root)
      ? { type: 'forked', detail: `size ${older.size} is no beginning of size ${newer.size}` }
      : { type: 'unproven', detail: `the tiles do not give the root of size ${newer.size}` }
  } catch (error) {
    if (error instanceof TrailError) return { type: 'unproven', detail: error.message }
    throw error
  }
}
