import { randomUUID } from 'node:crypto'
import type { Basics, Stoppable } from '@prooftrail/runtime'
import type { AskedOfParked, ConsoleInput, State } from '../state.ts'
import { type ParkedState, parkedDocument } from './entry.ts'
import { mongoRows } from './mongo-rows.ts'
import type { ParkedTools } from './tools.ts'
import { clearParked, countOpen, readsOfParked } from './watch.ts'

/** What the doors work with, and what runs beside the loop: the gauge, and what keeps the collection bounded. */
export function openParked({
  host,
  store,
  submit,
  log,
}: Pick<Basics<State, ConsoleInput>, 'host' | 'store' | 'submit' | 'log'>) {
  const rows = mongoRows(host.db, 'runs')
  const tools: ParkedTools = {
    rows,
    codec: host.codec,
    ask: (id: string, data: AskedOfParked) =>
      submit(parkedDocument(id), {
        ...{ id: `asked:${randomUUID()}`, type: 'parked.asked', data },
        at: new Date().toISOString(),
      }),
    async read(ids) {
      const found = await store.read(ids.map(parkedDocument))
      const entries = new Map<string, ParkedState>()
      for (const { state } of found.values()) {
        if (state.status === 'parked') entries.set(state.parked_id, state)
      }
      return entries
    },
  }
  let counts: ReturnType<typeof countOpen> | undefined
  return {
    tools,
    reads: readsOfParked(() => counts?.value()),
    start(dropped: { inc(count: number): void }): Stoppable {
      const counting = countOpen(rows)
      const clearing = clearParked(rows, dropped, log)
      counts = counting
      return { stop: async () => void (await Promise.all([counting.stop(), clearing.stop()])) }
    },
  }
}
