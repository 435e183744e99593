import type { RoundInput } from '../rounds/round-input.ts'
import type { Input } from '../service.ts'
import type { Doc } from './document.ts'

/** Documents held at most for long. */
const MAX_HELD = 4_000

/**
 * Changes that nobody waits for, saved together with what comes next.
 * H1 Only what the broker can tell again is held: every input behind a held change is a message as
 *    it came, nothing of it goes out, and nothing acts on it.
 * H2 The offsets of those messages move only behind its save, so that a crash costs a redelivery.
 * H3 The document's next save holds it; without one it is saved within `withinMs`, or sooner when
 *    many are held.
 * H4 If somebody else saved the document meanwhile, its inputs come back to be decided again.
 */
export class Held<S, I extends Input> {
  readonly #entries = new Map<string, Entry<S, I>>()
  readonly #behind = new WeakMap<RoundInput<I>, Entry<S, I>>()
  /** Whose inputs came back and are not settled: few, so that a round looks at these alone. */
  readonly #reopened = new Set<string>()
  #withinMs: number

  /** @param withinMs 0 holds nothing */
  constructor(withinMs: number) {
    this.#withinMs = withinMs
  }

  get holds(): boolean {
    return this.#withinMs > 0
  }

  has(id: string): boolean {
    return this.#entries.has(id)
  }

  /** Keeps a document's newest form with the inputs behind it. */
  keep(doc: Doc<S>, works: readonly RoundInput<I>[]): void {
    const entry = this.#entries.get(doc.id) ?? newEntry<S, I>()
    entry.doc = doc
    for (const work of works) {
      entry.works.add(work)
      this.#behind.set(work, entry)
    }
    this.#entries.set(doc.id, entry)
    this.#reopened.delete(doc.id)
  }

  /** Held documents whose time has come, oldest first, at most `limit`. */
  overdue(limit: number): Doc<S>[] {
    const due: Doc<S>[] = []
    const before = performance.now() - this.#withinMs
    let left = this.#entries.size
    for (const { doc, since } of this.#entries.values()) {
      if ((since > before && left <= MAX_HELD) || due.length === limit) break
      left -= 1
      if (doc) due.push(doc)
    }
    return due
  }

  /** The newest form of a held document. */
  newest(id: string): Doc<S> {
    const doc = this.#entries.get(id)?.doc
    if (!doc) throw new Error(`${id} is not held`)
    return doc
  }

  /** Nothing is held from now on, and all that is held is overdue. */
  hurry(): void {
    this.#withinMs = 0
  }

  /** What is held of a document no longer counts; answers the inputs behind it. */
  reopen(id: string): readonly RoundInput<I>[] {
    const entry = this.#entries.get(id)
    if (!entry) return []
    entry.doc = undefined
    this.#reopened.add(id)
    return [...entry.works]
  }

  /** Inputs that came back in a round that failed before it settled them, by document. */
  reopened(): [id: string, works: readonly RoundInput<I>[]][] {
    return [...this.#reopened].map((id) => [id, [...(this.#entries.get(id)?.works ?? [])]])
  }

  get size(): number {
    return this.#entries.size
  }

  /** The document was saved. */
  saved(id: string): void {
    const entry = this.#entries.get(id)
    if (entry?.doc) this.#release(id, entry)
  }

  /** The round is over: what came back and is not held again was settled otherwise. */
  settle(): void {
    for (const id of this.#reopened) {
      const entry = this.#entries.get(id)
      if (entry) this.#release(id, entry)
    }
  }

  /** Resolves when nothing is held of these inputs; undefined when nothing is. */
  whenSaved(works: readonly RoundInput<I>[]): Promise<unknown> | undefined {
    const waits = new Set<Promise<void>>()
    for (const work of works) {
      const entry = this.#behind.get(work)
      if (entry && !entry.released) waits.add(entry.saved)
    }
    return waits.size > 0 ? Promise.all(waits) : undefined
  }

  #release(id: string, entry: Entry<S, I>): void {
    this.#entries.delete(id)
    this.#reopened.delete(id)
    entry.released = true
    entry.release()
  }
}

interface Entry<S, I extends Input> {
  /** Undefined while its inputs are decided again. */
  doc: Doc<S> | undefined
  works: Set<RoundInput<I>>
  /** Milliseconds, monotonic. */
  since: number
  saved: Promise<void>
  released: boolean
  release(): void
}

function newEntry<S, I extends Input>(): Entry<S, I> {
  let release = () => {}
  const saved = new Promise<void>((resolve) => {
    release = resolve
  })
  return {
    doc: undefined,
    works: new Set(),
    since: performance.now(),
    saved,
    released: false,
    release,
  }
}
