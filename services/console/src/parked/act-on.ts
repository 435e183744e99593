import type { ParkedAct } from '@prooftrail/contracts/doors'
import { type ParkedState, queueOf, standingOf } from './entry.ts'
import { type ActFault, actFault, comesBefore, orderFault } from './judge.ts'
import { rowOf } from './row.ts'
import type { ParkedTools } from './tools.ts'

/** What was asked of parked messages. */
export interface AskedActs {
  act: ParkedAct
  ids: readonly string[]
  reason?: string
}

/** What became of one id: its state after the act, or why there was none. */
export type Item =
  | { parked_id: string; status: 'done' | 'would_be_done'; state: string; detail?: string }
  | { parked_id: string; status: 'refused'; code: ActFault['code']; detail: string }

export interface ActOptions {
  by: string
  /** Tells what would happen, and does nothing. */
  isDry: boolean
  /** Sends those before it in its queue too. */
  withEarlier: boolean
}

/** So many are decided at a time: their states are in memory meanwhile. */
const TOGETHER = 100

/**
 * Acts on parked messages, of one queue in their order: a later one is decided after the earlier one
 * is. Who calls again with the same ids after an answer that never came does nothing twice.
 */
export async function actOn(
  { act, ids, reason }: AskedActs,
  tools: Pick<ParkedTools, 'rows' | 'read' | 'ask'>,
  options: ActOptions,
): Promise<Item[]> {
  const asked = options.withEarlier && act === 'send' ? await withEarlier(ids, tools) : ids
  const items = new Map<string, Item>()
  for (const wave of await wavesOf(asked, tools)) {
    for (let from = 0; from < wave.length; from += TOGETHER) {
      const some = wave.slice(from, from + TOGETHER)
      const before = await tools.read(some)
      const faults = await Promise.all(
        some.map((id) =>
          faultOf(before.get(id), id, act, tools, options.isDry ? items : undefined),
        ),
      )
      const allowed = some.filter((_, n) => faults[n] === undefined)
      if (!options.isDry) {
        const said = { act, by: options.by, ...(reason === undefined ? {} : { reason }) }
        await Promise.all(allowed.map((id) => tools.ask(id, said)))
      }
      const after = options.isDry ? before : await tools.read(allowed)
      for (const [n, id] of some.entries()) {
        items.set(
          id,
          itemOf(id, faults[n], after.get(id), { act, by: options.by, isDry: options.isDry }),
        )
      }
    }
  }
  return asked.flatMap((id) => items.get(id) ?? [])
}

/** Why one may not be decided. @param would what a dry run has let go before it */
async function faultOf(
  entry: ParkedState | undefined,
  id: string,
  act: AskedActs['act'],
  { rows }: Pick<ParkedTools, 'rows'>,
  would: ReadonlyMap<string, Item> | undefined,
): Promise<ActFault | undefined> {
  if (entry?.last === undefined) return { code: 'PT-7041', detail: `nothing is known of ${id}` }
  const fault = actFault(entry, act)
  const queue = queueOf(entry)
  if (fault || act !== 'send' || queue === undefined) return fault
  const open = await rows.openOf(queue)
  const left = open.filter(({ parked_id }) => would?.get(parked_id)?.status !== 'would_be_done')
  return orderFault(rowOf(entry), left)
}

function itemOf(
  id: string,
  fault: ActFault | undefined,
  entry: ParkedState | undefined,
  { act, by, isDry }: { act: AskedActs['act']; by: string; isDry: boolean },
): Item {
  if (fault) return { parked_id: id, status: 'refused', ...fault }
  const state = act === 'send' ? 'sent' : 'discarded'
  const note = act === 'discard' && entry ? stillBlocked(entry) : {}
  if (isDry) return { parked_id: id, status: 'would_be_done', state, ...note }
  const last = entry?.acts.at(-1)
  // somebody else decided in between
  const other = entry && (last?.act !== act || last.by !== by) ? actFault(entry, act) : undefined
  if (other) return { parked_id: id, status: 'refused', ...other }
  return { parked_id: id, status: 'done', state: entry ? standingOf(entry) : state, ...note }
}

/** A tool hears no decisions: its document stays blocked until its own door frees it. */
function stillBlocked({ service, document, input, last }: ParkedState): { detail?: string } {
  if (!service.startsWith('tool/') || last?.blocks !== true || document === undefined) return {}
  const door = `POST /v1/parked/discard ${JSON.stringify({ document, input })} at its executor`
  return { detail: `${document} of ${service} stays blocked until ${door} frees it` }
}

/** The ids, and before each the open ones of its queue that come before it. */
async function withEarlier(
  ids: readonly string[],
  { rows, read }: Pick<ParkedTools, 'rows' | 'read'>,
): Promise<string[]> {
  const all = new Set<string>()
  for (let from = 0; from < ids.length; from += TOGETHER) {
    const some = ids.slice(from, from + TOGETHER)
    const entries = await read(some)
    for (const id of some) {
      const entry = entries.get(id)
      const queue = entry && queueOf(entry)
      const open = queue === undefined ? [] : await rows.openOf(queue)
      const before = open.filter((one) => entry && comesBefore(one, rowOf(entry)))
      before.sort((one, other) => (comesBefore(one, other) ? -1 : 1))
      for (const { parked_id } of before) all.add(parked_id)
      all.add(id)
    }
  }
  return [...all]
}

/** The k-th of every queue makes the k-th wave; what stands in no queue goes first. */
async function wavesOf(
  ids: readonly string[],
  { read }: Pick<ParkedTools, 'read'>,
): Promise<string[][]> {
  const queues = new Map<string, { id: string; row: ReturnType<typeof rowOf> }[]>()
  const waves: string[][] = [[]]
  for (let from = 0; from < ids.length; from += TOGETHER) {
    const some = ids.slice(from, from + TOGETHER)
    const entries = await read(some)
    for (const id of some) {
      const entry = entries.get(id)
      const queue = entry && queueOf(entry)
      if (!entry || queue === undefined) waves[0]?.push(id)
      else queues.set(queue, [...(queues.get(queue) ?? []), { id, row: rowOf(entry) }])
    }
  }
  for (const queue of queues.values()) {
    queue.sort((one, other) => (comesBefore(one.row, other.row) ? -1 : 1))
    for (const [n, { id }] of queue.entries()) {
      const wave = waves[n] ?? []
      waves[n] = wave
      wave.push(id)
    }
  }
  return waves
}
