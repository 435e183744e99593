import {
  type Host,
  type RebuildOptions,
  type Rebuilt,
  rebuildService,
  without,
} from '@prooftrail/runtime'
import { entryLeaf, leafHash } from '@prooftrail/trail/log'
import { newestEntry } from './close-trail.ts'
import type { AttestationConfig } from './config.ts'
import { makeJoining } from './open-tools.ts'
import { attestation, prepare } from './service.ts'
import type { AttestationEvent, AttestationInput, State } from './state.ts'

/**
 * Makes the trails again: facts are joined again, entries and seals are those that were published. The log
 * is a fold of the ledger topic by itself, and is made again at the next start where it is missing.
 */
export function rebuild(
  host: Host,
  { key, keys }: AttestationConfig,
  options?: RebuildOptions,
): Promise<Rebuilt> {
  const leaves = { known: async () => new Map() }
  let joining: ReturnType<typeof makeJoining> | undefined
  return rebuildService(
    host,
    attestation,
    {
      decides: 'all',
      context: (parties, doc, state, input) => {
        joining ??= makeJoining({ key, keys, parties, leaves })
        return prepare([{ doc, state, input }], joining)
      },
      ownInput: (state, { cause, at, said }) => integratedAgain(state, cause, at, said),
      ...{ adopt, serviceKeys: keys.keys },
      // when a trail looks for its leaf by itself
      normal: without(['until', 'looked']),
    },
    options,
  )
}

/** That the log had taken the entry which was sealed then. */
function integratedAgain(
  state: State,
  id: string,
  at: string,
  said: readonly { event: AttestationEvent }[],
): AttestationInput | undefined {
  const sealed = said.map(({ event }) => event).find(({ type }) => type === 'trail.attested')
  if (sealed?.type !== 'trail.attested' || state.status !== 'sealed') return undefined
  const { ledger_entry_id: entry_id, log_index: index } = sealed.data
  const leaf = leafHash(entryLeaf(newestEntry(state).link.statementDigest))
  const hash = Buffer.from(leaf).toString('hex')
  return { id, type: 'entry.integrated', at, data: { entry_id, index, hash } }
}

/** The entry of a closed trail is the one on the ledger topic. */
function adopt(event: AttestationEvent, said: readonly AttestationEvent[]): AttestationEvent {
  const entry = said.find(({ type }) => type === 'ledger.appended')
  if (event.type !== 'trail.closed' || entry?.type !== 'ledger.appended') return event
  const { data } = event
  return { ...event, data: { ...data, entry: { ...data.entry, link: entry.data } } }
}
