import type { Input } from '../service.ts'
import type { Origin, Waiting } from '../timers/waiting-messages.ts'
import type { Parking } from './park.ts'

/** One input on its way through a round. */
export interface RoundInput<I extends Input = Input> {
  input: I
  /** The message behind it, as it was. */
  origin?: Origin
  /** Of the message's `traceparent` header. */
  traceparent?: string | undefined
  /** Known for due times and effects' outcomes; a message's document is named by the service. */
  doc?: string
  /** Takes this parked input's id out of the document instead of deciding. */
  discards?: string
}

/** What became of an input. */
export interface Outcome {
  outcome: 'decided' | 'nothing' | 'seen' | 'waiting' | 'parked' | 'failed'
  parking?: Parking
  waiting?: Waiting
  /** For a due time that came to nothing: ask again after this. */
  askAgainMs?: number
}

/** How each input of a round ended; a document that is decided again replaces its outcomes. */
export type Outcomes = Map<RoundInput, Outcome>
