import { STATUS_MEANINGS, type StatusMeaning } from '@prooftrail/contracts'

/**
 * What an item says about its own standing, read by one published list of words.
 * S1 Words are folded for finding: Unicode form, case, spaces and punctuation do not count.
 * S2 A word that the list does not hold, or a status that is no text, is `unknown`: never usable.
 * S3 A class of the manifest may add words of its trade (`status_words`); they go first.
 */
export const STATUS_WORDS: Readonly<Record<StatusMeaning, readonly string[]>> = {
  done: words(
    `done, complete, completed, achieved, met, satisfied, fulfilled, executed, fully
     executed, signed, closed, resolved, answered, waived, exempt, paid, paid in full,
     succeeded, success, successful, ok, passed, settled, cleared, captured, posted,
     booked, reconciled, confirmed, finalized, finalised, final, approved, accepted,
     granted, issued, received, submitted, filed, delivered, sent, processed, recorded,
     registered, verified, active, valid, current, effective, in force, in effect,
     dispute won, won`,
  ),
  open: words(
    `open, pending, new, draft, created, initiated, started, not started, planned,
     scheduled, upcoming, queued, waiting, awaiting, awaiting payment, in progress,
     ongoing, running, processing, in review, under review, in transit, on hold, held,
     suspended, paused, delayed, late, due, overdue, past due, outstanding, unpaid,
     partial, partially paid, partly paid, incomplete, unconfirmed, authorized,
     authorised, requires action, requires capture, requires confirmation, requires
     payment method`,
  ),
  void: words(
    `void, voided, null and void, cancelled, canceled, expired, lapsed, withdrawn,
     terminated, revoked, rescinded, abandoned, annulled, deleted, removed, invalid,
     inactive, refunded, reversed, written off`,
  ),
  superseded: words('superseded, replaced, obsolete, outdated'),
  failed: words(
    `failed, failure, error, errored, reverted, dropped, declined, denied, refused,
     rejected, returned, bounced, aborted, timed out, unsuccessful`,
  ),
  disputed: words(
    `disputed, in dispute, under dispute, contested, chargeback, charged back, dispute
     lost, lost, needs response`,
  ),
  unresolved: words(
    `unresolved, unknown, unclear, undetermined, to be determined, tbd, to be confirmed,
     tbc, partially refunded, partly refunded`,
  ),
}

function words(list: string): string[] {
  return list.replace(/\s+/g, ' ').split(', ')
}

/** What an item says, and what that means; `said` names member and value as they were written. */
export type Standing = { meaning: 'unsaid' } | { meaning: StatusMeaning | 'unknown'; said: string }

/** A word as it is looked up: letters and digits only, small, in Unicode's compatibility form. */
export function foldWord(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, '')
}

const MEANING_OF: ReadonlyMap<string, StatusMeaning> = new Map(
  STATUS_MEANINGS.flatMap((meaning) =>
    STATUS_WORDS[meaning].map((word): [string, StatusMeaning] => [foldWord(word), meaning]),
  ),
)

const NO_WORDS = {}

/** What a status word means; undefined for one that neither list holds. */
export function meaningOf(
  text: string,
  own: { readonly [word: string]: StatusMeaning } = NO_WORDS,
): StatusMeaning | undefined {
  const folded = foldWord(text)
  return foldedWords(own).get(folded) ?? MEANING_OF.get(folded)
}

const foldedLists = new WeakMap<object, ReadonlyMap<string, StatusMeaning>>()

/**
 * A class's own words, folded once for all items that are read by them; the first of two counts. The
 * list is a manifest's, which does not change.
 */
function foldedWords(own: {
  readonly [word: string]: StatusMeaning
}): ReadonlyMap<string, StatusMeaning> {
  const known = foldedLists.get(own)
  if (known) return known
  const folded = new Map<string, StatusMeaning>()
  for (const [word, meaning] of Object.entries(own)) {
    const name = foldWord(word)
    if (!folded.has(name)) folded.set(name, meaning)
  }
  foldedLists.set(own, folded)
  return folded
}

/**
 * The worst that an item says of itself: `unresolved` in any truthy spelling, a mark such as
 * `withdrawn: true` or `superseded_by: …`, else its `status`. Nothing said is `unsaid`.
 */
export function readStanding(
  item: { readonly [member: string]: unknown },
  own?: { readonly [word: string]: StatusMeaning },
): Standing {
  if (isMarked(item.unresolved)) {
    return { meaning: 'unresolved', said: saidOf('unresolved', item.unresolved) }
  }
  for (const [member, value] of Object.entries(item)) {
    const meaning = markOf(member)
    if (meaning !== undefined && isMarked(value)) return { meaning, said: saidOf(member, value) }
  }
  const { status } = item
  if (isBlank(status)) return { meaning: 'unsaid' }
  const meaning = typeof status === 'string' ? meaningOf(status, own) : undefined
  return { meaning: meaning ?? 'unknown', said: saidOf('status', status) }
}

/** What is known, for whoever said something else: a few words of each meaning. */
export const KNOWN_WORDS: string = STATUS_MEANINGS.map(
  (meaning) => `${meaning}: ${STATUS_WORDS[meaning].slice(0, 4).join(', ')}`,
).join('; ')

/** Members that speak against an item when they are set: the words themselves, and who replaced it. */
const MARKS: ReadonlyMap<string, StatusMeaning> = new Map([
  ...[...MEANING_OF].filter(([, meaning]) => meaning !== 'done' && meaning !== 'open'),
  [foldWord('superseded_by'), 'superseded'],
  [foldWord('replaced_by'), 'superseded'],
])

const markOfMember = new Map<string, StatusMeaning | undefined>()
const MAX_REMEMBERED = 1_000

/** Records by the thousand have the same few members: what each means is worked out once. */
function markOf(member: string): StatusMeaning | undefined {
  if (markOfMember.has(member)) return markOfMember.get(member)
  if (markOfMember.size >= MAX_REMEMBERED) markOfMember.clear()
  const meaning = MARKS.get(foldWord(member))
  markOfMember.set(member, meaning)
  return meaning
}

const UNSET: ReadonlySet<string> = new Set(['', 'false', 'no', 'n', 'none', 'null', 'na'])

/** Anything but a plain no: what is not understood counts as said. */
function isMarked(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 0) return false
  if (Array.isArray(value)) return value.length > 0
  if (typeof value !== 'string') return true
  const folded = foldWord(value)
  return !UNSET.has(folded) && !/^0+$/.test(folded)
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && !/\S/.test(value))
}

function saidOf(member: string, value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return `${member} ${text.length > 80 ? `${text.slice(0, 80)}…` : text}`
}
