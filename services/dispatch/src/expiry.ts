import {
  type AcceptedOrder,
  type ActLink,
  type OpenTerms,
  type QueueState,
  RELEASE_RULE,
  type RunExpired,
  type RunExpiry,
  type RuntimeState,
  STATE_LIMITS,
  stuckReason,
} from '@prooftrail/contracts'
import type { Ref } from '@prooftrail/trail'
import type { Context, Course, DispatchEvent, Told } from './state.ts'

/** The link that says that a run or a replay ended, and what goes with it. */

/** What ended, and why. */
export interface End {
  course: Course
  told: Told
  stands: QueueState
  ends: 'run' | 'replay'
  terms: OpenTerms
  after: readonly Ref[]
  /** Of the order, where no result came. */
  digest?: string
  /** What ends with it, where that is not the table's rule. */
  rule?: string
  at: string
}

/** The word of an end, with its link. */
export function expired(
  { course, told, stands, ends, terms, after, digest, rule, at }: End,
  runtime_state: RuntimeState,
  { sign }: Pick<Context, 'sign'>,
  more: Partial<Pick<RunExpired, 'order' | 'accepted_at' | 'open' | 'release'>> = {},
): DispatchEvent {
  const { work_order_id, ...notice } = told
  const { newest, tickets, task_token, agent_id } = course
  const object: RunExpiry = {
    object_type: 'run_expiry',
    ...{ work_order_id, ends, state: stands, open_since: terms.since },
    limit_seconds: Math.round((Date.parse(terms.until) - Date.parse(terms.since)) / 1000),
    reason: stuckReason(
      stands,
      tickets.map(({ exception_type }) => exception_type),
    ),
    rule: rule ?? STATE_LIMITS[stands].ends,
    ...(digest === undefined ? {} : { work_order_digest: digest, ...actsBefore(course, after) }),
    issued_at: at,
  }
  return {
    type: 'run.expired',
    data: {
      ...{ work_order_id, task_token, agent_id, expiry: sign('expiry', object, after) },
      ...{ sequence: sequenceOf(course), runtime_state, expired_at: at, ...more },
      notice: { ...notice, result_status: newest?.status ?? 'failed' },
    },
  }
}

/** The acts that a trail of two facts has no place for: that they were accepted is proven by their digests. */
function actsBefore({ acts }: Course, after: readonly Ref[]): Pick<RunExpiry, 'accepted_acts'> {
  const links = new Set(after.map(({ digest }) => digest))
  const accepted_acts = Object.values(acts).filter((digest) => !links.has(digest))
  return accepted_acts.length > 0 ? { accepted_acts: accepted_acts.sort() } : {}
}

/** The place of the next act or expiry among those of the run. */
export function sequenceOf({ acts, expiries = 0 }: Course): number {
  return Object.keys(acts).length + expiries + 1
}

/**
 * The end of an order without a result whose credits an operator released: its trail is the order,
 * the act, this link, entry and seal.
 * @param course as the act left it
 */
export function releaseEnd(
  { order, accepted_at }: Pick<AcceptedOrder, 'order' | 'accepted_at'>,
  { course, release, stands }: { course: Course; release: ActLink; stands: QueueState },
  at: string,
  context: Pick<Context, 'sign'>,
): DispatchEvent[] {
  const { told } = course
  if (told === undefined) return []
  const end: End = {
    ...{ course, told, stands, ends: 'run', after: [order.ref, release.ref], digest: order.digest },
    ...{ terms: { since: accepted_at, until: at }, rule: RELEASE_RULE, at },
  }
  return [expired(end, 'released', context, { order, accepted_at, release })]
}
