import type { RuntimeState } from '@prooftrail/contracts'
import { Refusal } from '@prooftrail/runtime'
import { deriveId } from '@prooftrail/trail'
import { MAX_TICKETS, parseLinkName } from '@prooftrail/trail/format'
import { nameAt } from './signer.ts'
import type {
  ActFact,
  BoundAttempt,
  CheckedLink,
  Delivery,
  Fact,
  Later,
  LaterResult,
  Receipts,
  SealedTrail,
  TrailItem,
} from './state.ts'
import { firstDelivery, isFinal } from './trail-order.ts'

/**
 * What follows the first seal: acts, further results, the ends of callbacks.
 * L1 A fact may come before what it follows; it is kept until that is there.
 * L2 A revision takes all that follows from what the trail has, at most one more result among it.
 */

export const NO_LATER: Later = { acts: [], results: {} }

/** What one revision adds, and what stays for the next one. */
export interface Added {
  /** In trail order, under their names in the trail. */
  links: CheckedLink[]
  acts: readonly ActFact[]
  result?: ResultAdded
  /** Deliveries of results that the trail had, and of the one added. */
  deliveries: readonly Delivery[]
  /** What the newest of the acts and results leads to; undefined: where the run stood. */
  runtime_state?: RuntimeState
  rest: Pick<SealedTrail, 'late' | 'later' | 'attempts'>
}

/** One more result with what led to it. */
export interface ResultAdded {
  bound: BoundAttempt
  contract: LaterContract
  usage: Receipts['usage']
  delivery: Delivery
}

type LaterContract = NonNullable<LaterResult['result']>['contract']

/** Keeps a fact for later; one that is there stays. */
export function keepLater(later: Later, fact: Fact): Later {
  switch (fact.kind) {
    case 'act': {
      const { kind: _, ...act } = fact
      if (later.acts.some(({ sequence }) => sequence === act.sequence)) return later
      const acts = [...later.acts, act].sort((a, b) => a.sequence - b.sequence)
      return { ...later, acts }
    }
    case 'bound':
      return change(later, fact.number, (one) => ({
        ...one,
        bound: { [fact.attempt]: fact.bound, ...one.bound },
      }))
    case 'result':
      return change(later, fact.number, (one) => ({ ...one, result: one.result ?? fact.result }))
    case 'receipts':
      return change(later, fact.number, (one) => ({
        ...one,
        receipts: one.receipts ?? fact.receipts,
      }))
    case 'delivery': {
      const { attempt } = fact.delivery.link.object
      return change(later, fact.number, (one) => {
        const isKnown = one.deliveries.some(({ link }) => link.object.attempt === attempt)
        return isKnown ? one : { ...one, deliveries: [...one.deliveries, fact.delivery] }
      })
    }
  }
}

function change(later: Later, number: number, to: (one: LaterResult) => LaterResult): Later {
  const one = later.results[number] ?? { bound: {}, deliveries: [] }
  return { ...later, results: { ...later.results, [number]: to(one) } }
}

/** How many results a trail holds. */
export function resultsIn(items: readonly TrailItem[]): number {
  return items.filter(({ name }) => parseLinkName(name)?.kind === 'result_contract').length
}

/** Which result a callback reports, by its id. @throws Refusal PT-6004 where it is none of the run's */
export function numberOfCallback({
  work_order_id,
  callback_event_id,
}: Delivery['link']['object']): number {
  for (let n = 0; n < MAX_TICKETS; n++) {
    if (callback_event_id === deriveId('cb', work_order_id, n)) return n
  }
  throw new Refusal('PT-6004', `${callback_event_id} is no callback of ${work_order_id}`)
}

/** The highest attempt of a result's callback that the trail has, or keeps for its next revision. */
export function attemptOf({ attempt, attempts = {} }: SealedTrail, number: number): number {
  return number === 0 ? attempt : (attempts[number] ?? 0)
}

/** All that the next revision of a trail adds; undefined where there is nothing. */
export function nextLinks(state: SealedTrail): Added | undefined {
  const collector = new Collector(state)
  collector.takeDeliveries(state.late)
  collector.takeActs()
  if (collector.takeResult()) collector.takeActs()
  return collector.added
}

