import { type Codec, RegistryUnavailable } from '@prooftrail/contracts'
import type { Logger } from 'pino'
import type { Doc } from '../documents/document.ts'
import { isOwnFault } from '../health/retry.ts'
import { type Emitted, type Input, Refusal, RetryLater, type Service } from '../service.ts'
import { type Change, fold, SchemaWanted } from './apply-events.ts'
import { parkable } from './park.ts'
import type { Outcome, Outcomes, RoundInput } from './round-input.ts'

/**
 * Decides every open input once, against the documents given.
 * D1 A document's inputs are decided in the order in which they came; wave k takes the k-th input
 *    of every document, so that `prepare` asks the outside once for all of them.
 * D2 What is no refusal fails an input only at the second time, from a document read anew; then it
 *    is parked and blocks its document. One input's failure fails no other.
 * D3 An outage (of `prepare`, of the registry) is thrown: the round is run again.
 */

export interface Decided<S> {
  changes: Map<string, Change<S>>
  /** Documents with an input that failed for the first time: to be read and decided again. */
  again: Set<string>
  /** Documents that some decision left as they were: true only of their newest version. */
  unproven: Set<string>
}

export interface DecideTools {
  codec: Codec
  log: Logger
}

/** What a round remembers from one pass to the next. */
export interface Tries {
  /** Inputs that failed once, with how. */
  failed: Map<string, unknown>
  /** Documents that the database refused to hold. */
  refused: Map<string, Error>
}

/** A due time that came to nothing, and one that failed, are asked for again after these. */
const ASK_AGAIN_MS = { nothing: 5_000, notYet: 1_000, failed: 30_000 } as const

export async function decideAll<S, I extends Input, E extends Emitted, C>(
  service: Service<S, I, E, C>,
  tools: DecideTools,
  docs: ReadonlyMap<string, Doc<S>>,
  open: ReadonlyMap<string, readonly RoundInput<I>[]>,
  tries: Tries,
  ends: Outcomes,
): Promise<Decided<S>> {
  const decided: Decided<S> = { changes: new Map(), again: new Set(), unproven: new Set() }
  const { changes, again, unproven } = decided
  const current = (id: string): Change<S> | undefined => {
    const doc = docs.get(id)
    return changes.get(id) ?? (doc && { doc, effects: [], publishes: false, said: [] })
  }

  /** Outcomes an input without events. */
  const end = (work: RoundInput<I>, id: string, how: Outcome): void => {
    ends.set(work, how)
    if (how.outcome !== 'seen') unproven.add(id)
  }

  /** D2; refusals and waits leave the document as it is. */
  const fail = (work: RoundInput<I>, change: Change<S>, error: unknown): void => {
    const { input, origin } = work
    const { doc } = change
    if (error instanceof RetryLater && origin?.value) {
      const waiting = { ...origin, value: origin.value, id: input.id, at: input.at }
      end(work, doc.id, { outcome: 'waiting', waiting })
      return
    }
    const isRefused = error instanceof Refusal || error instanceof RetryLater
    if (!isRefused && !tries.failed.has(input.id)) {
      tries.failed.set(input.id, error)
      again.add(doc.id)
      return
    }
    if (!isRefused) {
      tools.log.error({ err: error, input: input.type, doc: doc.id }, 'input keeps failing')
    }
    if (input.type === 'due') {
      const askAgainMs = ASK_AGAIN_MS[error instanceof RetryLater ? 'notYet' : 'failed']
      end(work, doc.id, { outcome: 'failed', askAgainMs })
      return
    }
    const parking = parkable(service.name, input, origin, error, doc.id)
    end(work, doc.id, { outcome: 'parked', parking })
    if (!isRefused && origin) block(change, input.id)
  }

  const block = (change: Change<S>, input: string): void => {
    const { doc } = change
    if (doc.parked.includes(input)) return
    changes.set(doc.id, { ...change, doc: { ...doc, parked: [...doc.parked, input] } })
  }

  const longest = Math.max(0, ...[...open.values()].map((queue) => queue.length))
  for (let wave = 0; wave < longest; wave += 1) {
    const pairs: { change: Change<S>; work: RoundInput<I> }[] = []
    for (const [id, queue] of open) {
      const work = queue[wave]
      const change = current(id)
      if (!work || !change || again.has(id)) continue
      const { input } = work
      const { doc } = change
      const [first] = doc.parked
      const refusal = tries.refused.get(id)
      if (work.discards !== undefined) {
        const parked = doc.parked.filter((one) => one !== work.discards)
        changes.set(id, {
          ...change,
          doc: { ...doc, parked, seen: [...doc.seen, input.id, work.discards] },
        })
        ends.set(work, { outcome: 'decided' })
      } else if (doc.seen.includes(input.id)) {
        end(work, id, { outcome: 'seen' })
      } else if (first !== undefined && first !== input.id && work.origin) {
        const behind = new Refusal('PT-9006', `${id} has a parked input; this one is behind it`)
        fail(work, change, behind)
        block(change, input.id)
      } else if (refusal) {
        tries.failed.set(input.id, refusal)
        fail(work, change, refusal)
      } else if (input.type === 'due' && doc.due_at !== input.at) {
        end(work, id, { outcome: 'nothing' })
      } else pairs.push({ change, work })
    }
    if (pairs.length === 0) continue
    const { context, faults } = await prepareWave(service, pairs)
    for (const { change, work } of pairs) {
      const id = change.doc.id
      try {
        if (faults.has(work)) throw faults.get(work)
        const events = service.decide(change.doc.state, work.input, context.get(work) as C)
        if (events.length > 0 || change.doc.parked.includes(work.input.id)) {
          changes.set(id, fold(service, tools.codec, change, work, events))
          ends.set(work, { outcome: 'decided' })
        } else {
          const isDue = work.input.type === 'due'
          end(work, id, {
            outcome: 'nothing',
            ...(isDue ? { askAgainMs: ASK_AGAIN_MS.nothing } : {}),
          })
        }
      } catch (error) {
        if (error instanceof SchemaWanted && !tries.failed.has(work.input.id)) {
          const missing = await lookUp(tools.codec, error.event)
          if (missing) tries.failed.set(work.input.id, missing)
          again.add(id)
        } else fail(work, change, tries.failed.get(work.input.id) ?? error)
      }
    }
  }
  return decided
}

