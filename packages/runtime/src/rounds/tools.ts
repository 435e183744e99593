import type { Codec } from '@prooftrail/contracts'
import type { Logger } from 'pino'
import type { Documents } from '../documents/documents.ts'
import type { ServiceMetrics } from '../metrics.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { Effect } from '../service.ts'
import type { RoundWaiting } from '../timers/waiting-messages.ts'
import type { Traces } from '../tracing/traces.ts'

/** What a round works with. */
export interface RoundTools<S> {
  documents: Documents<S>
  outbox: Outbox<S>
  waiting: RoundWaiting
  codec: Codec
  follow: FollowUp
  metrics: ServiceMetrics
  log: Logger
  /** Where spans are told, where anybody listens. */
  traces?: Traces | undefined
}

/** What happens beside the loop after a round. */
export interface FollowUp {
  /** Runs the effects of a save that was made. */
  start(doc: string, effects: readonly Effect[]): void
  /** When a document wants its due input; in `delayMs` at the earliest. */
  due(doc: string, due_at: string | undefined, delayMs?: number): void
}
