import type { RoundInput } from '../round-input.ts'
import type { Effect } from '../service.ts'
import { DeferredWrite, DeferredWrites } from './deferred-writes.ts'
import type { Doc } from './document.ts'
import { StoredForms } from './stored-forms.ts'

export interface CacheOptions<S> {
  /** What the cached forms may take. */
  cacheBytes?: number
  /** How long a save may be put off; 0 defers nothing. */
  deferMs?: number
  /** Whether a state most probably meets no further input; default: none. */
  rests?: ((state: S) => boolean) | undefined
}

/** What is known of a document whose newest form is not, or may not be, stored. */
type Open<S> =
  | { status: 'deferred'; doc: Doc<S>; write: DeferredWrite }
  /** `doc` is the deferred form, where there was one. */
  | { status: 'saving'; doc: Doc<S> | undefined; write: DeferredWrite | undefined; save: Save }
  | { status: 'unsure'; write: DeferredWrite | undefined; save: Save | undefined }

/** A save that is not answered, and what follows from it if it was made. */
interface Save {
  saveId: string
  effects: readonly Effect[]
}

const CACHE_BYTES = 8 * 1024 * 1024
/** Documents deferred at most for long. */
const MAX_DEFERRED = 4_000

/**
 * All that this process knows of the documents of a service, in one place.
 * A document is
 *   absent     nothing is known: it is read before it is decided on
 *   cached     its stored form, as this process read or saved it last
 *   deferred   its next form, of which the save is put off (H1–H4), on a stored version
 *   saving     a save was sent and is not answered
 *   unsure     a save failed without an answer, or a deferred write lost its base: it is read again,
 *              and the inputs behind it are decided again
 *
 *   absent, cached, unsure ── defer ──▶ deferred    any ── saving ──▶ saving
 *   saving ── saved ──▶ cached                      saving ── lost ──▶ absent, or unsure with inputs
 *   saving ── failed ──▶ absent, or unsure          deferred ── forget ──▶ unsure
 *   unsure ── resolve ──▶ absent, or unsure until its inputs are settled
 *
 * K1 No form is handed out that a later save of this process has replaced, or may have.
 * K2 No input behind a deferred write is forgotten, and no offset moves, before a save includes it or
 *    it ended in another way, and the round of that is settled.
 * K3 What is open (deferred, saving, unsure) is never evicted; cached forms are, by their bytes.
 * K4 A document at rest leaves at its save: live ones are what memory is for. Where something comes
 *    for it all the same, it is read, and kept like others: the same again costs no second read.
 * A round waits for its save before it ends, so that one save of a document at a time is under way.
 */
export class DocumentCache<S> {
  readonly stored: StoredForms<S>
  readonly writes: DeferredWrites
  readonly #rests: (state: S) => boolean
  readonly #open = new Map<string, Open<S>>()
  /** Ids of unsure documents: few, so that a round looks at these alone. */
  readonly #unsure = new Set<string>()
  /** Writes that a save of this round includes. */
  readonly #saved = new Set<DeferredWrite>()

  constructor({ cacheBytes = CACHE_BYTES, deferMs = 0, rests }: CacheOptions<S> = {}) {
    this.#rests = rests ?? (() => false)
    this.stored = new StoredForms(cacheBytes)
    this.writes = new DeferredWrites(deferMs)
  }

  statusOf(id: string): 'absent' | 'cached' | Open<S>['status'] {
    return this.#open.get(id)?.status ?? (this.stored.has(id) ? 'cached' : 'absent')
  }

  isDeferred(id: string): boolean {
    return this.#open.get(id)?.status === 'deferred'
  }

  isUnsure(id: string): boolean {
    return this.#unsure.has(id)
  }

  /** How many documents are open. */
  get openCount(): number {
    return this.#open.size
  }

  /** The newest form of a document; undefined where it must be read. */
  find(id: string): Doc<S> | undefined {
    const open = this.#open.get(id)
    if (open) return open.status === 'deferred' ? open.doc : undefined
    return this.stored.get(id)
  }

  /** The deferred form of a document, which the database will hold: also while it is being saved. */
  promised(id: string): Doc<S> | undefined {
    const open = this.#open.get(id)
    return open && open.status !== 'unsure' ? open.doc : undefined
  }

