import type { ActLink, BatchRequested, BatchTerms } from '@prooftrail/contracts'
import type { Ref } from '@prooftrail/trail'
import { context } from '../dispatch.fixtures.ts'
import { dispatch } from '../service.ts'
import type { DispatchEvent, DispatchInput, State } from '../state.ts'
import { batchDocument, CHUNK, itemOfKey, REGISTER } from './names.ts'
import type { Batch, Chunk } from './state.ts'

/** Documents of batches and what goes between them, without servers: whoever plays says what happens when. */

export const CREATED_AT = '2026-11-01T10:00:00.000Z'
export const FOLLOWS: Ref = { name: 'result_contract', digest: `sha256:${'c'.repeat(64)}` }

export function batchId(n = 1): string {
  return `bt_${n.toString(16).padStart(32, '0')}`
}

export function termsOf(total: number, more: Partial<BatchTerms> = {}): BatchTerms {
  return {
    act: { recovery_action: 'close', reason: 'the pilot is over' },
    ...{ requested_by: 'olga', total, per_second: 20, created_at: CREATED_AT },
    expires_at: '2026-11-02T10:00:00.000Z',
    ...more,
  }
}

/** A message on its way. */
interface Message {
  id: string
  type: DispatchInput['type']
  data: unknown
  key: string
}

export class BatchWorld {
  readonly states = new Map<string, State>()
  readonly handled = new Map<string, Set<string>>()
  /** Everything that was published, in its order; any of it may be delivered again. */
  readonly log: Message[] = []
  /** Every act that was asked for, as it was published. */
  readonly acts: ActLink[] = []
  now = Date.parse(CREATED_AT)
  perSecond = 1_000
  #said = 0

  get at(): string {
    return new Date(this.now).toISOString()
  }

  batch(n = 1): Batch {
    const state = this.states.get(batchDocument(batchId(n)))
    if (state?.status !== 'batch' || state.part !== 'batch') throw new Error('no such batch')
    return state
  }

  chunks(n = 1): Chunk[] {
    const all = [...this.states.values()]
    return all
      .flatMap((one) => (one.status === 'batch' && one.part === 'chunk' ? [one] : []))
      .filter((one) => one.batch_id === batchId(n))
      .sort((a, b) => a.chunk - b.chunk)
  }

  /** Says a message; it is delivered when somebody delivers it. */
  say(type: Message['type'], data: unknown): Message {
    this.#said += 1
    const { batch_id, work_order_id } = Object(data)
    const message = { id: `m${this.#said}`, type, data, key: String(batch_id ?? work_order_id) }
    this.log.push(message)
    return message
  }

  request(request: BatchRequested['request'], more: Partial<BatchRequested> = {}, n = 1): void {
    const said = { batch_id: batchId(n), request, requested_by: 'olga', requested_at: this.at }
    this.deliver(this.say('batch.requested', { ...said, ...more }))
  }

  /** A batch with its runs, made. */
  make(total: number, more: Partial<BatchTerms> = {}, n = 1): void {
    const terms = termsOf(total, more)
    for (let from = 0; from < total; from += CHUNK) {
      const items = Array.from({ length: Math.min(CHUNK, total - from) }, (_, place) => ({
        work_order_id: `wo_${n}_${from + place}`,
        follows: FOLLOWS,
      }))
      this.request('select', { chunk: from / CHUNK, items, terms }, n)
    }
    this.request('create', { terms }, n)
  }

  /** Delivers a message; the runtime counts it once for its document. */
  deliver(message: Message): void {
    const { id, type } = message
    // what a message of this type holds
    const input = { ...message, at: this.at } as DispatchInput
    const doc = dispatch.route(input)
    if (doc === undefined) return
    const handled = this.handled.get(doc) ?? new Set()
    if (handled.has(id)) return
    this.#decide(doc, input)
    if (type !== 'batch.changed') this.handled.set(doc, handled.add(id))
  }

  /** Whether the batch's time has come; if so it is asked to go on. */
  tick(n = 1): boolean {
    const doc = batchDocument(batchId(n))
    const due = dispatch.due?.(this.batch(n))
    if (due === undefined || due > this.at) return false
    this.#decide(doc, { id: `due-${due}`, type: 'due', at: due, data: {} })
    return true
  }

  /** Delivers everything that was published, from this place of the log on. */
  deliverFrom(place: number): void {
    for (let n = place; n < this.log.length; n += 1) {
      const message = this.log[n]
      if (message) this.deliver(message)
    }
  }

  /** The answer to an act, as dispatch publishes it. */
  answer(act: ActLink, code?: string): Message {
    const { work_order_id } = act.object
    if (code === undefined) return this.say('recovery.accepted', { work_order_id, act })
    return this.say('recovery.refused', { work_order_id, act, code, detail: 'it says no' })
  }

  /** The run's place in its batch. */
  placeOf(act: ActLink): number {
    return itemOfKey(act.object.idempotency_key)?.index ?? -1
  }

  #decide(doc: string, input: DispatchInput): void {
    const chunks = new Map(
      [...this.states].flatMap(([id, one]) =>
        one.status === 'batch' && one.part === 'chunk' ? [[id, one] as const] : [],
      ),
    )
    const known = this.states.get(REGISTER)
    const register = known?.status === 'batch' && known.part === 'register' ? known : undefined
    const { now, perSecond } = this
    const judging = context({ batches: { now, perSecond, register, chunks } })
    const state = this.states.get(doc) ?? { status: 'absent' }
    const events = dispatch.decide(state, input, judging)
    this.states.set(doc, events.reduce(dispatch.evolve, state))
    for (const event of events) this.#publish(event)
  }

  #publish(event: DispatchEvent): void {
    switch (event.type) {
      case 'recovery.requested':
        this.acts.push(event.data.act)
        return
      case 'batch.advanced':
      case 'batch.changed':
        this.say(event.type, event.data)
    }
  }
}