/** Looks a schema id up; answers why there is none. @throws RegistryUnavailable */
async function lookUp(codec: Codec, { type, tool }: Emitted): Promise<unknown> {
  try {
    // Only published types are encoded.
    await codec.ready([type as Parameters<Codec['ready']>[0][number]], tool)
    return undefined
  } catch (error) {
    if (error instanceof RegistryUnavailable) throw error
    return error
  }
}

/**
 * One `prepare` for all; if that fails, one for each: an input whose own fails while another's
 * passes, or fails as a refusal or a defect, ends alone. @throws for an outage
 */
async function prepareWave<S, I extends Input, E extends Emitted, C>(
  service: Service<S, I, E, C>,
  pairs: readonly { change: Change<S>; work: RoundInput<I> }[],
): Promise<{ context: Map<RoundInput<I>, C | undefined>; faults: Map<RoundInput<I>, unknown> }> {
  const context = new Map<RoundInput<I>, C | undefined>()
  const faults = new Map<RoundInput<I>, unknown>()
  if (!service.prepare) return { context, faults }
  const wave = pairs.map(({ change: { doc }, work }) => ({
    work,
    pair: { doc: doc.id, state: doc.state, input: work.input },
  }))
  try {
    const all = await service.prepare(wave.map(({ pair }) => pair))
    for (const { work } of wave) context.set(work, all)
    return { context, faults }
  } catch (error) {
    if (wave.length === 1 && !isOwnFault(error)) throw error
  }
  for (const { work, pair } of wave) {
    try {
      context.set(work, await service.prepare([pair]))
    } catch (error) {
      faults.set(work, error)
    }
  }
  const outage = [...faults.values()].find((error) => !isOwnFault(error))
  if (outage !== undefined && context.size === 0) throw outage
  return { context, faults }
}
