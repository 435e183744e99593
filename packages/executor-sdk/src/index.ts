/** The executor SDK: a tool is a manifest and one function; everything else is here. */

export type { EvidenceState, EvidenceStatus, ExceptionType } from '@prooftrail/contracts'
export {
  CLOCK_SKEW_MS,
  type EvidenceClass,
  isAhead,
  isBefore,
  isOlderThan,
  isOver,
  readTime,
  type StatusMeaning,
  type Time,
  type TimeRead,
} from '@prooftrail/contracts'
export { digestOf } from '@prooftrail/trail/encoding'
export { MAX_RESULT_BYTES } from '@prooftrail/trail/format'
export { type AnnounceOptions, makeAnnouncement } from './announce.ts'
export {
  assessEvidence,
  type EvidenceItem,
  evidenceClassOf,
  evidenceItems,
  givenItems,
  judgeItems,
  scoreEvidence,
} from './assess-evidence.ts'
export {
  type BuiltResult,
  buildFailure,
  buildResult,
  type RunFault,
} from './build-result.ts'
export { type CheckedResult, checkResult } from './check-result.ts'
export { codes } from './codes.ts'
export { type ExecutorConfig, readExecutorConfig } from './config.ts'
export {
  type Check,
  type CheckName,
  CONFORMANCE_CHECKS,
  CONFORMANCE_FILE,
  type Conformance,
  conformanceFaults,
  folderDigest,
  isConform,
} from './conformance.ts'
export { MAX_RUNS } from './decide.ts'
export { exceptionRecords, type RecordDraft } from './exception-record.ts'
export { type Judgement, judgeItem, judgeTimes } from './judge-item.ts'
export { loadTool, readManifest, type Tool } from './load-tool.ts'
export { metrics } from './metric-table.ts'
export {
  type AmountRead,
  Exact,
  isPayable,
  type Money,
  minorUnits,
  readAmount,
  sum,
  tokenAmount,
} from './money.ts'
export { rebuildExecutor } from './rebuild.ts'
export {
  type AppliedRule,
  defineRules,
  openRuleBook,
  type Rule,
  type RuleBook,
  type RuleTable,
} from './rules.ts'
export { checkTool, defineExecutor, type StartOptions, startExecutor } from './service.ts'
export {
  foldWord,
  KNOWN_WORDS,
  meaningOf,
  readStanding,
  STATUS_WORDS,
  type Standing,
} from './status-words.ts'
export type {
  Assessment,
  Command,
  Context,
  EvidenceLine,
  Execute,
  Log,
  TicketDraft,
  ToolObject,
  ToolResult,
} from './tool.ts'
export { ToolError } from './tool-error.ts'
