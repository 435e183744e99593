import { type Codec, type Parked, topicFor } from '@prooftrail/contracts'
import type { Outgoing } from './document.ts'
import { encodeEvent } from './message.ts'
import { type Input, NotYet, Refusal } from './service.ts'
import { encodeHeaders, type Origin } from './waiting-list.ts'

/** A message to set aside, with everything a person needs to send it again as it was. */
export interface Parking {
  /** The input's id: what `discard` takes. */
  input: string
  at: string
  value: Parked
}

const MAX_DATA = 4 * 1024 * 1024

const base64 = (bytes: string | Uint8Array) => Buffer.from(bytes).toString('base64')

/**
 * The parked form of a message: original bytes and headers (base64), where it came from, and why.
 * A `Refusal` keeps its code; anything else is PT-9005, a message that keeps failing. An input that
 * is no message has its data as JSON in `value`, partition -1.
 */
export function parkable(
  service: string,
  input: Input,
  origin: Origin | undefined,
  error: unknown,
  doc: string | undefined,
): Parking {
  const refused = error instanceof Refusal || error instanceof NotYet
  const code = refused ? error.code : 'PT-9005'
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const first = error instanceof Refusal ? error.firstDigest : undefined
  const value = origin ? origin.value : textOf(input.data)
  return {
    input: input.id,
    at: input.at,
    value: {
      service,
      reason_code: code,
      detail: wellFormed(error instanceof Refusal ? error.detail : text),
      topic: origin?.topic ?? input.type,
      partition: origin?.partition ?? -1,
      offset: origin?.offset ?? '-1',
      ...(origin?.key ? { key: base64(origin.key) } : {}),
      ...(value ? { value: base64(value) } : {}),
      // Of a name that came several times, the last one.
      headers: Object.fromEntries(encodeHeaders(origin?.headers ?? {})),
      first_time: input.at,
      attempts: refused ? 1 : 2,
      ...(doc === undefined ? {} : { document: doc }),
      ...(first === undefined ? {} : { first_digest: first }),
    },
  }
}

/** Text that Avro takes: a lone surrogate, which a cut may leave, becomes U+FFFD. */
function wellFormed(text: string): string {
  return Buffer.from(text.slice(0, 1_000)).toString()
}

/** An outcome that no topic would take is described by its detail alone. */
function textOf(data: unknown): Buffer | null {
  const text = Buffer.from(JSON.stringify(data ?? null))
  return text.length <= MAX_DATA ? text : null
}

/** The message on the topic of parked ones; `ce_causationid` is the parked input's id. */
export function parkedMessage(codec: Codec, service: string, parking: Parking): Outgoing {
  const { value, input, at } = parking
  const cause = { id: input, at, traceparent: undefined }
  return encodeEvent(codec, service, { type: 'parked', data: value }, cause, value.document ?? '')
}

/** The topic of parked messages. */
export const parkedTopic = topicFor('parked')
