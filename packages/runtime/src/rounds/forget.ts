import { isOperators, type RunForgotten } from '@prooftrail/contracts'
import type { TrailKey } from '@prooftrail/trail'
import type { Doc } from '../documents/document.ts'
import { type Input, Refusal, type Service } from '../service.ts'
import type { Verdict } from './guards.ts'
import type { Turn } from './prepare.ts'

/**
 * A run that is forgotten: its documents keep their id, what they handled and published, and what the
 * service says must stay.
 * O1 It takes nothing in any more, whatever comes late or again: nothing brings back what was deleted.
 * O2 What it published and nobody confirmed yet still goes out: it was said before.
 * O3 A rebuild makes it forgotten again, out of the same message.
 * O4 The message counts by an operator's signature, whoever else may write its topic; what has none is
 *    parked (PT-9062) before any document is named.
 */

/** The message that says so, as every service that keeps something of runs reads it. */
export const FORGOTTEN = 'run.forgotten'

/** What of a service has to do with it. */
interface Forgetful<I extends Input> {
  name: string
  forget?: unknown
  route(input: I): string | undefined
}

/**
 * The same service, which takes from operators alone that a run is forgotten (O4).
 * @param keys the deployment's own
 * @throws Error for a service that forgets and was given no keys
 */
export function heedingOperators<I extends Input, B extends Forgetful<I>>(
  service: B & Forgetful<I>,
  keys: readonly TrailKey[] | undefined,
): B {
  if (!service.forget) return service
  if (!keys) throw new Error(`${service.name} forgets runs, and knows no operator's key`)
  return {
    ...service,
    route(input: I) {
      const { type, at, data } = input
      if (type === FORGOTTEN && !isOperators(data as RunForgotten, keys, at)) {
        throw new Refusal('PT-9062', 'not signed by a key of KEYS_FILE with the role operator')
      }
      return service.route(input)
    },
  }
}

/** What becomes of the message; undefined for every other input. */
export function forgetting<S, I extends Input>(
  { forget }: Pick<Service<S, I, never, unknown>, 'forget'>,
  { entry, change }: Turn<S, I>,
): Verdict<S> | undefined {
  const { input } = entry
  if (input.type !== FORGOTTEN || !forget) return undefined
  const { doc } = change
  const handledIds = [...doc.handledIds, input.id]
  return {
    kind: 'changed',
    // an effect that an earlier input of the round asked for is the deleted run's
    change: { ...change, effects: [], doc: { ...forgottenDoc(doc, forget), handledIds } },
  }
}

/** A document without what its run said. */
export function forgottenDoc<S>(doc: Doc<S>, forget: (state: S) => S): Doc<S> {
  return { ...doc, state: forget(doc.state), parked: [], due_at: undefined, forgotten: true }
}

/** O1 */
export function alreadyForgotten<S>({ entry, change }: Turn<S>): Verdict<S> | undefined {
  if (!change.doc.forgotten || entry.discards !== undefined) return undefined
  const { type } = entry.input
  if (type === 'due') return { kind: 'ended', outcome: { outcome: 'nothing' } }
  const { id } = change.doc
  const refusal = new Refusal('PT-9061', `${id} is forgotten; ${type} changes nothing`, {
    isQuiet: true,
  })
  return { kind: 'ended', outcome: { outcome: 'refused', refusal, document: id } }
}
