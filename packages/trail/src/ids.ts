/** Ids are derived, never drawn (wire format section 2): saying a thing twice is saying it once. */
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 as hash } from '@noble/hashes/sha2.js'
import { base32nopad } from '@scure/base'
import { canonicalBytes } from './canonical.ts'
import { sha256 } from './digest.ts'
import { TrailError } from './errors.ts'
import { KIND_PREFIXES, type KindPrefix, kindOf, type LinkName } from './format/kinds.ts'

/** Ids that hang on a work order and belong to no link: its run, its binding, its recoveries. */
const OTHER_PREFIXES = ['run', 'eb', 'rec'] as const

export type IdPrefix = KindPrefix | (typeof OTHER_PREFIXES)[number]

/** The prefixes of ids that hang on a work order. */
export const ID_PREFIXES: readonly IdPrefix[] = [...KIND_PREFIXES, ...OTHER_PREFIXES]

/** The work order's id, and its key on the intake topic: `wo_…` over [agent_id, idempotency_key]. */
export function workOrderId(agentId: string, idempotencyKey: string): string {
  return `wo_${handle([agentId, idempotencyKey])}`
}

/** Whether the text has the form of a work order's id. */
export function isWorkOrderId(text: string): boolean {
  return /^wo_[a-z2-7]{32}$/.test(text)
}

/**
 * The id of the n-th object of its kind: `<prefix>_…` over [work_order_id, prefix, n], n from 0.
 * @throws TrailError ID for a prefix outside the list or an n that is no count
 */
export function deriveId(prefix: IdPrefix, workOrderId: string, n: number): string {
  let ids = derived.get(workOrderId)
  if (ids === undefined) {
    if (derived.size >= MAX_DERIVED) derived.clear()
    ids = new Map()
    derived.set(workOrderId, ids)
  }
  const name = n === 0 ? prefix : `${prefix}/${n}`
  const known = ids.get(name)
  if (known !== undefined) return known
  if (!ID_PREFIXES.includes(prefix)) throw new TrailError('ID', `no id begins with ${prefix}`)
  const id = `${prefix}_${handle([workOrderId, prefix, count(n)])}`
  ids.set(name, id)
  return id
}

/**
 * Every judge of a run asks for the same few ids, most of them several times in one judgement. They
 * are found by their work order first: a name put together of all three costs more than to look it up.
 */
const derived = new Map<string, Map<string, string>>()
const MAX_DERIVED = 1_000

/**
 * The id of a kind's n-th object; undefined for a kind whose ids are not derived from the work
 * order alone: the order itself, settlement receipts, tickets, and kinds without an id.
 */
export function idOfKind(kind: LinkName, workOrderId: string, n: number): string | undefined {
  const { prefix, counts } = kindOf(kind)
  // a kind that counts has a prefix of the list
  return counts === undefined ? undefined : deriveId(prefix as IdPrefix, workOrderId, n)
}

/** A ticket's id: `ex_…` over [work_order_id, exception_type, n], n from 0 per type. */
export function ticketId(workOrderId: string, exceptionType: string, n: number): string {
  return `ex_${handle([workOrderId, exceptionType, count(n)])}`
}

/** A settlement receipt's id: `stl_…` over [account, funding reference, n]. */
export function settlementId(account: string, fundingReference: string, n: number): string {
  return `stl_${handle([account, fundingReference, count(n)])}`
}

/**
 * The version of handles. It is raised where handles may have come into other hands: all those of
 * lower versions then open nothing that a service derives a handle for.
 */
export const HANDLE_VERSION = 2

/** The handle that opens reading of one task: `tt_…`, HMAC-SHA-256 over [work_order_id, version] with intake's secret. */
export function taskToken(secret: Uint8Array, workOrderId: string): string {
  return `tt_${base32(hmac(hash, secret, canonicalBytes([workOrderId, HANDLE_VERSION])))}`
}

function handle(parts: readonly (string | number)[]): string {
  return base32(sha256(canonicalBytes(parts)))
}

/** RFC 4648 base32 of the first 20 bytes, lower case, unpadded: 32 characters. */
function base32(bytes: Uint8Array): string {
  return base32nopad.encode(bytes.subarray(0, 20)).toLowerCase()
}

function count(n: number): number {
  if (Number.isSafeInteger(n) && n >= 0) return n
  throw new TrailError('ID', 'the number of an id is a safe integer from 0')
}
