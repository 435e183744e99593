import {
  type Host,
  Lookup,
  type RebuildOptions,
  type Rebuilt,
  rebuildService,
} from '@prooftrail/runtime'
import { openActs } from './act-trail/store.ts'
import type { ConsoleConfig } from './config.ts'
import { parkedDocument } from './parked/entry.ts'
import { consoleService, prepare } from './service.ts'

/** Makes the projection again: every fact is folded as it came, and every act is listed. */
export async function rebuild(
  host: Host,
  config: ConsoleConfig,
  options?: RebuildOptions,
): Promise<Rebuilt> {
  const acts = openActs(host.db, `${consoleService.collection}.acts`, config.actsKeptDays)
  await acts.prepare()
  // beside the running service, which lists them itself, nothing is written
  const listing = options?.beside ? { put: async () => undefined } : acts
  return rebuildService(
    host,
    consoleService,
    {
      decides: 'all',
      context: (read, doc, state, input) =>
        prepare([{ doc, state, input }], { config, lookup: new Lookup(read), acts: listing }),
      // what people asked for at the doors
      documentOf(event) {
        if (event.type === 'parked.decided') return parkedDocument(event.data.parked_id)
        return event.type === 'run.forgotten' ? event.data.work_order_id : undefined
      },
      ...{ normal: withoutOrder, serviceKeys: config.serviceKeys },
    },
    options,
  )
}

/** The order in which lines arrived here is told by nothing else. */
function withoutOrder(state: unknown): unknown {
  const { events, ...rest } = Object(state)
  if (!Array.isArray(events)) return state
  const lines = events.map(({ sequence: _, ...line }) => JSON.stringify(line))
  return { ...rest, events: lines.sort() }
}
