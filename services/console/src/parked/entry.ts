import { createHash } from 'node:crypto'
import {
  isWrittenByOutsiders,
  nameOfTopic,
  type Parked,
  type ParkedDecided,
  senderOf,
  type ToolParked,
  topics,
} from '@prooftrail/contracts'
import type { ParkedStanding } from '@prooftrail/contracts/doors'

/**
 * What the console keeps of one parked message: who could not decide it, why, where it stands, and
 * what people decided about it.
 * E1 An entry is a message of one service: topic, key and bytes make its id, so that the same message
 *    parked a second time, sent again or not, is the same entry.
 * E2 Learning commutes: what was parked and what was decided come on two topics, in any order, once
 *    or twice. How an entry stands follows from the newest of each.
 * E3 Whose word a message is, and which document it is for, counts as a service found it. What an
 *    outsider wrote and nobody signed names a document only as a claim, and stands in no queue.
 */

/**
 * How an entry stands. open: somebody has to decide. sent: it was sent again, and has not come back.
 * discarded: given up. noted: it only tells something, and nobody has to do anything.
 */
export type Standing = ParkedStanding

/** A message was parked: the newest time. */
export interface Parking {
  code: string
  detail: string
  topic: string
  partition: number
  offset: string
  /** When the message was first met: its append time. */
  first_time: string
  /** When it was parked: append time. */
  at: string
  sent_again?: number
  blocks: boolean
}

/** What came, as far as it is kept. */
export interface Original {
  /** base64 */
  key?: string
  value?: string
  headers: Record<string, string>
  /** Of the value; more than `value` has where that was too much to be kept. */
  bytes: number
}

/** One decision about it. */
export interface Act {
  act: 'send' | 'discard'
  number: number
  by: string
  reason?: string
  at: string
  /** The parking that it answers. */
  topic: string
  partition: number
  offset: string
}

/** Document `parked/<parked_id>`. */
export interface ParkedState {
  status: 'parked'
  parked_id: string
  /** Who could not decide it: a service, or `tool/<name>` by its own signed word. */
  service: string
  input: string
  document?: string
  party?: string
  /** When it was first parked. */
  since: string
  /** Its place among what its document had parked then. */
  place: number
  times: number
  /**
   * Where it was set aside: `topic/partition` to offsets in their order, the last MAX_PLACES of them.
   * Release 0.1.0 kept the last one alone.
   */
  heard: Readonly<Record<string, string | readonly string[]>>
  /** Absent while only decisions are known. */
  last?: Parking
  original: Original
  acts: readonly Act[]
}

/** A tool's own claim, or a service's word, in one form. */
export interface Said {
  service: string
  at: string
  data: Omit<Parked, 'service'>
}

/** More of a value is not kept with the entry: the topic has it. */
const MAX_VALUE = 64 * 1024
/** Such results came after their attempt, or its run, had ended (docs/operating.md): no one can mend them. */
const NOTED: readonly string[] = ['PT-2003', 'PT-2004', 'PT-2005']
/** The same act is decided this often at most; somebody sends in a loop. */
export const MAX_SENDS = 16
/** Room for every copy that people sent, and for some that strangers did. */
const MAX_PLACES = 2 * MAX_SENDS

/** The id of the entry of a service's message. */
export function parkedId(service: string, input: string): string {
  return `pm_${createHash('sha256').update(`${service}\n${input}`).digest('hex').slice(0, 24)}`
}

/** The document that holds an entry. */
export function parkedDocument(id: string): string {
  return `parked/${id}`
}

/** What a service said. Records of services that name no input are known by their place. */
export function saidByService({ service, ...data }: Parked, at: string): Said {
  return { service, at, data }
}

/** What a tool said: of commands on its own topic it may speak. */
export function saidByTool(
  { tool, key_id: _, signature: __, ...data }: ToolParked,
  at: string,
): Said {
  return { service: `tool/${tool}`, at, data }
}

export function idOfSaid({ service, data }: Said): string {
  return parkedId(service, inputOf(data))
}

function inputOf({ input, topic, partition, offset }: Said['data']): string {
  return input ?? `${topic}/${partition}/${offset}`
}

/** The entry with what was parked. */
export function withParking(
  state: ParkedState | undefined,
  { service, at, data }: Said,
): ParkedState {
  const { topic, partition, offset } = data
  const known = state ?? blank(parkedId(service, inputOf(data)), service, inputOf(data), at)
  const isFirst = known.last === undefined
  const counted = { ...known, times: known.times + 1, heard: withPlace(known.heard, data) }
  if (!isUnsent(data.reason_code) && isLate(known, data)) return counted
  const { document, party, position, sent_again } = data
  const parking: Parking = {
    ...{ code: data.reason_code, detail: data.detail, topic, partition, offset },
    ...{
      first_time: data.first_time,
      at,
      blocks:
        position !== undefined || (isUnsent(data.reason_code) && state?.last?.blocks === true),
    },
    ...(sent_again === undefined ? {} : { sent_again }),
  }
  return {
    ...counted,
    ...(document === undefined ? {} : { document }),
    ...(party === undefined ? {} : { party }),
    ...(isFirst ? { since: at, place: position ?? 0 } : {}),
    last: parking,
    // what could not be sent again comes without its bytes
    original: data.value === undefined && !isFirst ? known.original : originalOf(data),
  }
}