  *allPromised(): Generator<Doc<S>> {
    for (const id of this.#open.keys()) {
      const doc = this.promised(id)
      if (doc) yield doc
    }
  }

  /** Takes what the database holds of a document, and answers it with a published outbox emptied. */
  read(stored: Doc<S>, bytes: number): Doc<S> {
    const doc = this.stored.emptied(stored)
    if (!this.#open.has(doc.id)) this.stored.set(doc, bytes)
    return doc
  }

  /**
   * An unsure document was read: its failed save was made if the document names it.
   * @param doc undefined when the database does not hold it
   * @returns the effects of that save, to be started now
   */
  resolve(id: string, doc: Doc<S> | undefined): readonly Effect[] {
    const open = this.#open.get(id)
    if (open?.status !== 'unsure') return []
    const { save, write } = open
    if (write === undefined) this.#close(id)
    else this.#set(id, { status: 'unsure', write, save: undefined })
    return save && doc?.savedBy === save.saveId ? save.effects : []
  }

  /** The next form of a document, saved later together with all that these inputs rest on. */
  defer(doc: Doc<S>, inputs: readonly RoundInput[]): void {
    const write = this.#writeOf(doc.id) ?? new DeferredWrite()
    this.writes.add(write, inputs)
    this.#set(doc.id, { status: 'deferred', doc, write })
  }

  /** Deferred documents whose time has come, oldest first, at most `limit`. */
  overdue(limit: number): string[] {
    const ids: string[] = []
    const before = this.writes.overdueBefore()
    let left = this.#open.size
    for (const [id, open] of this.#open) {
      if (open.status !== 'deferred') continue
      if ((open.write.since > before && left <= MAX_DEFERRED) || ids.length === limit) break
      left -= 1
      ids.push(id)
    }
    return ids
  }

  /** A save of the document is sent. */
  saving(id: string, save: Save): void {
    const open = this.#open.get(id)
    const doc = open?.status === 'deferred' ? open.doc : undefined
    this.#set(id, { status: 'saving', doc, write: open?.write, save })
  }

  /** The document was saved in this form. */
  saved(doc: Doc<S>, bytes: number): void {
    const write = this.#writeOf(doc.id)
    if (write) this.#saved.add(write)
    this.#close(doc.id)
    // K4
    if (this.#rests(doc.state)) this.stored.delete(doc.id)
    else this.stored.set(doc, bytes)
  }

  /** The save was not made: somebody else saved the document, or the database refused it. */
  lost(id: string): void {
    this.#reopen(id, undefined)
  }

  /** The save ended without an answer: it may have been made. */
  failed(id: string): void {
    const open = this.#open.get(id)
    if (open?.status !== 'saving') return
    this.#reopen(id, open.save.effects.length > 0 ? open.save : undefined)
  }

  /** What is known of a document does not hold: somebody else saved it, or it is to be read anew. */
  forget(id: string): void {
    this.stored.delete(id)
    if (this.isDeferred(id)) this.#reopen(id, undefined)
  }

  /** The inputs of a document that must be decided again. */
  inputsBehind(id: string): readonly RoundInput[] {
    const open = this.#open.get(id)
    return open?.status === 'unsure' && open.write ? [...open.write.inputs] : []
  }

  /** Documents that must be read again, each with the inputs that must be decided again. */
  unsure(): [id: string, inputs: readonly RoundInput[]][] {
    return [...this.#unsure].map((id) => [id, this.inputsBehind(id)])
  }

  /** The round is settled: what was decided again, and neither saved nor deferred, ended otherwise. */
  settle(): void {
    for (const write of this.#saved) write.release()
    this.#saved.clear()
    for (const id of this.#unsure) {
      this.#writeOf(id)?.release()
      this.#close(id)
    }
  }

  #writeOf(id: string): DeferredWrite | undefined {
    return this.#open.get(id)?.write
  }

  #reopen(id: string, save: Save | undefined): void {
    const write = this.#writeOf(id)
    if (write === undefined && save === undefined) this.#close(id)
    else this.#set(id, { status: 'unsure', write, save })
  }

  #set(id: string, open: Open<S>): void {
    this.stored.delete(id)
    this.#open.set(id, open)
    if (open.status === 'unsure') this.#unsure.add(id)
    else this.#unsure.delete(id)
  }

  #close(id: string): void {
    this.#open.delete(id)
    this.#unsure.delete(id)
  }
}
