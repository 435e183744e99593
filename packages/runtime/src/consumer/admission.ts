import type { EachBatchPayload, KafkaMessage } from 'kafkajs'
import type { AdmissionReadings } from '../metrics.ts'
import type { RoundInput } from '../round-input.ts'
import type { Parking } from '../rounds/park.ts'
import type { Input, Refusal } from '../service.ts'
import type { FairTurns, Held } from './admission-turns.ts'
import type { EmptyBatch } from './group-member.ts'
import type { Read } from './read-message.ts'

/** Who sent an input, as its signature shows, and what is asked for, however often it is sent. */
export interface Sender {
  readonly name: string
  readonly work: string
}

/** Whose an input is; why it is nobody's, where that is certain; else undefined: it is to be decided. */
export type Claimed = Sender | Refusal | undefined

/**
 * How many inputs of one topic may be taken now. A service that must not take more than the stages
 * after it can finish gives one; what it does not grant waits for its turn, while all other topics
 * go on. Only what its sender has signed waits, and spends a grant.
 */
export interface AdmissionControl<I extends Input = Input> {
  /** The whole name of the topic. */
  readonly topic: string
  /** Whose each input is. @throws for an outage */
  sendersOf(inputs: readonly I[]): Promise<readonly Claimed[]>
  /** Why no more of this sender may wait, beside what waits already. */
  refusal(sender: string, held: Readonly<Held>, all: AllHeld): Refusal | undefined
  /** Whether the sender may have a turn now, as far as it alone is concerned. */
  mayServe(sender: string): boolean
  /** Whether one more input may be taken now; if so it counts as in hand until `taken`. */
  grant(sender: string, bytes: number): boolean
  /** Returns so many grants: those inputs were saved and published, or left for another time. */
  taken(count: number): void
  /** How many partitions of the topic this process has now. */
  assigned(partitions: number): void
  /** What waits here, for whoever asks how long. */
  watch(turns: Pick<FairTurns<unknown>, 'all' | 'of' | 'ahead'>): void
  /** Calls `listener` whenever there may be room again. */
  onRoom(listener: () => void): void
  readings(): AdmissionReadings
}

export interface AllHeld extends Readonly<Held> {
  readonly senders: number
}

/** What the queue needs of the consumer (batch.ts). */
export interface Hands<I extends Input> {
  /** Reads one message; what is unreadable is counted. */
  read(
    batch: Pick<EmptyBatch, 'topic' | 'partition'>,
    message: KafkaMessage,
  ): Read<I> | Promise<Read<I>>
  /** Resolves when the inputs are decided and the rest is parked. @throws when it is given up */
  handOn(
    inputs: readonly RoundInput<I>[],
    poison: readonly Parking[],
  ): Promise<{ saved: Promise<unknown> | undefined }>
  /** The parked form of an input that is refused before it is decided; it is counted. */
  refuse(input: RoundInput<I>, refusal: Refusal): Parking
  /** Calls `act` until it succeeds. @throws once stopping */
  keepTrying<T>(act: () => Promise<T>): Promise<T>
  /** The partition may be committed up to this offset. */
  moved(batch: Pick<EmptyBatch, 'topic' | 'partition' | 'highWatermark'>, offset: string): void
  /** The partition is read again in a while. */
  pause(payload: EachBatchPayload, outage: unknown): void
  left(error: unknown): void
}
