import { type Codec, RegistryUnavailable } from '@prooftrail/contracts'
import type { Logger } from 'pino'
import type { Doc } from '../documents/document.ts'
import { aboutInput } from '../log.ts'
import type { RoundInput } from '../round-input.ts'
import { type Emitted, type Input, Refusal, RetryLater, type Service } from '../service.ts'
import { applyEvents, type Change, SchemaWanted } from './apply-events.ts'
import { forgetting } from './forget.ts'
import { guard, type Tries, type Verdict } from './guards.ts'
import type { Outcome, Outcomes } from './outcome.ts'
import { parkable } from './park.ts'
import { type Prepared, prepareWave, type Turn } from './prepare.ts'

/**
 * Decides every open input once, against the documents given.
 * D1 A document's inputs are decided in the order in which they came; wave k takes the k-th input
 *    of every document, so that `prepare` asks the outside once for all of them.
 * D2 What is no refusal fails an input only at the second time, from a document read anew; then it
 *    is parked and blocks its document, unless an outsider wrote it. One input's failure fails no
 *    other.
 * D3 An outage (of `prepare`, of the registry) is thrown: the round is run again.
 */
export async function decideAll<S, I extends Input, E extends Emitted, C>(
  service: Service<S, I, E, C>,
  tools: DecideTools,
  docs: ReadonlyMap<string, Doc<S>>,
  open: ReadonlyMap<string, readonly RoundInput<I>[]>,
  round: { tries: Tries; outcomes: Outcomes },
): Promise<Decided<S>> {
  const pass = new Pass(service, tools, docs, round)
  const longest = Math.max(0, ...[...open.values()].map((queue) => queue.length))
  for (let wave = 0; wave < longest; wave += 1) {
    const turns = pass.guarded(open, wave)
    if (turns.length === 0) continue
    const prepared = await prepareWave(service, turns)
    for (const [n, turn] of turns.entries()) {
      const wanted = pass.decide(turn, prepared[n])
      if (wanted) await pass.lookUp(turn, wanted)
    }
  }
  return pass.decided
}

export interface DecideTools {
  codec: Codec
  log: Logger
}

export interface Decided<S> {
  changes: Map<string, Change<S>>
  /** Documents with an input that failed for the first time: to be read and decided again. */
  again: Set<string>
  /** Documents that some decision left as they were: true only of their newest version. */
  unproven: Set<string>
}

/** A due time that came to nothing, and one that failed, are asked for again after these. */
const ASK_AGAIN_MS = { nothing: 5_000, retryLater: 1_000, failed: 30_000 } as const

/** One pass over all open inputs of a round. */
class Pass<S, I extends Input, E extends Emitted, C> {
  readonly decided: Decided<S> = { changes: new Map(), again: new Set(), unproven: new Set() }
  readonly #service: Service<S, I, E, C>
  readonly #tools: DecideTools
  readonly #docs: ReadonlyMap<string, Doc<S>>
  readonly #tries: Tries
  readonly #outcomes: Outcomes

  constructor(
    service: Service<S, I, E, C>,
    tools: DecideTools,
    docs: ReadonlyMap<string, Doc<S>>,
    { tries, outcomes }: { tries: Tries; outcomes: Outcomes },
  ) {
    this.#service = service
    this.#tools = tools
    this.#docs = docs
    this.#tries = tries
    this.#outcomes = outcomes
  }

