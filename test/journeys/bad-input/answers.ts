import { topicFor } from '@prooftrail/contracts'
import type { Place, TestWorld } from '../../world.ts'
import type { FuzzedMessage } from './fuzzed.ts'

/** A message that the broker has. */
export interface Published extends FuzzedMessage {
  place: Place
}

/** What the product said to one message or body. */
export interface Answer {
  said: 'parked' | 'work-order.accepted' | 'work-order.rejected' | 'problem'
  /** None of an accepted order. */
  codes: string[]
  /** Of a parked message: its bytes, base64. */
  kept?: string | undefined
}

const TOPIC = topicFor('work-order.submitted')
const PARTITIONS = 4
/** Messages of one request to the broker, and requests to the door that are under way. */
const BATCH = 200
const BESIDE = 16

/** Publishes all, spread over the partitions. */
export async function publishAll(
  { producer }: Pick<TestWorld, 'producer'>,
  messages: readonly FuzzedMessage[],
): Promise<Published[]> {
  const published: Published[] = []
  for (let from = 0; from < messages.length; from += BATCH) {
    const partition = (from / BATCH) % PARTITIONS
    const batch = messages.slice(from, from + BATCH)
    const [put] = await producer.send({
      topic: TOPIC,
      acks: -1,
      messages: batch.map(({ key, value, headers }) => ({ key, value, headers, partition })),
    })
    const first = Number(put?.baseOffset)
    const place = (i: number) => ({ topic: TOPIC, partition, offset: String(first + i) })
    published.push(...batch.map((one, i) => ({ ...one, place: place(i) })))
  }
  return published
}

/** Every answer to every message: what is parked at its place, what is decided under its id. */
export function answersTo(
  world: Pick<TestWorld, 'heard'>,
  messages: readonly Published[],
): Answer[][] {
  const parked = new Map<string, Answer[]>()
  for (const { value } of world.heard('parked')) {
    const { topic, partition, offset, reason_code, value: kept } = value
    const answer = { said: 'parked', codes: [reason_code], kept } as const
    add(parked, `${topic}/${partition}/${offset}`, { ...answer, codes: [reason_code] })
  }
  const decided = decisions(world)
  return messages.map(({ id, place: { topic, partition, offset } }) => [
    ...(parked.get(`${topic}/${partition}/${offset}`) ?? []),
    ...(decided.get(id) ?? []),
  ])
}

/** What intake decided, by work order. */
export function decisions(world: Pick<TestWorld, 'heard'>): Map<string, Answer[]> {
  const decided = new Map<string, Answer[]>()
  for (const { key } of world.heard('work-order.accepted')) {
    add(decided, key, { said: 'work-order.accepted', codes: [] })
  }
  for (const { key, value } of world.heard('work-order.rejected')) {
    const { reason_codes } = value.decision.object
    add(decided, key, { said: 'work-order.rejected', codes: reason_codes })
  }
  return decided
}

/** Sends all bodies to the door, a few at a time; answers its status and code for each. */
export async function postAll(
  { post }: Pick<TestWorld, 'post'>,
  bodies: readonly Uint8Array[],
): Promise<{ status: number; code: string }[]> {
  const answers: { status: number; code: string }[] = []
  let next = 0
  const sender = async () => {
    for (let i = next++; i < bodies.length; i = next++) {
      const sent = bodies[i] ?? ''
      // a connection that was kept may end just then: an agent says it again
      const { status, body } = await post(sent).catch(() => post(sent))
      answers[i] = { status, code: String(body.code ?? '') }
    }
  }
  await Promise.all(Array.from({ length: BESIDE }, sender))
  return answers
}

/** How often each answer was given, by kind and codes. */
export function tally(answers: readonly Answer[]): Record<string, number> {
  const counts = new Map<string, number>()
  for (const { said, codes } of answers) {
    const name = [said, ...codes].join(' ')
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a))
}

/** A thing said twice in the same words is said once. */
function add(answers: Map<string, Answer[]>, key: string, answer: Answer): void {
  const known = answers.get(key) ?? []
  const again = known.some((one) => JSON.stringify(one) === JSON.stringify(answer))
  if (!again) answers.set(key, [...known, answer])
}
