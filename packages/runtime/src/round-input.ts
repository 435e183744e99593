import type { IHeaders } from 'kafkajs'
import type { Input } from './service.ts'
import type { SpanId } from './tracing/ids.ts'

/** A message as it came, kept so that it can wait or be parked unchanged. */
export interface Origin {
  topic: string
  partition: number
  offset: string
  key: Buffer | null
  value: Buffer | null
  /** A name that came several times has several values. */
  headers: IHeaders
}

/** One input on its way through a round. */
export interface RoundInput<I extends Input = Input> {
  input: I
  /** The message behind it, as it was. */
  origin?: Origin
  /** The span that the message's `traceparent` header names. */
  span?: SpanId | undefined
  /** The span that it comes from where no message says it: an effect's. */
  within?: SpanId
  /** Known for due times and effects' outcomes; a message's document is named by the service. */
  doc?: string
  /** Takes this parked input's id out of the document instead of deciding. */
  discards?: string
}
