/** The catalogue of topics: names, writers, readers, keys, limits (wire format section 1). */
import { generatedTopics } from './generated/schemas.ts'
import type { EventTypes } from './generated/types.ts'

/** The short name of a topic: `credits.held` for `prooftrail.credits.held.v1`. */
export type TopicName = keyof EventTypes

/** What the catalogue says about a topic. */
export interface TopicInfo {
  readonly name: TopicName
  /** The folder of its schema: who owns the stage. */
  readonly stage: string
  /** The topic, with `<tool>` where there is one per tool. */
  readonly template: string
  readonly doc: string
  /** Where the value holds the message key: a JSON pointer (RFC 6901) to one of its texts. */
  readonly key: string
  readonly writers: readonly string[]
  readonly readers: readonly string[]
  /** Which service sends its parked messages again, where none of the writers is one. */
  readonly sender?: string
  readonly retention: 'forever' | '7d'
  readonly max_message_bytes: number
  /** Whether parties outside the deployment write it. */
  readonly public?: boolean
  readonly compacted?: boolean
  readonly per_tool?: boolean
  /** Present where the number is part of the promise. */
  readonly partitions?: number
  /** The kind of link that the value itself is. */
  readonly link?: string
  /** Full name of the Avro record. */
  readonly record: string
  /** The Avro schema as the registry holds it: JSON text without references. */
  readonly schema: string
}

type Catalogue = typeof generatedTopics

/** The topics that a party reads, as the catalogue says. */
export type TopicsReadBy<Party extends string> = {
  [T in TopicName]: Party extends Catalogue[T]['readers'][number] ? T : never
}[TopicName]

/** The topics that a party writes, as the catalogue says. */
export type TopicsWrittenBy<Party extends string> = {
  [T in TopicName]: Party extends Catalogue[T]['writers'][number] ? T : never
}[TopicName]

/** Topics that somebody outside the deployment writes: what they carry is a claim. */
export type TopicsOfOutsiders = TopicsWrittenBy<'agent'> | TopicsWrittenBy<'executor'>

/** Topics of which there is one per tool. */
export type TopicsPerTool = {
  [T in TopicName]: Catalogue[T] extends { per_tool: true } ? T : never
}[TopicName]

/** All topics, in the order in which a work order meets them. */
export const topics: Readonly<Record<TopicName, TopicInfo>> = generatedTopics

/** The short names, in the order of the catalogue. */
export const TOPIC_NAMES: readonly TopicName[] = Object.values(topics).map(({ name }) => name)

/** The names a tool may have: they stand in topics, collections and subjects. */
export const TOOL_NAME: RegExp = /^[a-z][a-z0-9_-]{1,40}$/

/**
 * The topic of an event type: `prooftrail.<name>.v1`, or `prooftrail.<name>.<tool>.v1` where the
 * catalogue has one topic per tool.
 * @throws RangeError when a tool is missing, is not wanted, or is no tool's name
 */
export function topicFor(name: TopicName, tool?: string): string {
  const { template, per_tool } = topics[name]
  if (per_tool !== true) {
    if (tool === undefined) return template
    throw new RangeError(`${name} has no topic per tool`)
  }
  if (tool === undefined || !TOOL_NAME.test(tool)) {
    throw new RangeError(`${name} has one topic per tool; ${String(tool)} is no tool's name`)
  }
  return template.replace('<tool>', tool)
}

/** What is said about parked messages is not sent again. */
const ABOUT_PARKED: readonly string[] = [
  'prooftrail.parked.v1',
  'prooftrail.tool.parked.v1',
  'prooftrail.parked.decided.v1',
]
const OUTSIDERS: readonly string[] = ['agent', 'operator', 'executor']

/**
 * The service that sends a topic's parked messages again: the one whose words they are, or, where
 * outsiders write alone, the one that the catalogue names. It reads what stands on the topic, and
 * writes the same again.
 */
export function senderOf({
  template,
  writers,
  sender,
}: Pick<TopicInfo, 'template' | 'writers' | 'sender'>): string | undefined {
  if (ABOUT_PARKED.includes(template)) return undefined
  return sender ?? writers.find((one) => !OUTSIDERS.includes(one))
}

/** Whether parties outside the deployment write the topic: what stands there is a claim. */
export function isWrittenByOutsiders(name: TopicName): boolean {
  return topics[name].writers.some((one) => OUTSIDERS.includes(one))
}

/** The message key of a topic's value, from where the catalogue says; empty where that is absent. */
export function keyOf(name: TopicName, value: unknown): string {
  const key = topics[name].key
    .split('/')
    .slice(1)
    .reduce<unknown>((at, member) => Object(at)[member], value)
  return typeof key === 'string' ? key : ''
}

/** Whether the topic's messages are keyed by the work order that they are about. */
export function isKeyedByOrder(name: TopicName): boolean {
  return topics[name].key.endsWith('/work_order_id')
}

/** The subject of a topic's value in the registry. */
export function subjectFor(name: TopicName, tool?: string): string {
  return `${topicFor(name, tool)}-value`
}

const known = new Map<string, { name: TopicName; tool?: string }>()
const perTool: { name: TopicName; before: string; after: string }[] = []
for (const { name, template, per_tool } of Object.values(topics)) {
  const [before = '', after = ''] = template.split('<tool>')
  if (per_tool === true) perTool.push({ name, before, after })
  else known.set(template, { name })
}

/** The event type of a topic, with the tool where there is one per tool; undefined for a foreign topic. */
export function parseTopic(topic: string): { name: TopicName; tool?: string } | undefined {
  const found = known.get(topic)
  if (found !== undefined) return found
  for (const { name, before, after } of perTool) {
    if (!topic.startsWith(before) || !topic.endsWith(after)) continue
    const tool = topic.slice(before.length, -after.length)
    if (TOOL_NAME.test(tool)) return { name, tool }
  }
  return undefined
}

/** The short name of a topic's event type; undefined for a foreign topic. */
export function nameOfTopic(topic: string): TopicName | undefined {
  return parseTopic(topic)?.name
}
