import {
  agentDocument,
  type Host,
  type RebuildOptions,
  type Rebuilt,
  rebuildService,
  toolDocument,
} from '@prooftrail/runtime'
import type { IntakeConfig } from './config.ts'
import { intake } from './service.ts'
import type { Context, IntakeEvent } from './state.ts'

/** Makes intake's documents again: what it published, and the tickets that receipt did. */
export function rebuild(
  host: Host,
  { serviceKeys }: IntakeConfig,
  options?: RebuildOptions,
): Promise<Rebuilt> {
  return rebuildService(
    host,
    intake,
    {
      decides: ['exception.opened', 'exception.resolved'],
      // a ticket is decided by the state alone
      context: async () => ({}) as Context,
      ...{ documentOf, serviceKeys },
    },
    options,
  )
}

function documentOf(event: IntakeEvent): string | undefined {
  switch (event.type) {
    case 'work-order.accepted':
      return event.data.accepted.work_order_id
    case 'work-order.rejected':
      return event.data.work_order_id
    case 'agent.registered':
      return agentDocument(event.data.agent_id)
    case 'tool.registered':
      return toolDocument(event.data.tool)
    case 'credits.awaited':
    case 'credits.settled':
      return undefined
  }
}
