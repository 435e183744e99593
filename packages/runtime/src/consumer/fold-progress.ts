import type { TopicName } from '@prooftrail/contracts'
import { type Fold, FoldFault, type Folding } from './fold.ts'

/** How far a fold is, as this process knows it, and whether it may go on. */
export class FoldProgress implements Folding {
  readonly #codes: Fold<TopicName>['codes']
  #stopped: FoldFault | undefined
  /** The highest head that was seen; `#end` is where the topic ended at the start. */
  #reached = 0
  #end: number | undefined

  constructor(codes: Fold<TopicName>['codes']) {
    this.#codes = codes
  }

  /** The fold begins at a head, on a topic that begins and ends there. */
  open(head: number, { low, high }: { low: number; high: number }): void {
    this.#end = high
    this.moved(head)
    this.endsAt(high, head)
    if (low > head) this.#shorter(`the topic begins at ${low}`, head)
  }

  /** The stored head was seen here. */
  moved(head: number): void {
    this.#reached = Math.max(this.#reached, head)
  }

  /** The topic was found to end there: never before the head. */
  endsAt(end: number, head: number): void {
    if (end < head) this.#shorter(`the topic ends at ${end}`, head)
  }

  /** For good; the first reason stays. */
  stop(fault: FoldFault): void {
    this.#stopped ??= fault
  }

  get stopped(): FoldFault | undefined {
    return this.#stopped
  }

  get isOpen(): boolean {
    return this.#end !== undefined
  }

  fault(): ReturnType<Folding['fault']> {
    const { behind } = this.#codes
    if (this.#stopped) return this.#stopped
    if (this.#end === undefined) return { code: behind, detail: 'the fold has not begun' }
    if (this.#reached >= this.#end) return undefined
    return { code: behind, detail: `folded ${this.#reached} of ${this.#end} messages` }
  }

  #shorter(why: string, head: number): void {
    this.stop(new FoldFault(this.#codes.shorter, `${why}, the head is at ${head}`))
  }
}
