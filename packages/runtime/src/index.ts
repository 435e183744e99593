export { codes } from './codes.ts'
export { type AccessConfig, type HostConfig, readHostConfig } from './config.ts'
export type { AdmissionControl, AllHeld, Claimed, Sender } from './consumer/admission.ts'
export { FairTurns, type Held } from './consumer/admission-turns.ts'
export {
  type Fold,
  FoldFault,
  type Folding,
  type FoldMessage,
  type Refuse,
} from './consumer/fold.ts'
export { defineService, equip } from './define-service.ts'
export { Lookup } from './documents/lookup.ts'
export { agentDocument, toolDocument } from './documents/names.ts'
export { type Reader, Store } from './documents/store.ts'
export { ConfigError, type Env, readEnv } from './env.ts'
export {
  type Backoff,
  backoffMs,
  isDefect,
  isOutage,
  isOwnFault,
  isPassing,
  reasonOf,
  saysAbsent,
} from './health/retry.ts'
export { type SayWait, Starting } from './health/starting.ts'
export { type Warning, type WritersWatch, watchWriters } from './health/watch-writers.ts'
export { connectHost, type Host, produce, sayTo } from './host.ts'
export { type Access, makeAccess } from './http/access.ts'
export { problem } from './http/problem.ts'
export { loadService, type ServiceModule } from './load-service.ts'
export { makeLog } from './log.ts'
export { encodeEvent, isPublished, messageId } from './message.ts'
export { type AdmissionReadings, makeMetrics, type ServiceMetrics } from './metrics.ts'
export { readKeySet, readSigningKey } from './read-keys.ts'
export { runMain } from './run-main.ts'
export {
  type Basics,
  type Opened,
  type Running,
  runService,
} from './run-service.ts'
export {
  type Code,
  type Effect,
  type Emitted,
  type IndexSpec,
  type Input,
  type Pair,
  Refusal,
  RetryLater,
  type Service,
  WAIT_SECONDS,
} from './service.ts'
export type {
  Claims,
  Definition,
  DefinitionOf,
  EventOf,
  InputOf,
  Message,
  RouteTools,
  ServiceTypes,
} from './service-types.ts'
export { onSignals, Shutdown, StopIncomplete, type Stoppable } from './shutdown.ts'
