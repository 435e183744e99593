import type { EventTypes, TopicName } from '@prooftrail/contracts'
import type { Code, Refusal } from '../service.ts'

/**
 * What a service makes of a topic of one partition, in its order, message by message, and stores
 * together with the offset that it reached. `Basics.fold` runs it (topic-fold.ts).
 */
export interface Fold<T extends TopicName> {
  /** Names its consumer group (`prooftrail.<service>-<name>`), and itself where it is reported. */
  name: string
  codes: {
    /** Not all that was on the topic at the start is folded yet. */
    behind: Code
    /** The topic does not hold what the stored offset says. */
    shorter: Code
  }
  /** The first offset that is not folded, as it is stored. */
  head(): Promise<number>
  /**
   * Folds messages of ascending offsets and moves the head behind them. `refuse` is awaited before
   * the head moves: what it names is parked then.
   * @returns the stored head: another one than behind the last message when somebody else moved it
   * @throws FoldFault, which stops the fold for good; anything else is an outage, after which the
   *   same call is safe
   */
  apply(messages: readonly FoldMessage<T>[], refuse: Refuse): Promise<number>
}

/** A message of the topic. */
export interface FoldMessage<T extends TopicName> {
  offset: number
  /** When the broker had it (RFC 3339). */
  at?: string
  /** Undefined: it cannot be read, and is parked for that. */
  data: EventTypes[T] | undefined
}

/** Parks messages of a batch, each for its reason. */
export type Refuse = (refused: readonly { offset: number; refusal: Refusal }[]) => Promise<void>

/** What is stored is not the fold of the topic; nothing more may be written. */
export class FoldFault extends Error {
  override name = 'FoldFault'
  readonly code: Code
  readonly detail: string

  constructor(code: Code, detail: string) {
    super(`${code} ${detail}`)
    this.code = code
    this.detail = detail
  }
}

/** A fold that runs, or will when the service's loop consumes. */
export interface Folding {
  /** Undefined when what is folded may be served; else why not. */
  fault(): { code: Code; detail: string } | undefined
}
