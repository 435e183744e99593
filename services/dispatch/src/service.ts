import { type Codec, RegistryUnavailable } from '@prooftrail/contracts'
import {
  type Host,
  Lookup,
  openStore,
  type Pair,
  type Reader,
  type Running,
  runService,
  type Service,
} from '@prooftrail/runtime'
import { checkAhead, type SigningKey, signOnce } from '@prooftrail/trail'
import { codes } from './codes.ts'
import type { DispatchConfig } from './config.ts'
import { type Context, decide, evolve } from './decide.ts'
import { claimsOf } from './judge.ts'
import type { DispatchEvent, DispatchInput, State, ToolState } from './state.ts'

const initial: State = { status: 'absent' }

/** Dispatch as data and functions; `reader` serves the tools that results are judged by. */
export function makeDispatch(
  key: SigningKey,
  reader: Reader<State>,
  codec: Pick<Codec, 'isReady' | 'ready'>,
): Service<State, DispatchInput, DispatchEvent, Context> {
  const lookup = new Lookup(reader)
  const sign: Context['sign'] = (name, object, after) => signOnce(name, object, [...after], key)
  return {
    name: 'dispatch',
    collection: 'execution_bindings',
    consumes: [
      'credits.held',
      'result.produced',
      'execution.progressed',
      'tool.registered',
      'trail.attested',
    ],
    initial,
    unseen: ['execution.progressed'],
    route(input) {
      switch (input.type) {
        case 'credits.held':
          return input.data.accepted.work_order_id
        case 'tool.registered':
          return `tool/${input.data.tool}`
        case 'due':
          return undefined
        case 'result.produced':
        case 'execution.progressed':
        case 'trail.attested':
          return input.data.work_order_id
      }
    },
    creates: (input) => input.type === 'credits.held',
    async prepare(wave) {
      const ids = wave.flatMap(({ input }) =>
        input.type === 'result.produced' ? [`tool/${input.data.tool}`] : [],
      )
      const tools = new Map<string, ToolState>()
      for (const state of (await lookup.get(ids)).values()) {
        if (state.status === 'tool') tools.set(state.tool, state)
      }
      const claims = wave.flatMap(({ input }) =>
        input.type === 'result.produced' ? claimsOf(input.data, tools.get(input.data.tool)) : [],
      )
      const [deployed] = await Promise.all([
        commandable(codec, wave.flatMap(toolOf)),
        checkAhead(claims),
      ])
      return { sign, tools, commandable: deployed }
    },
    decide,
    evolve,
    // a sign of life, and that a trail is sealed; a tool is read by other processes
    mayDefer: ({ status }) => status === 'commanded' || status === 'settled',
    due: (state) => (state.status === 'commanded' ? state.due_at : undefined),
  }
}

/** The tool that a pair may have to command. */
function toolOf({ state, input }: Pair<State, DispatchInput>): string[] {
  if (input.type === 'credits.held') return [input.data.accepted.pins.tool]
  return input.type === 'due' && state.status === 'commanded' ? [state.accepted.pins.tool] : []
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

export async function start(host: Host, config: DispatchConfig): Promise<Running> {
  const store = openStore(host, { collection: 'execution_bindings', initial })
  return runService(
    host,
    makeDispatch(config.key, store, host.codec),
    { port: config.port, codes },
    store,
  )
}
