import type { Codec, Parked } from '@prooftrail/contracts'
import type { Outgoing } from '../documents/document.ts'
import { encodeHeaders, headerValues } from '../headers.ts'
import { encodeEvent } from '../message.ts'
import type { Origin } from '../round-input.ts'
import { type Emitted, type Input, Refusal, RetryLater } from '../service.ts'
import { spanOf } from '../tracing/ids.ts'

/** A message to set aside, with everything a person needs to send it again as it was. */
export interface Parking {
  /** The input's id: what `discard` takes. */
  input: string
  at: string
  value: Parked
}

const NOTHING_MORE = { firstDigest: undefined, party: undefined }

/** The header of a message that was sent again: the number of the sending. */
export const SENT_AGAIN = 'ce_sentagain'

/** What the header says: anybody may write it, so it tells people something and decides nothing. */
function sentAgain(headers: Origin['headers']): number | undefined {
  const text = headerValues(headers[SENT_AGAIN]).at(-1)?.toString() ?? ''
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined
}

const MAX_DATA = 4 * 1024 * 1024

/** What the topic of parked messages takes of key, value and headers, with room for the rest. */
const MAX_ORIGINAL = 7 * 1024 * 1024

const base64 = (bytes: string | Uint8Array) => Buffer.from(bytes).toString('base64')

/**
 * The parked form of a message: original bytes and headers (base64), where it came from, and why.
 * A `Refusal` keeps its code; anything else is PT-9005, a message that keeps failing. An input that
 * is no message has its data as JSON in `value`, partition -1. What is too large to be kept has its
 * place alone: parking must not fail, or the partition would wait behind it.
 * @param position where it stands among what its document has parked, where it blocks the document
 */
export function parkable(
  service: string,
  input: Input,
  origin: Origin | undefined,
  error: unknown,
  doc: string | undefined,
  position?: number,
): Parking {
  const refused = error instanceof Refusal || error instanceof RetryLater
  const code = refused ? error.code : 'PT-9005'
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const { firstDigest: first, party } = error instanceof Refusal ? error : NOTHING_MORE
  const sent = origin && sentAgain(origin.headers)
  const value = origin ? origin.value : textOf(input.data)
  const size = sizeOf(origin?.key, value, origin?.headers)
  const isKept = size <= MAX_ORIGINAL
  const elsewhere = isKept
    ? ''
    : `${size} bytes, too many to be kept here: read them in their place; `
  return {
    input: input.id,
    at: input.at,
    value: {
      service,
      reason_code: code,
      detail: wellFormed(elsewhere + (error instanceof Refusal ? error.detail : text)),
      topic: origin?.topic ?? input.type,
      partition: origin?.partition ?? -1,
      offset: origin?.offset ?? '-1',
      ...(isKept && origin?.key ? { key: base64(origin.key) } : {}),
      ...(isKept && value ? { value: base64(value) } : {}),
      headers: isKept ? headersIn(origin?.headers) : {},
      first_time: input.at,
      attempts: refused ? 1 : 2,
      ...(doc === undefined ? {} : { document: doc }),
      ...(first === undefined ? {} : { first_digest: first }),
      input: input.id,
      ...(position === undefined ? {} : { position }),
      ...(party === undefined ? {} : { party }),
      ...(sent === undefined ? {} : { sent_again: sent }),
    },
  }
}

/** Of a name that came several times, the last value; the name that no map may hold is spelled out. */
function headersIn(headers: Origin['headers'] = {}): Record<string, string> {
  return Object.fromEntries(
    encodeHeaders(headers).map(([name, text]) => [
      name === '__proto__' ? '%5F%5Fproto%5F%5F' : name,
      text,
    ]),
  )
}

/** What the parts take in a parked message: base64, but for the headers' names. */
function sizeOf(
  key: Buffer | null | undefined,
  value: Buffer | null | undefined,
  headers: Origin['headers'] = {},
): number {
  const named = Object.entries(headers).map(
    ([name, value]) => Buffer.byteLength(name) + inBase64(headerValues(value).at(-1)),
  )
  return named.reduce((sum, size) => sum + size, inBase64(key) + inBase64(value))
}

/** With the length before it. */
function inBase64(bytes: Uint8Array | string | null | undefined): number {
  return Math.ceil(Buffer.byteLength(bytes ?? '') / 3) * 4 + 8
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

/** Who parks, and how it says so. */
export interface Parker {
  name: string
  parks?(parked: Parked): Emitted
}

/** The message on the topic of parked ones; `ce_causationid` is the parked input's id. */
export function parkedMessage(codec: Codec, service: Parker, parking: Parking): Outgoing {
  const { value, input, at } = parking
  // in the trace of what is parked
  const { traceparent = '' } = value.headers ?? {}
  const span = spanOf(Buffer.from(traceparent, 'base64').toString())
  const cause = { id: input, at, traceId: span?.traceId }
  const event = service.parks?.(value) ?? { type: 'parked', data: value }
  return encodeEvent(codec, service.name, event, cause)
}
