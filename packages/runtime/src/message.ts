import { createHash } from 'node:crypto'
import {
  type Codec,
  type EventTypes,
  nameOfTopic,
  type TopicName,
  topicFor,
  topics,
} from '@prooftrail/contracts'
import type { Emitted } from './service.ts'
import type { Outgoing } from './store.ts'

/**
 * Messages as CloudEvents 1.0 (Kafka binary mode) with a W3C traceparent.
 * M1 An id is the digest of topic, key and bytes: the same thing said twice has the same id,
 *    whoever says it, and nobody can claim another message's id.
 * M2 Nothing here is drawn: deciding again gives the same bytes and the same headers.
 */

/** What caused an event: its id, and the trace it belongs to. */
export interface Cause {
  id: string
  at: string
  traceparent: string | undefined
}

/** 16 bytes of SHA-256 over topic, key and value, base64url. */
export function messageId(topic: string, key: string | undefined, value: Uint8Array): string {
  return createHash('sha256')
    .update(`${topic}\n${key ?? ''}\n`)
    .update(value)
    .digest('base64url')
    .slice(0, 22)
}

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
  const topic = topicFor(event.type, event.tool)
  const key = keyOf(event.type, event.data)
  // The codec checks the value against the topic's schema and refuses what it cannot hold.
  const value = codec.encode(event.type, event.data as EventTypes[TopicName], event.tool)
  const id = messageId(topic, key, value)
  return { id, topic, key, value, headers: headersOf(id, source, topic, key, cause) }
}

function headersOf(
  id: string,
  source: string,
  topic: string,
  key: string,
  cause: Cause,
): Record<string, string> {
  const [, trace] = cause.traceparent?.match(/^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/) ?? []
  const hex = (text: string) => createHash('sha256').update(text).digest('hex')
  return {
    ce_specversion: '1.0',
    ce_id: id,
    ce_source: `/prooftrail/${source}`,
    ce_type: topic,
    ce_time: cause.at,
    ce_subject: key,
    ce_causationid: cause.id,
    traceparent: `00-${trace ?? hex(key).slice(0, 32)}-${hex(id).slice(0, 16)}-01`,
  }
}

/** Where a record keeps the key that the catalogue names: in itself or in one of its parts. */
const PARTS = ['object', 'accepted', 'binding'] as const

/** The message key that the catalogue names; empty where the value holds none. */
export function keyOf(name: TopicName, data: unknown): string {
  const wanted = topics[name].key
  for (const place of [data, ...PARTS.map((part) => memberOf(data, part))]) {
    const key = memberOf(place, wanted)
    if (typeof key === 'string') return key
  }
  return ''
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined
}

/** The topic's short name, and its tool where it is a topic of one tool. */
export function inputType(topic: string): TopicName {
  const name = nameOfTopic(topic)
  if (name === undefined) throw new Error(`${topic} is not in the catalogue`)
  return name
}