/** Takes what follows from what is there. */
class Collector {
  readonly #state: SealedTrail
  readonly #known: Set<string>
  readonly #links: CheckedLink[] = []
  readonly #taken: ActFact[] = []
  readonly #deliveries: Delivery[] = []
  #result: ResultAdded | undefined
  #runtime: RuntimeState | undefined
  #later: Later
  #late: Delivery[] = []
  #attempts: Readonly<Record<string, number>>

  constructor(state: SealedTrail) {
    this.#state = state
    this.#later = state.later ?? NO_LATER
    this.#attempts = state.attempts ?? {}
    this.#known = new Set(
      state.items.map((item) => ('seal' in item ? item.seal : item.link).digest),
    )
  }

  takeDeliveries(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) this.#takeDelivery(delivery)
  }

  takeActs(): void {
    const waiting: ActFact[] = []
    for (const fact of this.#later.acts) {
      if (!this.#follows(fact.act)) {
        waiting.push(fact)
        continue
      }
      this.#take(fact.act)
      this.#taken.push(fact)
      this.#runtime = fact.runtime_state ?? this.#runtime
    }
    this.#later = { ...this.#later, acts: waiting }
  }

  /** The next result, if all of it is there. */
  takeResult(): boolean {
    const number = resultsIn(this.#state.items)
    const found = completeResult(this.#later.results[number])
    if (found === undefined || !this.#follows(found.bound.command)) return false
    const { own, ...result } = found
    for (const link of [found.bound.command, ...own, found.contract, found.usage]) this.#take(link)
    this.#takeDelivery(found.delivery)
    this.#result = result
    const { execution_mode } = found.bound.command.link.object
    this.#runtime = execution_mode === 'standard' ? 'closed' : 'ready_for_operator_review'
    const { [number]: used, ...results } = this.#later.results
    this.#later = { ...this.#later, results }
    const { attempt } = found.delivery.link.object
    this.#late = (used?.deliveries ?? []).filter(
      ({ link }) => link.object.attempt > attempt && isFinal(link),
    )
    const newest = Math.max(attempt, ...this.#late.map(({ link }) => link.object.attempt))
    this.#attempts = { ...this.#attempts, [number]: newest }
    return true
  }

  get added(): Added | undefined {
    if (this.#links.length === 0) return undefined
    return {
      links: this.#links,
      acts: this.#taken,
      ...(this.#result ? { result: this.#result } : {}),
      deliveries: this.#deliveries,
      ...(this.#runtime === undefined ? {} : { runtime_state: this.#runtime }),
      rest: { late: this.#late, later: this.#later, attempts: this.#attempts },
    }
  }

  #takeDelivery(delivery: Delivery): void {
    this.#take(delivery)
    this.#deliveries.push(delivery)
  }

  #take({ link }: CheckedLink): void {
    const { kind } = link
    const count = (items: readonly { name: string }[]) =>
      items.filter(({ name }) => parseLinkName(name)?.kind === kind).length
    const n = count(this.#state.items) + count(this.#links)
    this.#links.push({ name: nameAt(kind, n), link })
    this.#known.add(link.digest)
  }

  #follows({ link }: CheckedLink): boolean {
    return link.after.every(({ digest }) => this.#known.has(digest))
  }
}

/** A later result with all its links; undefined while one is missing. */
function completeResult(
  one: LaterResult | undefined,
): (ResultAdded & { own: readonly CheckedLink[] }) | undefined {
  const { result, receipts, deliveries = [], bound: attempts = {} } = one ?? {}
  const delivery = firstDelivery(deliveries)
  if (result === undefined || receipts === undefined || delivery === undefined) return undefined
  const bound = Object.values(attempts).find(
    ({ command }) => command.link.object.tool_command_id === result.tool_command_id,
  )
  if (bound === undefined) return undefined
  return { bound, own: result.links, contract: result.contract, usage: receipts.usage, delivery }
}
