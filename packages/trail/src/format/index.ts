/** The grammar of trails, shared by everybody who makes or judges one. */
export { ID_PREFIXES, type IdPrefix, idOfKind, isWorkOrderId } from '../ids.ts'
export { type KeyFault, keyCounts, keyEnded, keyFault } from '../keys.ts'
export type { SealedContract, SealedEntry } from '../seal.ts'
export { timeOf } from '../shape.ts'
export { PROBLEM_SECTIONS, type ProblemCode } from '../verify/verdict.ts'
export { allocateIds } from './allocate.ts'
export {
  type Ending,
  ID_MEMBERS,
  isLinkName,
  type Kind,
  kindOf,
  kindsWhere,
  LINK_NAMES,
  type LinkName,
  linkNameOf,
  parseLinkName,
  TOOL_LINKS,
} from './kinds.ts'
export {
  CLOCK_SKEW_MS,
  HOLD_GRACE_MS,
  MAX_ATTEMPTS,
  MAX_ORDER_BYTES,
  MAX_RESULT_BYTES,
  MAX_TICKETS,
  RESULT_GRACE_MS,
} from './limits.ts'
export { isOneOf } from './one-of.ts'
export { type ContractTerms, contractFaults } from './rules/contract.ts'
export type { RuleCode, RuleFault } from './rules/faults.ts'
export { type Followed, followsOf, type PlacedLink } from './rules/follows.ts'
export { foreignIds, type KnownIds, knownIdsOf } from './rules/ids.ts'
export { statementFaults } from './rules/json.ts'
export { packageFaults } from './rules/package.ts'
export { type ResultFault, type ResultTerms, resultFaults } from './rules/result.ts'
export {
  type KeyCount,
  keyCountsFor,
  type RegisteredKey,
  type SignerFault,
  type Signing,
  trailKeyFrom,
} from './rules/signer.ts'
export { ENDED_TRAILS, ownLinks, proofTrailFaults } from './shape.ts'
export { timePlus } from './times.ts'
