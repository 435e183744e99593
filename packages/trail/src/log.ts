/** The log: Merkle trees, proofs, tiles, and checkpoints as signed notes (wire format section 7). */
export {
  type Checkpoint,
  checkpointText,
  countsForLog,
  openCheckpoint,
  parseCheckpoint,
  signCheckpoint,
  verifyCheckpoint,
} from './checkpoint.ts'
export { cosign, cosignatureTimes, cosignerVkey, parseCosignerVkey } from './cosignature.ts'
export { type Growth, growthOf } from './growth.ts'
export {
  type Admins,
  KEY_LIST_FORMAT,
  type KeyList,
  type KeyListBody,
  type KeyListSignature,
  keyListDigest,
  keyListFault,
  keyLogKeys,
  keyLogOrigin,
  missingSignatures,
  parseAdmins,
  parseKeyList,
  signKeyList,
} from './key-list.ts'
export { addPartyKeys, renewalFault } from './key-renewal.ts'
export { entryLeaf } from './leaf.ts'
export {
  consistencyProof,
  emptyRoot,
  type Frontier,
  frontierAt,
  type GetHash,
  type HashedNode,
  inclusionProof,
  leafHash,
  MerkleTree,
  type Node,
  neededNodes,
  nodeHash,
  rootAt,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts'
export {
  type Note,
  type NoteKey,
  type NoteSignature,
  noteKeyHash,
  openNote,
  parseNote,
  parseSignatureLines,
  parseVkey,
  signNote,
  vkeyOf,
  withSignatures,
} from './note.ts'
export {
  applyPolicy,
  POLICY_FORMAT,
  type Policy,
  type PolicyAnswer,
  parsePolicy,
} from './policy.ts'
export { type FetchTile, type TileTree, tileTree } from './tile-source.ts'
export {
  decodeEntries,
  encodeEntries,
  encodeHashes,
  newTiles,
  nodeFromTile,
  parseTilePath,
  TILE_WIDTH,
  type Tile,
  tileOfNode,
  tilePath,
  tileReader,
  tilesForSize,
} from './tiles.ts'
export {
  type AddCheckpoint,
  encodeAddCheckpoint,
  judgeAddCheckpoint,
  parseAddCheckpoint,
  type WitnessAnswer,
  type Witnessed,
} from './witness.ts'
