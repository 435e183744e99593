import { type ActLink, keyOf } from '@prooftrail/contracts'
import {
  type Host,
  isPublished,
  Lookup,
  type RebuildOptions,
  type Rebuilt,
  rebuildService,
} from '@prooftrail/runtime'
import { batchDocument, isBatchDocument } from './batches/names.ts'
import type { DispatchConfig } from './config.ts'
import { dispatch, prepare, signWith } from './service.ts'
import type { DispatchEvent } from './state.ts'

/**
 * Makes dispatch's documents again: what it published; heartbeats, registrations, tickets of others and runs of batches with
 * their answers are decided again. A silence, or an end, that was not published yet is left to dispatch, and so is how far a
 * batch has counted.
 */
export function rebuild(
  host: Host,
  { key, operatorKey, operators, batchLimits, limits, serviceKeys }: DispatchConfig,
  options?: RebuildOptions,
): Promise<Rebuilt> {
  const { codec } = host
  // an act that names dispatch as its writer may be anybody's
  const isSignedHere = (act: ActLink) => {
    const signer = operators.get(act.key_id)
    return signer !== undefined && act.isSignedBy(signer)
  }
  return rebuildService(
    host,
    dispatch,
    {
      decides: [
        ...(['tool.registered', 'agent.registered', 'execution.progressed'] as const),
        ...(['exception.opened', 'exception.resolved'] as const),
        ...(['batch.requested', 'batch.advanced', 'batch.changed'] as const),
        ...(['recovery.accepted', 'recovery.refused'] as const),
      ],
      // a batch goes on by the clock and by what its runs were answered then
      saidIsEnough: isBatchDocument,
      ...{ documentOf, serviceKeys },
      isOwn: (event) => event.type !== 'recovery.requested' || isSignedHere(event.data.act),
      normal: withoutCounts,
      context: (read, doc, state, input) => {
        const tools = {
          ...{ sign: signWith(key), signAct: signWith(operatorKey), lookup: new Lookup(read) },
          ...{ codec, operators, reader: read, batchLimits, limits },
        }
        return prepare([{ doc, state, input }], tools)
      },
    },
    options,
  )
}

/** Where something published belongs whose input is on no topic: acts that a door signed are of no document. */
function documentOf(event: DispatchEvent): string | undefined {
  switch (event.type) {
    case 'recovery.requested':
      return undefined
    case 'batch.advanced':
    case 'batch.changed':
      return batchDocument(event.data.batch_id)
    default:
      return isPublished(event.type) ? keyOf(event.type, event.data) : undefined
  }
}

/** A batch without what it counted and when it goes on: it counts again when dispatch runs. */
function withoutCounts(state: unknown): unknown {
  const { status, part, batch_id, terms, stands, changes, advanced } = Object(state)
  if (status !== 'batch' || part !== 'batch') return state
  return { status, part, batch_id, terms, stands, changes, advanced }
}
