/** Byte forms: canonical JSON, digests, envelopes, and the text that signed values are kept as. */
export { fromBase64, toBase64 } from '#crypto'
export { canonicalBytes, canonicalize, canonicalizeChecked, checkJson } from './canonical.ts'
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
export type { LinkBytes } from './link.ts'
export {
  isRecordOf,
  isRecordOfLater,
  recordBytes,
  type SignedRecord,
  signRecord,
} from './record.ts'
export { statementText } from './statement.ts'
export { readStored, storedText } from './stored.ts'
export { parseStrict } from './strict-json.ts'
export { printable } from './verify/verdict.ts'
