/** The contracts of the product: topics, objects, bytes, codes, states. */
export * from '@prooftrail/trail/vocabulary'
export { type AclOperation, type AclRule, aclsFor, type NamedTopic } from './acl/acl-table.ts'
export {
  type AclAdmin,
  type BrokerAcl,
  type BrokerAnswer,
  brokerAcls,
  readTopicAcls,
} from './acl/broker-acls.ts'
export { describeOpen, type OpenTopic, openTopics } from './acl/open-topics.ts'
export { type AclParty, userOf } from './acl/parties.ts'
export { kafkaUser, type StrimziAcl, strimziAcl } from './acl/strimzi.ts'
export {
  ACT_LINKS,
  ACT_NAMES,
  ACTS,
  type Act,
  type Actor,
  actObjectType,
  actsAllowed,
  commandOf,
} from './acts.ts'
export {
  type CallbackRules,
  checkCallbackUrl,
} from './callback-target.ts'
export { compileOwn } from './check.ts'
export { type Codec, openCodec } from './codec.ts'
export { type Code, type CodeEntry, type CodeTable, codes } from './codes.ts'
export {
  CLOCK_SKEW_MS,
  isAhead,
  isBefore,
  isOlderThan,
  isOver,
  readTime,
  type Time,
  type TimeRead,
} from './dates.ts'
export { type DoorSigned, doorsOf, isOperators, signAtDoor } from './door-records.ts'
export { ContractError, type Fault } from './faults.ts'
export { checkForeign } from './foreign-check.ts'
export { CODE_TABLE } from './generated/code-table.ts'
export type * from './generated/types.ts'
export { checkHttpBody, type HttpSchemaName } from './http-body.ts'
export { proveKey, provesKey } from './key-proof.ts'
export {
  type Facts,
  lifecycleState,
  taskRunState,
} from './lifecycle.ts'
export {
  QUEUE_STATES,
  type QueueState,
  RELEASE_RULE,
  readSeconds,
  type Seconds,
  STATE_LIMITS,
  STUCK_AFTER,
  type StateLimit,
  stuckReason,
  TIME_LIMITS,
  type TimeLimit,
} from './limits.ts'
export {
  checkEvidence,
  checkManifest,
  DEFAULT_EVIDENCE_FLOOR,
  type EvidenceClass,
  evidenceClasses,
  evidenceSchema,
  MAX_MANIFEST_BYTES,
  type Manifest,
  manifestDigest,
  STATUS_MEANINGS,
  type StatusMeaning,
} from './manifest.ts'
export { METRIC_PREFIX, type MetricEntry, type MetricTable } from './metric-entry.ts'
export { allowedAddress, classifyAddress, type NetworkClass } from './network-class.ts'
export {
  type CheckedObject,
  checkForm,
  checkResultContract,
  checkWorkOrder,
} from './objects.ts'
export { Poison } from './poison.ts'
export {
  type BeatMark,
  type CommandedAttempt,
  foreignProgress,
  type GenuineProgress,
  genuineProgress,
  genuineSaid,
  isLaterProgress,
  progressAhead,
} from './progress.ts'
export {
  registerSchemas,
  registerToolSubject,
} from './register.ts'
export { type RegistryAddress, RegistryUnavailable } from './registry.ts'
export {
  type RequestSignature,
  readRequestSignature,
  type SignableRequest,
  signRequest,
} from './request-signature.ts'
export { runStateEvents } from './run-events.ts'
export type { TopicInspector } from './topic-check.ts'
export {
  checkTopicsInUse,
  createToolTopic,
  createTopics,
  diagnoseTopics,
  type TopicAdmin,
  type TopicSettings,
} from './topic-setup.ts'
export {
  isKeyedByOrder,
  isWrittenByOutsiders,
  keyOf,
  nameOfTopic,
  parseTopic,
  senderOf,
  subjectFor,
  TOOL_NAME,
  TOPIC_NAMES,
  type TopicInfo,
  type TopicName,
  type TopicsOfOutsiders,
  type TopicsPerTool,
  type TopicsReadBy,
  type TopicsWrittenBy,
  topicFor,
  topics,
} from './topics.ts'
