import { type Codec, Poison } from '@prooftrail/contracts'
import type { KafkaMessage } from 'kafkajs'
import { isDefect } from '../health/retry.ts'
import { inputType, messageId } from '../message.ts'
import type { Origin, RoundInput } from '../round-input.ts'
import { type Parking, parkable } from '../rounds/park.ts'
import { type Code, type Input, Refusal } from '../service.ts'

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

/** A message as it came, with its append time. */
export function messageAt(
  topic: string,
  partition: number,
  { key, value, timestamp, offset, headers = {} }: KafkaMessage,
): Origin & { at: string } {
  const at = new Date(Number(timestamp)).toISOString()
  return { topic, partition, offset, key, value, headers, at }
}

/**
 * Decodes one message. Poison is what never becomes readable: a bad frame, an unknown or foreign
 * schema, bytes that do not decode, no value at all. A registry that is away is an outage.
 */
export async function readMessage<I extends Input>(
  { name, codec }: Readable,
  { at, ...origin }: Origin & { at: string },
): Promise<Read<I>> {
  const { topic, value } = origin
  const type = inputType(topic)
  const key = origin.key?.toString()
  const id = messageId(topic, key, value ?? Buffer.alloc(0))
  const poison = (code: Code, detail: string): Read<I> => {
    const input = { id, type, at, data: undefined }
    const refusal = new Refusal(code, detail)
    return { code, poison: parkable(name, input, origin, refusal, undefined) }
  }
  if (value === null) return poison('PT-9001', 'a message without a value')
  try {
    const data = await decode(codec, topic, value)
    // The codec checked the value against the topic's schema.
    const input = { id, type, at, data, ...(key === undefined ? {} : { key }) } as unknown as I
    const traceparent = origin.headers.traceparent?.toString()
    return { input: { input, origin, ...(traceparent === undefined ? {} : { traceparent }) } }
  } catch (error) {
    if (error instanceof Poison) return poison(error.code, error.message)
    return { outage: error }
  }
}

/** Once the schema is known, decoding asks nobody: then every failure is the bytes' own. */
async function decode(codec: Codec, topic: string, value: Buffer): Promise<unknown> {
  const first = attempt(codec, topic, value)
  if (!(first instanceof Promise)) return first
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
