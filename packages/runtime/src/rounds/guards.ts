import type { Input } from '../service.ts'
import { Refusal } from '../service.ts'
import type { Change } from './apply-events.ts'
import { alreadyForgotten } from './forget.ts'
import type { Outcome } from './outcome.ts'
import type { Turn } from './prepare.ts'

/** What becomes of an input that is not decided, or was. */
export type Verdict<S> =
  | { kind: 'changed'; change: Change<S> }
  /** It leaves its document as it is. */
  | { kind: 'ended'; outcome: Outcome }
  /** `blocks`: what follows for its document is parked behind it. */
  | { kind: 'failed'; error: unknown; blocks: boolean }

/** What a round remembers from one pass to the next. */
export interface Tries {
  /** Inputs that failed once, with how. */
  failed: Map<string, unknown>
  /** Documents that the database refused to hold. */
  refused: Map<string, Error>
}

/** Answers what becomes of an input instead of a decision; undefined where it is to be decided. */
type Guard = <S>(turn: Turn<S>, tries: Tries) => Verdict<S> | undefined

/** In this order; the first that answers counts. */
const GUARDS: readonly Guard[] = [
  discarding,
  alreadyHandled,
  alreadyForgotten,
  behindParked,
  refusedByDatabase,
  notDueNow,
]

/** What the guards make of an input; undefined where it is to be decided. */
export function guard<S, I extends Input>(turn: Turn<S, I>, tries: Tries): Verdict<S> | undefined {
  for (const one of GUARDS) {
    const verdict = one(turn, tries)
    if (verdict) return verdict
  }
  return undefined
}

/** A person gave a parked input up: it counts as handled. */
function discarding<S>({ entry, change }: Turn<S>): Verdict<S> | undefined {
  const { input, discards } = entry
  if (discards === undefined) return undefined
  const { doc } = change
  const parked = doc.parked.filter((one) => one !== discards)
  const handledIds = [...doc.handledIds, input.id, discards]
  return { kind: 'changed', change: { ...change, doc: { ...doc, parked, handledIds } } }
}

/** An input counts once. */
function alreadyHandled<S>({ entry, change }: Turn<S>): Verdict<S> | undefined {
  if (!change.doc.handledIds.includes(entry.input.id)) return undefined
  return { kind: 'ended', outcome: { outcome: 'seen' } }
}

/** Deciding a message before one that its document has parked would change their order. */
function behindParked<S>({ entry, change }: Turn<S>): Verdict<S> | undefined {
  const { id, parked } = change.doc
  const [first] = parked
  if (first === undefined || first === entry.input.id || !entry.origin) return undefined
  const error = new Refusal('PT-9006', `${id} has a parked input; this one is behind it`)
  return { kind: 'failed', error, blocks: true }
}

/** The database cannot hold what these inputs made of the document: its size, or a unique index. */
function refusedByDatabase<S>(
  { entry, change }: Turn<S>,
  { failed, refused }: Tries,
): Verdict<S> | undefined {
  const error = refused.get(change.doc.id)
  if (error === undefined) return undefined
  // The pass before this one was the first failure.
  failed.set(entry.input.id, error)
  return { kind: 'failed', error, blocks: false }
}

/** The document's due time moved since this one was set. */
function notDueNow<S>({ entry, change }: Turn<S>): Verdict<S> | undefined {
  const { type, at } = entry.input
  if (type !== 'due' || change.doc.due_at === at) return undefined
  return { kind: 'ended', outcome: { outcome: 'nothing' } }
}
