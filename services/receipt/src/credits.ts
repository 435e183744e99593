import type { SettlementReceiptLink } from '@prooftrail/contracts'

/**
 * The arithmetic of an account, pure, in whole credits. An account is an append-only list of credit
 * entries; each one is a movement and the totals after it.
 * C1 held + debited + free = funded, and none of them is ever negative.
 * C2 A movement is said once: an entry that is known is the answer, byte for byte.
 * C3 Oldest first: while an order waits for credits, an order that comes later waits behind it,
 *    even if it would fit. A price of 0 never waits.
 * C4 A hold ends once: its debit, which may be 0, decides; what is left of the hold is released.
 */

/** A kind of credit entry; `short` says that an order began to wait, and later that it gave up. */
export type Kind = 'fund' | 'hold' | 'short' | 'debit' | 'release'

/** What an account holds, in credits. */
export interface Totals {
  /** All that was ever funded. */
  funded: number
  /** Set aside for orders that run. */
  held: number
  /** All that was ever consumed. */
  debited: number
  /** What a new hold may take. */
  free: number
  /** How many orders wait for credits. */
  waiting: number
  /** Id of the latest settlement receipt. */
  settlement?: string
}

/** The end of an account's list; seq 0 stands for an empty list. */
export interface Head extends Totals {
  account: string
  seq: number
}

/** One movement on an account, with the totals after it. */
export interface Entry extends Head {
  /** Unique: `<ref>/<kind>/<n>`; whoever gives up takes the place of its hold, so that none follows. */
  key: string
  kind: Kind
  /** The work order; for funding the settlement receipt's id, which is derived from account and reference. */
  ref: string
  amount: number
  /** RFC 3339: the time of the input that moved. */
  at: string
  /** Funding only: the settlement receipt as issued. */
  receipt?: SettlementReceiptLink
  /** Funding of 0 credits only: the work order that first needed a settlement receipt. */
  first_need?: string
}

interface Common {
  account: string
  ref: string
  /** Which of the order's holds it is about; absent: the first, 0. */
  n?: number
  at: string
}

/** What is asked of an account; `ref` and `type` together name it. */
export type Movement =
  | (Common & {
      type: 'fund'
      amount: number
      receipt: SettlementReceiptLink
      first_need?: string
    })
  /** `queued`: the order waited, and it is its turn. */
  | (Common & { type: 'hold'; amount: number; queued: boolean })
  /** Ends the hold of `held` credits: debits some or none, releases the rest. */
  | (Common & { type: 'settle'; held: number; debit: number })
  /** The order waits no longer. */
  | (Common & { type: 'leave' })

/** Why an account does not move: too few credits, numbers beyond 2^53, a hold that the list lacks. */
export type Declined = 'short' | 'overflow' | 'uncovered'

/** `entry` decides; `last` has the totals when all of the movement was said. */
export type Answer = { entry: Entry; last: Entry } | { declined: Declined }

/** Names a movement among those of one call. */
export function movementId(movement: Pick<Movement, 'ref' | 'type'>): string {
  return `${movement.ref}/${movement.type}`
}

/** `<account>/<seq>`, the seq in twelve digits: the entry's id in the list. */
export function entryId(account: string, seq: number): string {
  return `${account}/${String(seq).padStart(12, '0')}`
}

export function emptyHead(account: string): Head {
  return { account, seq: 0, funded: 0, held: 0, debited: 0, free: 0, waiting: 0 }
}

