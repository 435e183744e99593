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
export { type Access, type Caller, makeAccess, NOBODY, type Role } from './http/access.ts'
export { type Refused, type Reply, refuse, reply, STREAMED } from './http/answers.ts'
export { makeCursor, readCursor } from './http/cursor.ts'
export { type Doors, mountDoors } from './http/doors.ts'
export type { Call, Handlers, Loose } from './http/handler.ts'
export { problem } from './http/problem.ts'
export { foreignOrigin } from './http/same-origin.ts'
export { type Stream, Streams, type StreamsOptions } from './http/streams.ts'
export { loadService, type ServiceModule } from './load-service.ts'
export { aboutDocument, aboutEffect, makeLog, PAGING } from './log.ts'
export { maskText } from './mask-text.ts'
export { encodeEvent, exemplarOf, isPublished, messageId } from './message.ts'
export type { Handles, Reading, Reads } from './metric-handles.ts'
export { metrics } from './metric-table.ts'
export { type AdmissionReadings, makeMetrics, type ServiceMetrics } from './metrics.ts'
export { readKeySet, readServiceKeys, readSigningKey } from './read-keys.ts'
export { type Differences, without } from './rebuild/compare.ts'
export { countMessages, endsOf, readHistory } from './rebuild/read-history.ts'
export {
  type Rebuilding,
  type RebuildOptions,
  type RebuildProgress,
  type Rebuilt,
  rebuildService,
} from './rebuild/rebuild-service.ts'
export type { Entry, Refolding, Said } from './rebuild/refold.ts'
export { RebuildError } from './rebuild/swap.ts'
export { type Main, mainOf, runMain, runTogether } from './run-main.ts'
export {
  type Basics,
  type Opened,
  type Running,
  runService,
} from './run-service.ts'
export { type Sampled, sample } from './sample.ts'
export {
  type ChangedDocument,
  type Code,
  type Effect,
  type Emitted,
  type IndexSpec,
  type Input,
  type Measured,
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
export { onSignals, Shutdown, StopIncomplete, type Stoppable, Together } from './shutdown.ts'
export { traceOf } from './tracing/ids.ts'
