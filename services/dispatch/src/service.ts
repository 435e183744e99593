import {
  type ActLink,
  type BatchRequested,
  type Codec,
  genuineProgress,
  RegistryUnavailable,
} from '@prooftrail/contracts'
import {
  agentDocument,
  defineService,
  type Host,
  Lookup,
  type Pair,
  produce,
  type Running,
  runService,
  toolDocument,
} from '@prooftrail/runtime'
import { Link, linksOf, type SigningKey, verifiedLinks } from '@prooftrail/trail'
import { mayAsk, onRecoveryRequested } from './acts/decide-act.ts'
import { keyOfAct } from './acts/read-act.ts'
import { batchContext } from './batches/context.ts'
import { onBatchRequested } from './batches/decide-batch.ts'
import { chunkOfAct, isAnswered, onAnswer, onBatchAdvanced } from './batches/decide-chunk.ts'
import { batchDocument, chunkDocument, REGISTER } from './batches/names.ts'
import { onBatchChanged } from './batches/register.ts'
import { mountBatches } from './batches/routes.ts'
import { codes } from './codes.ts'
import type { Sign } from './command.ts'
import type { DispatchConfig } from './config.ts'
import { courseOf } from './course.ts'
import {
  mayBeAccepted,
  onAgentRegistered,
  onCreditsHeld,
  onDue,
  onExceptionOpened,
  onExceptionResolved,
  onResultProduced,
  onToolRegistered,
  runOfTicket,
} from './decide.ts'
import { due, evolve } from './evolve.ts'
import { keyOf } from './judge.ts'
import { makeSilences, measureWith, readsOf } from './measure.ts'
import { metrics as table } from './metric-table.ts'
import { mayMove, onExecutionProgressed } from './progress.ts'
import { mountRoutes } from './routes.ts'
import type {
  AgentState,
  Context,
  Dispatch,
  DispatchInput,
  State,
  ToolState,
  Tools,
} from './state.ts'

/** Stage 2: judges attempts and results. See state.ts for what a document is, decide.ts for the rules. */
export const dispatch = defineService<Dispatch>({
  name: 'dispatch',
  collection: 'execution_bindings',
  initial: { status: 'absent' },
  on: {
    'credits.held': { creates: true, decide: onCreditsHeld },
    'result.produced': {
      authenticate: ({ data: { tool, result_contract, links = [] } }) => ({
        party: toolDocument(tool),
        keyIds: [result_contract, ...links].map(({ key_id }) => key_id),
      }),
      decide: onResultProduced,
    },
    'execution.progressed': {
      authenticate: ({ data: { tool, key_id } }) => ({
        party: toolDocument(tool),
        keyIds: key_id === undefined ? [] : [key_id],
      }),
      sequenced: true,
      decide: onExecutionProgressed,
    },
    'recovery.requested': {
      authenticate: ({ data: { act } }) => ({
        party: agentDocument(act.object.requested_by),
        keyIds: [act.key_id],
      }),
      decide: onRecoveryRequested,
    },
    'exception.opened': {
      document: ({ object }) => runOfTicket(object),
      decide: onExceptionOpened,
    },
    'exception.resolved': { document: runOfTicket, decide: onExceptionResolved },
    'recovery.accepted': { document: chunkOf, decide: onAnswer },
    'recovery.refused': { document: chunkOf, decide: onAnswer },
    'batch.requested': { document: documentOf, decide: onBatchRequested },
    'batch.advanced': {
      document: ({ batch_id, chunk }) => chunkDocument(batch_id, chunk),
      decide: onBatchAdvanced,
    },
    'batch.changed': { document: () => REGISTER, sequenced: true, decide: onBatchChanged },
    'tool.registered': { document: ({ tool }) => toolDocument(tool), decide: onToolRegistered },
    'agent.registered': {
      document: ({ agent_id }) => agentDocument(agent_id),
      decide: onAgentRegistered,
    },
    due: { decide: onDue },
  },
  // a thousand acts of one agent wait for each other; what runs rest on goes between them
  patient: ['recovery.requested'],
  emits: {
    'execution.bound': 'decide',
    'execution.commanded': 'decide',
    'result.accepted': 'decide',
    'exception.opened': 'decide',
    'exception.resolved': 'decide',
    'recovery.accepted': 'decide',
    'recovery.refused': 'decide',
    'recovery.requested': 'decide',
    'batch.requested': 'door',
    'batch.advanced': 'decide',
    'batch.changed': 'decide',
    'run.expired': 'decide',
  },
  prepare,
  evolve,
  // what receipts and log say of it is theirs to keep
  forget: () => ({ status: 'absent' }),
  due,
  routes(app, doors) {
    mountRoutes(app, doors)
    mountBatches(app, doors)
  },
  // a sign of life; a tool is read by other processes
  mayDefer: ({ status }) => status === 'commanded' || status === 'settled',
  // the handle under which acts are asked for
  index: (state) => ({ task_token: courseOf(state)?.task_token }),
  indexes: [
    {
      name: 'task_token',
      key: { 'ix.task_token': 1 },
      partialFilterExpression: { 'ix.task_token': { $exists: true } },
    },
  ],
  rests: (state) => state.status === 'settled' || isAnswered(state),
  codes,
})

