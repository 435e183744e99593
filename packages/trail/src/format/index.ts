/** The grammar of trails, shared by everybody who makes or judges one. */
export { allocateIds } from './allocate.ts'
export {
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
export type { RuleCode, RuleFault } from './rules/faults.ts'
export { packageFaults } from './rules/package.ts'
export { ownLinks, proofTrailFaults, REFUSED_TRAIL } from './shape.ts'
