/** The proof: what is signed, whose keys count, one file that proves one order, and its verifier. */
export {
  type Bundle,
  type BundleLink,
  bundleLink,
  makeBundle,
  type NamedLink,
} from './bundle.ts'
export { TrailError } from './errors.ts'
export type { LinkName } from './format/kinds.ts'
export { deriveId, settlementId, taskToken, ticketId, workOrderId } from './ids.ts'
export type { PrivateJwk, PublicJwk } from './jwk.ts'
export {
  generateKeyPair,
  type KeySet,
  parseKeySet,
  parsePublicJwk,
  publicJwk,
  type Role,
  type SigningKey,
  signingKeyFromJwk,
  type TrailKey,
  thumbprint,
  trailKeyOf,
} from './keys.ts'
export { Link, type WireLink } from './link.ts'
export type { Pilot } from './pilot.ts'
export { Seal, type SealStatement, sealStatement } from './seal.ts'
export type { Ref } from './statement.ts'
export { linksOf, type VerifiedLinks, verifiedLinks } from './verified-links.ts'
export { sealFaults } from './verify/unsealed.ts'
export type { Problem, Verdict } from './verify/verdict.ts'
export { type VerifyStep, verifyTrail } from './verify.ts'
