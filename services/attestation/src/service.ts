import { type Codec, type EventTypes, topicFor } from '@prooftrail/contracts'
import {
  type Host,
  openStore,
  type RouteTools,
  type Running,
  runService,
  type Service,
} from '@prooftrail/runtime'
import { type KeySet, linksOf, type SigningKey } from '@prooftrail/trail'
import type { Express } from 'express'
import { checkAhead, KnownSignatures } from './check-link.ts'
import { codes } from './codes.ts'
import { type AttestationConfig, checkAttestationConfig } from './config.ts'
import { type Context, decide, runOf } from './decide.ts'
import { due, evolve } from './evolve.ts'
import { agentDoc, makeKeyring, type PartyReader, toolDoc } from './keyring.ts'
import { type LogStore, openFolder } from './log/fold.ts'
import { type ForeignMessage, type Integrator, startIntegrator } from './log/integrate.ts'
import { makeRecordReader } from './log/ledger-record.ts'
import { openLogStore } from './log/mongo-store.ts'
import { makeLogReader } from './log/read-log.ts'
import { serveDoors } from './routes.ts'
import { makeSigner } from './signer.ts'
import {
  type AttestationEvent,
  type AttestationInput,
  type Integrated,
  initial,
  type State,
} from './state.ts'

/** How the service's documents are kept; opening the store needs no more. */
export const trailDocuments = {
  name: 'attestation',
  collection: 'trails',
  initial,
  index: (state: State) => ({ party: state.status === 'keys' ? partyOf(state) : undefined }),
  indexes: [
    {
      name: 'party',
      key: { 'ix.party': 1 },
      partialFilterExpression: { 'ix.party': { $exists: true } },
    },
  ],
} satisfies Partial<Service<State, AttestationInput, AttestationEvent, Context>>

export interface AttestationOptions {
  key: SigningKey
  /** Public keys of the deployment's services. */
  keys: KeySet
  /** Documents of agents and tools. */
  parties: PartyReader
  /** Stored leaves, for trails that were not told their index. */
  leaves: Pick<LogStore, 'known'>
}

/** The joining service as data and functions; it consumes facts and publishes entries and seals. */
export function makeAttestation(
  options: AttestationOptions,
): Service<State, AttestationInput, AttestationEvent, Context> {
  const known = new KnownSignatures()
  const nbf = options.keys.keys.find(({ kid }) => kid === options.key.key_id)?.nbf
  const signer = makeSigner(options.key, nbf)
  const keyring = makeKeyring(options.keys, options.parties)
  return {
    ...trailDocuments,
    writes: ['ledger.appended', 'trail.attested'],
    consumes: [
      'agent.registered',
      'tool.registered',
      'work-order.rejected',
      'execution.bound',
      'result.accepted',
      'usage-receipt.issued',
      'callback.attempted',
    ],
    route(input) {
      switch (input.type) {
        case 'agent.registered':
          return agentDoc(input.data.agent_id)
        case 'tool.registered':
          return toolDoc(input.data.tool)
        case 'work-order.rejected':
          return input.data.work_order_id
        case 'entry.integrated':
        case 'due':
          return undefined
        default:
          return runOf(input)
      }
    },
    async prepare(wave) {
      const [findKey, leaves] = await Promise.all([
        keyring.prepare(wave.map(({ input }) => input)),
        awaitedLeaves(options.leaves, wave),
      ])
      const links = wave.flatMap(({ input }) => linksOf(input.data))
      const verified = await checkAhead(links, findKey, known)
      return { findKey, verified, signer, leaves }
    },
    decide,
    evolve,
    due,
    // what is joined so far is read by nobody; a key is
    mayDefer: ({ status }) => status === 'joining',
  }
}

/** Starts the joiner, the log and the doors. @throws ConfigError, or when the stack is away */
export async function start(host: Host, config: AttestationConfig): Promise<Running> {
  checkAttestationConfig(config)
  const { origin, logKey, keys } = config
  const log = host.log.child({ service: trailDocuments.name })
  const made = new KnownSignatures()
  const store = openStore(host, trailDocuments)
  const logStore = await openLogStore(host.db)
  const folder = await openFolder(logStore, { origin, key: logKey })
  const reader = makeLogReader(logStore, { origin, key: logKey })
  const service = makeAttestation({
    key: config.key,
    keys,
    parties: store,
    leaves: logStore,
  })

  let integrator: Integrator | undefined
  const fault: Integrator['fault'] = () =>
    integrator ? integrator.fault() : { code: 'PT-6021', detail: 'the log is not open yet' }
  const running = await runService(
    { ...host, codec: toldOf(made, host.codec) },
    {
      ...service,
      codes,
      routes: (app: Express, tools: RouteTools<State>) =>
        serveDoors(app, tools, { origin, services: keys, reader, fault }),
    },
    {
      port: config.port,
      open: () => ({
        tools: undefined,
        ready: () => {
          const found = fault()
          return found && `${found.code} ${found.detail}`
        },
      }),
    },
  )
  integrator = await startIntegrator({
    kafka: host.kafka,
    group: 'prooftrail.attestation-log',
    codec: host.codec,
    folder,
    read: makeRecordReader(keys, made),
    integrated: async (entries) => {
      await Promise.all(entries.map((entry) => running.submit(entry.work_order_id, told(entry))))
    },
    park: (messages) => parkForeign(host, messages),
    log,
  })
  const started = integrator
  return {
    ...running,
    async stop() {
      await started.stop()
      await running.stop()
    },
  }
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

function told({ entry_id, index, hash }: Integrated): AttestationInput {
  const at = new Date().toISOString()
  return {
    id: `integrated:${entry_id}`,
    type: 'entry.integrated',
    at,
    data: { entry_id, index, hash },
  }
}

/** Leaves of the trails that are due in this wave, by entry id. */
async function awaitedLeaves(
  leaves: Pick<LogStore, 'known'>,
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

async function parkForeign(host: Host, messages: readonly ForeignMessage[]): Promise<void> {
  const base64 = (bytes: string | Buffer) => Buffer.from(bytes).toString('base64')
  await host.producer.send({
    topic: topicFor('parked'),
    acks: -1,
    messages: messages.map(({ partition, offset, key, value, headers, at, code, detail }) => {
      const parked: EventTypes['parked'] = {
        service: trailDocuments.name,
        reason_code: code,
        detail,
        topic: topicFor('ledger.appended'),
        partition,
        offset,
        ...(key === null ? {} : { key: base64(key) }),
        value: base64(value),
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, text]) => [name, base64(text)]),
        ),
        first_time: at,
        attempts: 1,
      }
      return { key: null, value: host.codec.encode('parked', parked) }
    }),
  })
}

/** The document's own id, which is its place in the list of keys. */
function partyOf({ keys }: Extract<State, { status: 'keys' }>): string | undefined {
  const [key] = keys
  return key && (key.roles.includes('agent') ? agentDoc(key.party) : toolDoc(key.party))
}