/** Whether the value counts credits: a safe integer from 0. */
export function isCredits(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

/** The keys that this movement may say or find. */
export function keysOf({ ref, type, n = 0 }: Pick<Movement, 'ref' | 'type' | 'n'>): string[] {
  switch (type) {
    case 'fund':
      return [`${ref}/fund/0`]
    case 'hold':
      return [`${ref}/hold/${n}`, `${ref}/short/${n}`]
    case 'settle':
      return [`${ref}/debit/${n}`, `${ref}/release/${n}`]
    case 'leave':
      return [`${ref}/hold/${n}`]
  }
}

/**
 * True where one key excludes another, so that what was said must be read before; elsewhere the
 * unique key alone refuses to say a thing twice.
 */
export function mustReadKeys(movement: Movement): boolean {
  return movement.type === 'leave' || (movement.type === 'hold' && movement.queued)
}

/** What a movement says behind `head`, given the entries known by key. Says nothing when declined. */
export function plan(
  head: Head,
  movement: Movement,
  known: ReadonlyMap<string, Entry>,
): { answer: Answer; entries: Entry[] } {
  switch (movement.type) {
    case 'fund':
      return fund(head, movement, known)
    case 'hold':
      return hold(head, movement, known)
    case 'settle':
      return settle(head, movement, known)
    case 'leave':
      return leave(head, movement, known)
  }
}

type Planned = ReturnType<typeof plan>
type Of<T extends Movement['type']> = Extract<Movement, { type: T }>
type Known = ReadonlyMap<string, Entry>

function fund(head: Head, movement: Of<'fund'>, known: Known): Planned {
  const { ref, amount, receipt, first_need } = movement
  const said = known.get(`${ref}/fund/0`)
  if (said) return found(said)
  if (!isCredits(amount) || !isCredits(head.funded + amount)) return declined('overflow')
  return says({
    ...behind(head, movement, 'fund', 0, amount),
    funded: head.funded + amount,
    free: head.free + amount,
    settlement: ref,
    receipt,
    ...(first_need === undefined ? {} : { first_need }),
  })
}

function hold(head: Head, movement: Of<'hold'>, known: Known): Planned {
  const { ref, amount, queued, n = 0 } = movement
  const begun = queued ? undefined : known.get(`${ref}/short/${n}`)
  const said = known.get(`${ref}/hold/${n}`) ?? begun
  if (said) return found(said)
  if (!isCredits(amount)) return declined('overflow')
  if (amount === 0 || (amount <= head.free && (queued || head.waiting === 0))) {
    return says({
      ...behind(head, movement, 'hold', n, amount),
      held: head.held + amount,
      free: head.free - amount,
      waiting: queued ? head.waiting - 1 : head.waiting,
    })
  }
  if (queued) return declined('short')
  return says({ ...behind(head, movement, 'short', n, amount), waiting: head.waiting + 1 })
}

function settle(head: Head, movement: Of<'settle'>, known: Known): Planned {
  const { ref, held, debit, n = 0 } = movement
  const entries: Entry[] = []
  let entry = known.get(`${ref}/debit/${n}`)
  let end = head
  if (!entry) {
    if (!isCredits(debit) || debit > held || held > head.held) return declined('uncovered')
    entry = {
      ...behind(head, movement, 'debit', n, debit),
      held: head.held - debit,
      debited: head.debited + debit,
    }
    entries.push(entry)
    end = entry
  }
  const rest = held - entry.amount
  if (rest <= 0) return { answer: { entry, last: entry }, entries }
  let last = known.get(`${ref}/release/${n}`)
  if (!last) {
    if (rest > end.held) return declined('uncovered')
    last = {
      ...behind(end, movement, 'release', n, rest),
      held: end.held - rest,
      free: end.free + rest,
    }
    entries.push(last)
  }
  return { answer: { entry, last }, entries }
}

function leave(head: Head, movement: Of<'leave'>, known: Known): Planned {
  const { ref, n = 0 } = movement
  const key = `${ref}/hold/${n}`
  const said = known.get(key)
  if (said) return found(said)
  return says({ ...behind(head, movement, 'short', n, 0), key, waiting: head.waiting - 1 })
}

/** The next entry, with the totals as they are before it. */
function behind(head: Head, { ref, at }: Common, kind: Kind, n: number, amount: number): Entry {
  const { account, seq, funded, held, debited, free, waiting, settlement } = head
  return {
    ...{ account, seq: seq + 1, key: `${ref}/${kind}/${n}`, kind, ref, amount, at },
    ...{ funded, held, debited, free, waiting },
    ...(settlement === undefined ? {} : { settlement }),
  }
}

function says(entry: Entry): Planned {
  return { answer: { entry, last: entry }, entries: [entry] }
}

function found(entry: Entry): Planned {
  return { answer: { entry, last: entry }, entries: [] }
}

function declined(reason: Declined): Planned {
  return { answer: { declined: reason }, entries: [] }
}
