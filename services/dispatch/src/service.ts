import {
  type ActLink,
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
import { onRecoveryRequested } from './acts/decide-act.ts'
import { keyOfAct } from './acts/read-act.ts'
import { codes } from './codes.ts'
import type { Sign } from './command.ts'
import type { DispatchConfig } from './config.ts'
import {
  onAgentRegistered,
  onCreditsHeld,
  onDue,
  onResultProduced,
  onToolRegistered,
} from './decide.ts'
import { due, evolve } from './evolve.ts'
import { keyOf } from './judge.ts'
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
    'tool.registered': { document: ({ tool }) => toolDocument(tool), decide: onToolRegistered },
    'agent.registered': {
      document: ({ agent_id }) => agentDocument(agent_id),
      decide: onAgentRegistered,
    },
    due: { decide: onDue },
  },
  emits: {
    'execution.bound': 'decide',
    'execution.commanded': 'decide',
    'result.accepted': 'decide',
    'exception.opened': 'decide',
    'exception.resolved': 'decide',
    'recovery.accepted': 'decide',
    'recovery.refused': 'decide',
    'recovery.requested': 'door',
  },
  prepare,
  evolve,
  due,
  routes: mountRoutes,
  // a sign of life; a tool is read by other processes
  mayDefer: ({ status }) => status === 'commanded' || status === 'settled',
  rests: ({ status }) => status === 'settled',
  codes,
})

/** The tools that a wave's results and heartbeats are judged by, signatures checked ahead, and who can be commanded. */
async function prepare(
  wave: readonly Pair<State, DispatchInput>[],
  { sign, lookup, codec, operators }: Pick<Tools, 'sign' | 'lookup' | 'codec' | 'operators'>,
): Promise<Context> {
  const acts = wave.flatMap(({ input }) =>
    input.type === 'recovery.requested' ? [input.data.act] : [],
  )
  const results = wave.flatMap(({ input }) =>
    input.type === 'result.produced' ? [input.data] : [],
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
  const [deployed, genuine, verified] = await Promise.all([
    commandable(codec, wave.flatMap(toolOf)),
    genuineProgress(beats, tools),
    verifiedLinks([...toolOfLink.keys(), ...acts], (link) =>
      actLinks.has(link) ? keyOfAct(link as ActLink, who) : keyOf(link, toolOfLink.get(link)),
    ),
  ])
  return { sign, tools, agents, operators, verified, genuine, commandable: deployed }
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

function signWith(key: SigningKey): Sign {
  return (kind, object, after) => Link.sign(kind, object, after, key)
}

/** Runs dispatch on a host; resolves when it consumes. @throws when the stack is away */
export function start(
  host: Host,
  { port, key, operatorKey, operators }: DispatchConfig,
): Promise<Running> {
  return runService(host, dispatch, {
    port,
    open: ({ store }) => ({
      tools: {
        ...{ sign: signWith(key), lookup: new Lookup(store), codec: host.codec, operators },
        signAct: (kind, act, after) => Link.sign(kind, act, after, operatorKey),
        request: (asked) => produce(host, 'dispatch', 'recovery.requested', asked),
      },
    }),
  })
}