/** Whether this parking is one that the entry does not know. */
export function isNewParking(state: ParkedState, { data }: Said): boolean {
  if (isUnsent(data.reason_code)) {
    const answered = state.last && isUnsent(state.last.code) ? (state.last.sent_again ?? 0) : 0
    return (data.sent_again ?? 0) > answered
  }
  const places = placesIn(state.heard, data)
  const isForgotten = places.length >= MAX_PLACES && Number(data.offset) < Number(places[0])
  return !places.includes(data.offset) && !isForgotten
}

type Place = Pick<Said['data'], 'topic' | 'partition' | 'offset'>

/** Copies of a message are not always set aside in the order in which they stand: an earlier one only counts. */
function isLate({ heard }: ParkedState, place: Place): boolean {
  return placesIn(heard, place).some((offset) => Number(offset) > Number(place.offset))
}

function placesIn(heard: ParkedState['heard'], { topic, partition }: Place): readonly string[] {
  return [heard[`${topic}/${partition}`] ?? []].flat()
}

function withPlace(heard: ParkedState['heard'], place: Place): ParkedState['heard'] {
  const { topic, partition, offset } = place
  const places = new Set([...placesIn(heard, place), offset])
  const inOrder = [...places].sort((one, other) => Number(one) - Number(other))
  return { ...heard, [`${topic}/${partition}`]: inOrder.slice(-MAX_PLACES) }
}

/** The entry with what was decided; the same decision once. */
export function withDecided(state: ParkedState | undefined, said: ParkedDecided): ParkedState {
  const { parked_id, service, input, act, number, decided_by, reason, decided_at } = said
  const known = state ?? blank(parked_id, service, input, decided_at)
  if (knowsAct(known, number)) return known
  const { topic, partition, offset } = said
  const decided: Act = {
    ...{ act: act === 'discard' ? 'discard' : 'send', number, by: decided_by, at: decided_at },
    ...{ topic, partition, offset },
    ...(reason === undefined ? {} : { reason }),
  }
  const acts = [...known.acts, decided].sort((one, other) => one.number - other.number)
  return { ...known, acts }
}

/** Whether the decision is known already. */
export function knowsAct(state: ParkedState, number: number): boolean {
  return state.acts.some((one) => one.number === number)
}

/** How the entry stands: the newest decision against the newest parking. */
export function standingOf({ last, acts }: ParkedState): Standing {
  const decided = acts.at(-1)
  if (decided?.act === 'discard') return 'discarded'
  if (decided && (last === undefined || answers(decided, last))) return 'sent'
  return last && NOTED.includes(last.code) ? 'noted' : 'open'
}

/** A sending answers what was parked before it; what was parked of it has the next offset. */
function answers(decided: Act, last: Parking): boolean {
  if (isUnsent(last.code)) return (last.sent_again ?? 0) < decided.number
  const isSame = decided.topic === last.topic && decided.partition === last.partition
  return isSame ? Number(decided.offset) >= Number(last.offset) : decided.at >= last.at
}

function isUnsent(code: string): boolean {
  return code === 'PT-9060'
}

/** How often it was sent again. */
export function sendsOf({ acts }: ParkedState): number {
  return acts.filter(({ act }) => act === 'send').length
}

/** Whether a document is only what an unsigned message of an outsider says it is for (E3). */
export function isClaim({ party, last, service }: ParkedState): boolean {
  if (service.startsWith('tool/')) return true
  const name = last && nameOfTopic(last.topic)
  return name !== undefined && isWrittenByOutsiders(name) && party === undefined && !last?.blocks
}

/** What is sent again in its order: entries of one queue. Undefined: nothing comes before it. */
export function queueOf(entry: ParkedState): string | undefined {
  if (isClaim(entry)) return undefined
  const { service, document, last, original } = entry
  if (document !== undefined) return `${service} ${document}`
  return original.key === undefined ? undefined : `${service} ${last?.topic} ${original.key}`
}

/** Whether anybody sends messages of its topic again. */
export function canBeSent({ last }: ParkedState): boolean {
  const name = last && nameOfTopic(last.topic)
  return (
    name !== undefined &&
    last !== undefined &&
    last.partition >= 0 &&
    senderOf(topics[name]) !== undefined
  )
}

function blank(parked_id: string, service: string, input: string, since: string): ParkedState {
  return {
    ...{ status: 'parked', parked_id, service, input, since },
    ...{ place: 0, times: 0, heard: {}, original: { headers: {}, bytes: 0 }, acts: [] },
  }
}

function originalOf({ key, value, headers }: Said['data']): Original {
  const bytes = value === undefined ? 0 : Buffer.byteLength(value, 'base64')
  const size = Object.values(headers).reduce((sum, text) => sum + text.length, bytes)
  return {
    ...(key === undefined ? {} : { key: key.slice(0, 400) }),
    ...(value === undefined || bytes > MAX_VALUE ? {} : { value }),
    headers: size > 2 * MAX_VALUE ? {} : headers,
    bytes,
  }
}
