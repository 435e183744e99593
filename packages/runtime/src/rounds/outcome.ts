import type { RoundInput } from '../round-input.ts'
import type { Refusal } from '../service.ts'
import type { Waiting } from '../timers/waiting-messages.ts'
import type { Parking } from './park.ts'

/** What became of an input. */
export interface Outcome {
  outcome: 'decided' | 'nothing' | 'seen' | 'waiting' | 'refused' | 'parked' | 'failed'
  /** Why it was refused quietly, and of which document. */
  refusal?: Refusal
  document?: string
  parking?: Parking
  waiting?: Waiting
  /** For a due time that came to nothing: ask again after this. */
  askAgainMs?: number
}

/** How each input of a round ended; a document that is decided again replaces its outcomes. */
export type Outcomes = Map<RoundInput, Outcome>
