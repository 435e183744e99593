import { isOwnFault } from '../health/retry.ts'
import type { RoundInput } from '../round-input.ts'
import type { Emitted, Input, Pair, Service } from '../service.ts'
import type { Change } from './apply-events.ts'

/** One input on its way to its decision, with its document as the inputs before it left it. */
export interface Turn<S, I extends Input = Input> {
  entry: RoundInput<I>
  change: Change<S>
}

/** What `prepare` brought for one input. */
export type Prepared<C> = { context: C | undefined } | { fault: unknown }

/**
 * One `prepare` for all inputs of a wave; if that fails, one for each: an input whose own fails while
 * another's passes, or fails as a refusal or a defect, ends alone.
 * @returns what was brought for each, in order
 * @throws for an outage
 */
export async function prepareWave<S, I extends Input, E extends Emitted, C>(
  service: Pick<Service<S, I, E, C>, 'prepare'>,
  turns: readonly Turn<S, I>[],
): Promise<Prepared<C>[]> {
  if (!service.prepare) return turns.map(() => NOTHING)
  const pairs = turns.map(({ change: { doc }, entry }): Pair<S, I> => {
    return { doc: doc.id, state: doc.state, input: entry.input }
  })
  try {
    const all = { context: await service.prepare(pairs) }
    return turns.map(() => all)
  } catch (error) {
    if (pairs.length === 1 && !isOwnFault(error)) throw error
  }
  const each: Prepared<C>[] = []
  for (const pair of pairs) {
    each.push(await service.prepare([pair]).then(asContext, (fault: unknown) => ({ fault })))
  }
  const faults = each.flatMap((one) => ('fault' in one ? [one.fault] : []))
  const outage = faults.find((fault) => !isOwnFault(fault))
  if (outage !== undefined && faults.length === each.length) throw outage
  return each
}

const NOTHING = { context: undefined }

function asContext<C>(context: C): Prepared<C> {
  return { context }
}