/** The tools that a wave's results and heartbeats are judged by, signatures checked ahead, and who can be commanded. */
export async function prepare(
  wave: readonly Pair<State, DispatchInput>[],
  given: Omit<Tools, 'request' | 'requestBatch'>,
): Promise<Context> {
  const { sign, signAct, lookup, codec, operators, limits } = given
  const acts = wave.flatMap(({ state, input }) =>
    input.type === 'recovery.requested' && mayAsk(state, input.data.act, given)
      ? [input.data.act]
      : [],
  )
  const results = wave.flatMap(({ state, input }) =>
    input.type === 'result.produced' && mayBeAccepted(state, input.data) ? [input.data] : [],
  )
  const beats = wave.flatMap(({ state, input }) =>
    input.type === 'execution.progressed' && mayMove(state, input) ? [input] : [],
  )
  const named = [...results, ...beats.map(({ data }) => data)]
  const tools = new Map<string, ToolState>()
  const agents = new Map<string, AgentState>()
  const parties = [
    ...named.map(({ tool }) => toolDocument(tool)),
    ...acts.map(({ object }) => agentDocument(object.requested_by)),
    ...wave.flatMap(toolOfActs),
  ]
  for (const state of (await lookup.get(parties)).values()) {
    if (state.status === 'tool') tools.set(state.tool, state)
    if (state.status === 'agent') agents.set(state.agent_id, state)
  }
  const who = { agents, operators }
  const actLinks = new Set<Link<string>>(acts)
  const toolOfLink = new Map(
    results.flatMap((result) => linksOf(result).map((link) => [link, tools.get(result.tool)])),
  )
  const [batches, deployed, genuine, verified] = await Promise.all([
    batchContext(wave, given),
    commandable(codec, wave.flatMap(toolOf)),
    genuineProgress(beats, tools),
    verifiedLinks([...toolOfLink.keys(), ...acts], (link) =>
      actLinks.has(link) ? keyOfAct(link as ActLink, who) : keyOf(link, toolOfLink.get(link)),
    ),
  ])
  const known = { limits, tools, agents, operators, verified, genuine, commandable: deployed }
  return { sign, signAct, batches, ...known }
}

/** Of a batch itself, or of the chunk of runs that a message brings. */
function documentOf({ batch_id, request, chunk = 0 }: BatchRequested): string {
  return request === 'select' ? chunkDocument(batch_id, chunk) : batchDocument(batch_id)
}

/** The chunk that an answer is for; undefined: the act is of no batch. */
function chunkOf({ act }: { act: ActLink }): string | undefined {
  const of = chunkOfAct(act)
  return of && chunkDocument(of.batchId, of.chunk)
}

/** The tool whose manifest an act on this run may be judged by. */
function toolOfActs({ state, input }: Pair<State, DispatchInput>): string[] {
  if (input.type !== 'recovery.requested' || state.status !== 'settled') return []
  return state.run ? [toolDocument(state.run.accepted.pins.tool)] : []
}

/** The tool that a pair may have to command. */
function toolOf({ state, input }: Pair<State, DispatchInput>): string[] {
  if (input.type === 'credits.held') return [input.data.accepted.pins.tool]
  const isAttempt = input.type === 'due' || input.type === 'recovery.requested'
  return isAttempt && 'accepted' in state ? [state.accepted.pins.tool] : []
}

/**
 * Tools whose command subject is deployed. A missing one holds up its own orders only.
 * @throws RegistryUnavailable on an outage
 */
async function commandable(
  codec: Pick<Codec, 'isReady' | 'ready'>,
  tools: readonly string[],
): Promise<ReadonlySet<string>> {
  const deployed = await Promise.all(
    [...new Set(tools)].map(async (tool) => {
      if (codec.isReady('execution.commanded', tool)) return [tool]
      try {
        await codec.ready(['execution.commanded'], tool)
        return [tool]
      } catch (error) {
        if (error instanceof RegistryUnavailable) throw error
        return []
      }
    }),
  )
  return new Set(deployed.flat())
}

export function signWith(key: SigningKey): Sign {
  return (kind, object, after) => Link.sign(kind, object, after, key)
}

/** Runs dispatch on a host; resolves when it consumes. @throws when the stack is away */
export function start(
  host: Host,
  { port, key, operatorKey, operators, batchLimits, limits, serviceKeys }: DispatchConfig,
): Promise<Running> {
  return runService(host, dispatch, {
    port,
    serviceKeys,
    open({ store, metrics }) {
      const silences = makeSilences()
      return {
        tools: {
          ...{
            sign: signWith(key),
            lookup: new Lookup(store),
            codec: host.codec,
            operators,
            limits,
          },
          signAct: (kind, act, after) => Link.sign(kind, act, after, operatorKey),
          request: (asked) => produce(host, 'dispatch', 'recovery.requested', asked),
          requestBatch: (asked) => produce(host, 'dispatch', 'batch.requested', asked),
          ...{ reader: store, batchLimits },
        },
        measure: measureWith(metrics(table, readsOf(silences)), silences),
      }
    },
  })
}
