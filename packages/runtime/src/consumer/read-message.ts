import { type Codec, Poison } from '@prooftrail/contracts'
import type { IHeaders, KafkaMessage } from 'kafkajs'
import { isDefect } from '../health/retry.ts'
import { RecordMessage } from '../kafka-records/record-batch.ts'
import { inputType, messageId } from '../message.ts'
import type { Origin, RoundInput } from '../round-input.ts'
import { type Parking, parkable } from '../rounds/park.ts'
import { type Code, type Input, Refusal } from '../service.ts'
import { spanOf } from '../tracing/ids.ts'

/** What reading needs of its service. */
export interface Readable {
  name: string
  codec: Codec
}

/** A message as an input, as poison to be parked, or not readable now. */
export type Read<I extends Input> =
  | { input: RoundInput<I> }
  | { poison: Parking; code: string }
  | { outage: unknown }

/** Times are compared as text: of years that have four digits. */
const LAST_MS = Date.parse('9999-12-31T23:59:59.999Z')

/** A message as it came: what kafkajs read of it, its headers once somebody asks. */
export class MessageOrigin implements Origin {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly #message: KafkaMessage

  constructor(topic: string, partition: number, message: KafkaMessage) {
    this.topic = topic
    this.partition = partition
    this.offset = message.offset
    this.key = message.key
    this.value = message.value
    this.#message = message
  }

  get headers(): IHeaders {
    return this.#message.headers ?? {}
  }

  /** A header's text. */
  header(name: string): string | undefined {
    const message = this.#message
    return message instanceof RecordMessage ? message.header(name) : this.headers[name]?.toString()
  }

  /** Its append time; the nearest that can be said where there is none (`isTimed`). */
  get at(): string {
    return new Date(Math.min(Math.max(0, this.#time || 0), LAST_MS)).toISOString()
  }

  /** Whether the broker gave it a time. On a topic where producers do, it may be any number. */
  get isTimed(): boolean {
    return this.#time >= 0 && this.#time <= LAST_MS
  }

  get #time(): number {
    return Number(this.#message.timestamp)
  }
}

/**
 * Decodes one message. Poison is what never becomes readable: a bad frame, an unknown or foreign
 * schema, bytes that do not decode, no value at all, an impossible time. A registry that is away is an outage.
 * Answers at once, but for a schema that was not seen before.
 */
export function readMessage<I extends Input>(
  { name, codec }: Readable,
  origin: Origin,
  at: string,
): Read<I> | Promise<Read<I>> {
  const { topic, value } = origin
  const type = inputType(topic)
  const key = origin.key?.toString()
  const id = messageId(topic, key, value ?? Buffer.alloc(0))
  const poison = (code: Code, detail: string): Read<I> => {
    const input = { id, type, at, data: undefined }
    const refusal = new Refusal(code, detail)
    return { code, poison: parkable(name, input, origin, refusal, undefined) }
  }
  const failed = (error: unknown): Read<I> =>
    error instanceof Poison ? poison(error.code, error.message) : { outage: error }
  const read = (data: unknown): Read<I> => {
    // The codec checked the value against the topic's schema.
    const input = { id, type, at, data, ...(key === undefined ? {} : { key }) } as unknown as I
    const span = spanOf(traceparentOf(origin))
    return { input: { input, origin, ...(span === undefined ? {} : { span }) } }
  }
  if (origin instanceof MessageOrigin && !origin.isTimed) {
    return poison('PT-9017', 'its append time is before 1970, after 9999, or none')
  }
  if (value === null) return poison('PT-9001', 'a message without a value')
  try {
    const data = attempt(codec, topic, value)
    return data instanceof Promise ? settled(data).then(read, failed) : read(data)
  } catch (error) {
    return failed(error)
  }
}

function traceparentOf(origin: Origin): string | undefined {
  const name = 'traceparent'
  return origin instanceof MessageOrigin ? origin.header(name) : origin.headers[name]?.toString()
}

/** Once the schema is known, decoding asks nobody: then every failure is the bytes' own. */
async function settled(first: Promise<unknown>): Promise<unknown> {
  try {
    return await first
  } catch (error) {
    // Bytes that exhaust the stack or break an invariant of the decoder.
    if (error instanceof Poison || !isDefect(error)) throw error
    throw new Poison('PT-9004', String(error), { cause: error })
  }
}

function attempt(codec: Codec, topic: string, value: Buffer): unknown {
  try {
    return codec.decode(topic, value)
  } catch (error) {
    if (error instanceof Poison) throw error
    throw new Poison('PT-9004', String(error), { cause: error })
  }
}
