import type { ActLink } from '@prooftrail/contracts'
import { type Message, RetryLater } from '@prooftrail/runtime'
import type { Context, DispatchEvent, State } from '../state.ts'
import { actOf } from './act-of.ts'
import { CHUNK, itemOfKey } from './names.ts'
import type { Answer, Chunk } from './state.ts'

/** The runs of a chunk: each is asked for once, and its first answer is its answer. */

export function isChunk(state: State | undefined): state is Chunk {
  return state?.status === 'batch' && state.part === 'chunk'
}

/** Whether nothing more is expected for it. */
export function isAnswered(state: State): boolean {
  return isChunk(state) && state.items.every(({ answer }) => answer !== undefined)
}

/** Asks for the acts of the runs that the batch has come to. @throws RetryLater before the runs are known */
export function onBatchAdvanced(
  state: State,
  { data: { batch_id, upto }, at }: Pick<Message<'batch.advanced'>, 'data' | 'at'>,
  { signAct }: Pick<Context, 'signAct'>,
): readonly DispatchEvent[] {
  if (!isChunk(state)) throw new RetryLater('PT-2061', `the runs of ${batch_id} are not known yet`)
  const { terms, chunk } = state
  const asked = state.items.slice(state.upto, upto).map((item, n): DispatchEvent => {
    const place = state.upto + n
    const { code, work_order_id } = item
    if (code !== undefined) return { type: 'batch-item.refused', data: { place, at, code } }
    const { kind, object, after } = actOf(batch_id, terms, item, chunk * CHUNK + place)
    const act = signAct(kind, object, after)
    return { type: 'recovery.requested', data: { work_order_id, act } }
  })
  return asked.length === 0 ? [] : [...asked, { type: 'batch-item.asked', data: { upto } }]
}

/** The document of the chunk whose run an act is about; undefined for an act of no batch. */
export function chunkOfAct({ object }: ActLink): { batchId: string; chunk: number } | undefined {
  const item = itemOfKey(object.idempotency_key)
  return item && { batchId: item.batchId, chunk: Math.floor(item.index / CHUNK) }
}

/** The answer to an act that the chunk asked for; that of another act under its key is none. */
export function onAnswer(
  state: State,
  { data, at }: Pick<Message<'recovery.accepted'> | Message<'recovery.refused'>, 'data' | 'at'>,
): readonly DispatchEvent[] {
  const { act } = data
  const item = itemOfKey(act.object.idempotency_key)
  if (!isChunk(state) || item === undefined) return []
  const place = item.index - state.chunk * CHUNK
  const known = state.items[place]
  if (known?.asked !== act.digest || known.answer !== undefined) return []
  if (!('code' in data)) return [{ type: 'batch-item.accepted', data: { place, at } }]
  const { code, detail } = data
  return [{ type: 'batch-item.refused', data: { place, at, code, detail: detail.slice(0, 300) } }]
}

/** The chunk with one more answer. */
export function withAnswer(state: Chunk, place: number, answer: Answer): Chunk {
  const items = state.items.map((item, n) => (n === place ? { ...item, answer } : item))
  return { ...state, items }
}

/** The chunk with what was asked of one run. */
export function withAsked(state: Chunk, act: ActLink): Chunk {
  const item = itemOfKey(act.object.idempotency_key)
  const items = state.items.map((one, n) =>
    state.chunk * CHUNK + n === item?.index ? { ...one, asked: act.digest } : one,
  )
  return { ...state, items }
}
