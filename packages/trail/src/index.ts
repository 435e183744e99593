export {
  BUNDLE_FORMAT,
  type Bundle,
  type BundleFault,
  type BundleLink,
  bundleLink,
  type LogProof,
  makeBundle,
  type NamedLink,
  parseBundle,
} from './bundle.ts'
export {
  canonicalBytes,
  canonicalize,
  canonicalizeChecked,
  checkJson,
  MAX_DEPTH,
} from './canonical.ts'
export {
  type Checkpoint,
  checkpointText,
  parseCheckpoint,
  signCheckpoint,
  verifyCheckpoint,
} from './checkpoint.ts'
export {
  bareHex,
  type Digest,
  digestOf,
  digestOfBytes,
  isDigest,
  sha256,
  sha256Hex,
} from './digest.ts'
export {
  type Envelope,
  makeEnvelope,
  PAYLOAD_TYPE,
  parseEnvelope,
  preAuthEncoding,
  signPayload,
  verifyPayload,
} from './envelope.ts'
export { TrailError, type TrailErrorCode } from './errors.ts'
export {
  isLinkName,
  kindOf,
  LINK_NAMES,
  type LinkName,
  linkNameOf,
  parseLinkName,
} from './format/kinds.ts'
export {
  deriveId,
  ID_PREFIXES,
  type IdPrefix,
  idOfKind,
  settlementId,
  taskToken,
  ticketId,
  workOrderId,
} from './ids.ts'
export type { PrivateJwk, PublicJwk } from './jwk.ts'
export {
  generateKeyPair,
  type KeyFault,
  type KeySet,
  keyCounts,
  keyFault,
  parseKeySet,
  parsePublicJwk,
  publicJwk,
  ROLES,
  type Role,
  type SigningKey,
  signingKeyFromJwk,
  type TrailKey,
  thumbprint,
  trailKeyOf,
} from './keys.ts'
export { entryLeaf } from './leaf.ts'
export {
  Link,
  type LinkBytes,
  linksOf,
  type VerifiedLinks,
  verifiedLinks,
  type WireLink,
} from './link.ts'
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
  type NoteSignature,
  noteKeyHash,
  openNote,
  parseNote,
  parseVkey,
  signNote,
  vkeyOf,
} from './note.ts'
export { type Pilot, parsePilot } from './pilot.ts'
export {
  SEAL_PREDICATE,
  Seal,
  type SealedContract,
  type SealedEntry,
  type SealPredicate,
  type SealStatement,
  type SignedSeal,
  sealStatement,
  type TrailVerdict,
} from './seal.ts'
export { LINK_PREDICATE, type Ref, STATEMENT_TYPE } from './statement.ts'
export { readStored, storedText } from './stored.ts'
export { parseStrict } from './strict-json.ts'
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
  PROBLEM_SECTIONS,
  type Problem,
  type ProblemCode,
  printable,
  type Verdict,
  type VerifiedLink,
} from './verify/verdict.ts'
export { verifyTrail } from './verify.ts'
