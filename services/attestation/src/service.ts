import type { Codec } from '@prooftrail/contracts'
import {
  agentDocument,
  defineService,
  type Host,
  type Pair,
  type Running,
  runService,
  toolDocument,
} from '@prooftrail/runtime'
import { linksOf } from '@prooftrail/trail'
import { checkAhead, KnownSignatures } from './check-link.ts'
import { codes } from './codes.ts'
import { type AttestationConfig, checkAttestationConfig } from './config.ts'
import {
  onAgentRegistered,
  onCallbackAttempted,
  onDue,
  onEntryIntegrated,
  onFact,
  onRunExpired,
  onToolRegistered,
  onWorkOrderRejected,
} from './decide.ts'
import { due, entriesAndSeals, evolve } from './evolve.ts'
import type { Integrated } from './log/index.ts'
import { openTools } from './open-tools.ts'
import { mountRoutes } from './routes.ts'
import {
  type Attestation,
  type AttestationInput,
  type Context,
  initial,
  type Joining,
  type State,
} from './state.ts'

/** Stage 6: joins the facts of runs, and seals them. See decide.ts for the rules. */
export const attestation = defineService<Attestation>({
  name: 'attestation',
  collection: 'trails',
  initial,
  on: {
    'agent.registered': {
      document: ({ agent_id }) => agentDocument(agent_id),
      decide: onAgentRegistered,
    },
    'tool.registered': { document: ({ tool }) => toolDocument(tool), decide: onToolRegistered },
    'work-order.rejected': { decide: onWorkOrderRejected },
    'execution.bound': { decide: onFact },
    'result.accepted': { decide: onFact },
    'usage-receipt.issued': { decide: onFact },
    'callback.attempted': { decide: onCallbackAttempted },
    'recovery.accepted': { decide: onFact },
    'run.expired': { decide: onRunExpired },
    // folded into the log, in the order of the topic
    'ledger.appended': 'beside',
    'entry.integrated': { decide: onEntryIntegrated },
    due: { decide: onDue },
  },
  emits: { 'ledger.appended': 'decide', 'trail.attested': 'decide' },
  prepare,
  evolve,
  forget: entriesAndSeals,
  due,
  // what is joined so far is read by nobody; a key is
  mayDefer: ({ status }) => status === 'joining',
  // until a later delivery, if one comes
  rests: (state) => state.status === 'sealed' && !state.awaited && state.late.length === 0,
  index: (state) => ({ party: state.status === 'keys' ? partyOf(state) : undefined }),
  indexes: [
    {
      name: 'party',
      key: { 'ix.party': 1 },
      partialFilterExpression: { 'ix.party': { $exists: true } },
    },
  ],
  routes: mountRoutes,
  codes,
})

/** The keys and leaves that a wave needs; its signatures are checked ahead. */
export async function prepare(
  wave: readonly Pair<State, AttestationInput>[],
  { keyring, known, signer, leaves }: Joining,
): Promise<Context> {
  const [findKey, awaited] = await Promise.all([
    keyring.prepare(wave.map(({ input }) => input)),
    awaitedLeaves(leaves, wave),
  ])
  const links = wave.flatMap(({ input }) => linksOf(input.data))
  const verified = await checkAhead(links, findKey, known)
  return { findKey, verified, signer, leaves: awaited }
}

/** Leaves of the trails that are due in this wave, by entry id. */
async function awaitedLeaves(
  leaves: Joining['leaves'],
  wave: readonly { state: State; input: AttestationInput }[],
): Promise<Map<string, Integrated>> {
  const ids = wave.flatMap(({ state, input }) =>
    input.type === 'due' && state.status === 'sealed' && state.awaited
      ? [state.awaited.entry_id]
      : [],
  )
  if (ids.length === 0) return new Map()
  const found = await leaves.known(ids)
  return new Map([...found].map(([entry_id, leaf]) => [entry_id, { entry_id, ...leaf }]))
}

/** The document's own id, which is its place in the list of keys. */
function partyOf({ keys }: Extract<State, { status: 'keys' }>): string | undefined {
  const [key] = keys
  return key && (key.roles.includes('agent') ? agentDocument(key.party) : toolDocument(key.party))
}

/**
 * A codec that tells of every entry it encodes: what goes out from here was signed here, so that
 * the log need not verify it again when it comes back.
 */
function toldOf(made: KnownSignatures, codec: Codec): Codec {
  return {
    ...codec,
    encode(name, value, tool) {
      if (name === 'ledger.appended') for (const link of linksOf(value)) made.add(link)
      return codec.encode(name, value, tool)
    },
  }
}

/** Runs the joiner, the log and their routes. @throws ConfigError, or when the stack is away */
export async function start(host: Host, config: AttestationConfig): Promise<Running> {
  checkAttestationConfig(config)
  /** Entries that were signed here. */
  const made = new KnownSignatures()
  return runService({ ...host, codec: toldOf(made, host.codec) }, attestation, {
    port: config.port,
    serviceKeys: config.keys.keys,
    open: (basics) => openTools(basics, config, made),
  })
}
