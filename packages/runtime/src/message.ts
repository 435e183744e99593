import { hash } from 'node:crypto'
import {
  type Codec,
  type EventTypes,
  keyOf,
  nameOfTopic,
  type TopicName,
  topicFor,
  topics,
} from '@prooftrail/contracts'
import type { Outgoing } from './documents/document.ts'
import type { Emitted } from './service.ts'
import { messageSpan, traceOf } from './tracing/ids.ts'

/**
 * Messages as CloudEvents 1.0 (Kafka binary mode) with a W3C traceparent.
 * M1 An id is the digest of topic, key and bytes: the same message sent twice has the same id,
 *    whoever sends it, and nobody can claim another message's id.
 * M2 Nothing here is random: deciding again gives the same bytes and the same headers.
 */

/** What caused an event: its input's id and time, and the trace it belongs to. */
export interface Cause {
  id: string
  at: string
  /** 32 hex digits; undefined: that of what the event is about. */
  traceId: string | undefined
}

/** 16 bytes of SHA-256 over topic, key and value, base64url. */
export function messageId(topic: string, key: string | undefined, value: Uint8Array): string {
  const head = `${topic}\n${key ?? ''}\n`
  const most = MAX_UTF8 * head.length + value.length
  if (most > scratch.length) scratch = Buffer.allocUnsafe(2 * most)
  const start = scratch.write(head)
  scratch.set(value, start)
  return hash('sha256', scratch.subarray(0, start + value.length), 'base64url').slice(0, 22)
}

/** Bytes of a UTF-16 code unit at most. */
const MAX_UTF8 = 3
/** What is hashed is put together here: every message is hashed by its writer and by each of its readers. */
let scratch = Buffer.allocUnsafe(64 * 1024)

/** True when events of this type go out on a topic. */
export function isPublished(type: string): type is TopicName {
  return Object.hasOwn(topics, type)
}

/**
 * Encodes an event to its final bytes.
 * @throws what the codec throws for a value that its schema cannot hold: a bug of the service.
 */
export function encodeEvent(codec: Codec, source: string, event: Emitted, cause: Cause): Outgoing {
  if (!isPublished(event.type)) throw new Error(`${event.type} is not a topic`)
  const name = event.type
  // The codec checks the value against the topic's schema and refuses what it cannot hold.
  const value = codec.encode(name, event.data as EventTypes[TopicName], event.tool)
  const most = topics[name].max_message_bytes - FRAME
  if (value.length > most) {
    throw new Error(`a ${name} of ${value.length} bytes; its topic takes ${most}`)
  }
  const topic = topicFor(name, event.tool)
  const key = keyOf(name, event.data)
  const id = messageId(topic, key, value)
  return { id, topic, key, value, headers: headersOf(id, source, topic, key, cause) }
}

/** Room for key, headers and the record's own frame. */
const FRAME = 4_096

function headersOf(
  id: string,
  source: string,
  topic: string,
  key: string,
  cause: Cause,
): Record<string, string> {
  const trace = cause.traceId ?? traceOf(key)
  return {
    ce_specversion: '1.0',
    ce_id: id,
    ce_source: sourceOf(source),
    ce_type: topic,
    ce_time: cause.at,
    ce_subject: key,
    ce_causationid: cause.id,
    traceparent: `00-${trace}-${messageSpan(id)}-01`,
  }
}

/** What an exemplar says: the trace that a message belongs to. */
export function exemplarOf(trace: string | undefined): { trace_id?: string } {
  return trace === undefined ? {} : { trace_id: trace }
}

/** The CloudEvents source of a service's events. */
export function sourceOf(service: string): string {
  return `/prooftrail/${service}`
}

/** CloudEvents sequence extension: the event's place among all that its document published. */
export function sequenceOf(place: number): string {
  return String(place).padStart(8, '0')
}

/** The topic's short name. */
export function inputType(topic: string): TopicName {
  const name = nameOfTopic(topic)
  if (name === undefined) throw new Error(`${topic} is not in the catalogue`)
  return name
}