  /** The inputs of a wave that are to be decided; the guards' verdicts on all others are applied. */
  guarded(open: ReadonlyMap<string, readonly RoundInput<I>[]>, wave: number): Turn<S, I>[] {
    const turns: Turn<S, I>[] = []
    for (const [id, queue] of open) {
      const entry = queue[wave]
      const change = this.#current(id)
      if (!entry || !change || this.decided.again.has(id)) continue
      const turn = { entry, change }
      const verdict = guard(turn, this.#tries) ?? forgetting(this.#service, turn)
      if (verdict) this.#apply(turn, verdict)
      else turns.push(turn)
    }
    return turns
  }

  /** Decides one input; answers the event whose schema id must be looked up first. */
  decide(turn: Turn<S, I>, prepared: Prepared<C> | undefined): Emitted | undefined {
    const { input } = turn.entry
    try {
      this.#apply(turn, this.#verdict(turn, prepared))
    } catch (error) {
      const earlier = this.#tries.failed.get(input.id)
      if (error instanceof SchemaWanted && earlier === undefined) return error.event
      this.#apply(turn, { kind: 'failed', error: earlier ?? error, blocks: false })
    }
    return undefined
  }

  /** Looks a schema id up; the input is decided again, or fails with why there is none. */
  async lookUp({ entry, change }: Turn<S, I>, { type, tool }: Emitted): Promise<void> {
    this.decided.again.add(change.doc.id)
    try {
      // Only published types are encoded.
      await this.#tools.codec.ready([type as Parameters<Codec['ready']>[0][number]], tool)
    } catch (error) {
      if (error instanceof RegistryUnavailable) throw error
      this.#tries.failed.set(entry.input.id, error)
    }
  }

  #verdict({ entry, change }: Turn<S, I>, prepared: Prepared<C> | undefined): Verdict<S> {
    if (prepared && 'fault' in prepared) throw prepared.fault
    // A service without `prepare` has the context `undefined`.
    const context = prepared?.context as C
    const { input } = entry
    const events = this.#service.decide(change.doc.state, input, context)
    if (events.length > 0 || change.doc.parked.includes(input.id)) {
      const { codec } = this.#tools
      return { kind: 'changed', change: applyEvents(this.#service, codec, change, entry, events) }
    }
    const again = input.type === 'due' ? { askAgainMs: ASK_AGAIN_MS.nothing } : {}
    return { kind: 'ended', outcome: { outcome: 'nothing', ...again } }
  }

  #apply({ entry, change }: Turn<S, I>, verdict: Verdict<S>): void {
    const { id } = change.doc
    switch (verdict.kind) {
      case 'changed':
        this.decided.changes.set(id, verdict.change)
        this.#outcomes.set(entry, { outcome: 'decided' })
        return
      case 'ended':
        this.#end(entry, id, verdict.outcome)
        return
      case 'failed':
        this.#fail(entry, change, verdict)
        return
    }
  }

  /** Ends an input without events. */
  #end(entry: RoundInput<I>, id: string, outcome: Outcome): void {
    this.#outcomes.set(entry, outcome)
    if (outcome.outcome !== 'seen') this.decided.unproven.add(id)
  }

  /** D2; refusals and waits leave the document as it is. */
  #fail(
    entry: RoundInput<I>,
    change: Change<S>,
    { error, blocks }: { error: unknown; blocks: boolean },
  ): void {
    const { input, origin } = entry
    const { id } = change.doc
    if (error instanceof RetryLater && origin?.value) {
      const { topic, partition, offset, key, value, headers } = origin
      const { id: inputId, at } = input
      const isClaim = this.#service.claimed?.includes(input.type) === true
      const message = { topic, partition, offset, key, value, headers }
      const waiting = { ...message, id: inputId, at, wanted: error.wanted, isClaim }
      this.#end(entry, id, { outcome: 'waiting', waiting })
      return
    }
    if (error instanceof Refusal && error.isQuiet) {
      this.#end(entry, id, { outcome: 'refused', refusal: error, document: id })
      this.#unblock(change, input.id)
      return
    }
    const isRefused = error instanceof Refusal || error instanceof RetryLater
    if (!isRefused && !this.#tries.failed.has(input.id)) {
      this.#tries.failed.set(input.id, error)
      this.decided.again.add(id)
      return
    }
    if (!isRefused) {
      const about = { code: 'PT-9005', input: input.type, ...aboutInput(entry, id) }
      this.#tools.log.warn({ ...about, err: error }, 'input keeps failing')
    }
    if (input.type === 'due') {
      const askAgainMs = ASK_AGAIN_MS[error instanceof RetryLater ? 'retryLater' : 'failed']
      this.#end(entry, id, { outcome: 'failed', askAgainMs })
      return
    }
    const isClaim = this.#service.claimed?.includes(input.type) === true
    const isBlocking = blocks || (!isRefused && origin !== undefined && !isClaim)
    const position = isBlocking ? placeOf(change.doc, input.id) : undefined
    const parking = parkable(this.#service.name, input, origin, error, id, position)
    this.#end(entry, id, { outcome: 'parked', parking })
    if (isBlocking) this.#block(change, input.id)
    else this.#unblock(change, input.id)
  }

  /** A refusal is a decision: what was sent again and is refused holds up nothing any more. */
  #unblock(change: Change<S>, input: string): void {
    const { doc } = change
    if (!doc.parked.includes(input)) return
    const parked = doc.parked.filter((one) => one !== input)
    this.decided.changes.set(doc.id, { ...change, doc: { ...doc, parked } })
  }

  /** What follows for the document is parked behind this input. */
  #block(change: Change<S>, input: string): void {
    const { doc } = change
    if (doc.parked.includes(input)) return
    const blocked = { ...change, doc: { ...doc, parked: [...doc.parked, input] } }
    this.decided.changes.set(doc.id, blocked)
  }

  /** A document as the inputs decided so far leave it. */
  #current(id: string): Change<S> | undefined {
    const doc = this.#docs.get(id)
    const change = this.decided.changes.get(id)
    return change ?? (doc && { doc, effects: [], publishes: false, events: [] })
  }
}

/** Where an input stands, or will, among those that a document has parked. */
function placeOf({ parked }: Doc<unknown>, input: string): number {
  const known = parked.indexOf(input)
  return known < 0 ? parked.length : known
}
