import TinyQueue from 'tinyqueue'

/** One input that waits for its turn. */
export interface Turn<T> {
  readonly sender: string
  /** Append time, epoch milliseconds. */
  readonly at: number
  readonly bytes: number
  readonly item: T
}

/** How much of one sender, or of all, waits. */
export interface Held {
  count: number
  bytes: number
}

interface Line<T> extends Held {
  turns: TinyQueue<Turn<T>>
  /** What this sender has had, as far as others waited meanwhile. */
  served: number
}

/** What is this large costs its sender a turn more. */
const BYTES_OF_A_TURN = 64 * 1024

/**
 * Inputs that wait, each behind those of its own sender only (stride scheduling).
 * T1 The sender that has had least is served next; of one sender the oldest input goes first.
 * T2 Whoever had nothing waiting has no claim on turns that went by.
 */
export class FairTurns<T> {
  readonly #lines = new Map<string, Line<T>>()
  readonly #all: Held = { count: 0, bytes: 0 }
  /** What the sender had that was served last: newcomers begin here. */
  #served = 0

  get all(): Readonly<Held> {
    return this.#all
  }

  get senders(): number {
    return this.#lines.size
  }

  /** What waits of one sender. */
  of(sender: string): Readonly<Held> {
    return this.#lines.get(sender) ?? NOTHING
  }

  add(turn: Turn<T>): void {
    let line = this.#lines.get(turn.sender)
    if (line === undefined) {
      line = { turns: new TinyQueue<Turn<T>>([], older), served: this.#served, count: 0, bytes: 0 }
      this.#lines.set(turn.sender, line)
    }
    line.turns.push(turn)
    count(line, this.#all, 1, turn.bytes)
  }

  /** Whose turn it is among the senders that may be served; it stays where it is. */
  next(mayServe: (sender: string) => boolean): Turn<T> | undefined {
    let found: Line<T> | undefined
    for (const [sender, line] of this.#lines) {
      if (found !== undefined && !isBefore(line, found)) continue
      if (mayServe(sender)) found = line
    }
    return found?.turns.peek()
  }

  /** Takes the turn that `next` found. */
  take({ sender, bytes }: Turn<T>): void {
    const line = this.#lines.get(sender)
    if (line?.turns.pop() === undefined) return
    this.#served = Math.max(this.#served, line.served)
    line.served += 1 + bytes / BYTES_OF_A_TURN
    count(line, this.#all, -1, bytes)
    if (line.count === 0) this.#lines.delete(sender)
  }

  /** How many are served before the next input of this sender; of somebody of whom nothing waits. */
  ahead(sender?: string): number {
    const own = sender === undefined ? 0 : this.of(sender).count
    let before = own
    for (const [other, { count }] of this.#lines) {
      if (other !== sender) before += Math.min(count, own + 1)
    }
    return before
  }

  clear(): void {
    this.#lines.clear()
    Object.assign(this.#all, NOTHING)
  }
}

const NOTHING: Readonly<Held> = { count: 0, bytes: 0 }

function count(line: Held, all: Held, by: 1 | -1, bytes: number): void {
  for (const held of [line, all]) {
    held.count += by
    held.bytes += by * bytes
  }
}

function older(a: Turn<unknown>, b: Turn<unknown>): number {
  return a.at - b.at
}

/** Less served; of two that had the same, the one that waits longer. */
function isBefore(a: Line<unknown>, b: Line<unknown>): boolean {
  if (a.served !== b.served) return a.served < b.served
  return (a.turns.peek()?.at ?? 0) < (b.turns.peek()?.at ?? 0)
}
