import type { AgentRegistered, ToolRegistered } from '@prooftrail/contracts'
import { agentDocument, Lookup, type Reader, toolDocument } from '@prooftrail/runtime'
import type { State } from './state.ts'

/** The agents and tools that are registered now, as far as somebody asks for them. */
export interface Registry {
  /** Those of the named ones that are registered; one read for all that memory does not hold. */
  find(wanted: Wanted): Promise<Found>
  /** Those of the documents that are registrations now. */
  known(documents: readonly string[]): Promise<Set<string>>
}

export interface Wanted {
  agents: Iterable<string>
  tools: Iterable<string>
}

export interface Found {
  agents: Map<string, AgentRegistered>
  tools: Map<string, ToolRegistered>
}

/** How long a registration may be used without looking again: a new version counts soon. */
const KEPT_MS = 1_000
/** Nothing with a longer document id is ever registered. */
const MAX_ID_LENGTH = 200

/**
 * Reads registrations out of intake's own collection, past the memory of the loop, because another
 * process may have saved them. What is not registered is asked for again each time.
 * @param now epoch milliseconds
 */
export function openRegistry(
  reader: Pick<Reader<State>, 'read'>,
  now: () => number = Date.now,
): Registry {
  const lookup = new Lookup(reader, KEPT_MS, now)

  return {
    async known(documents) {
      const possible = documents.filter((id) => id.length <= MAX_ID_LENGTH)
      return new Set((await lookup.get(possible)).keys())
    },
    async find({ agents, tools }) {
      const ids = [...[...agents].map(agentDocument), ...[...tools].map(toolDocument)]
      const possible = ids.filter((id) => id.length <= MAX_ID_LENGTH)
      const states = (await lookup.get(possible)).values()
      const found: Found = { agents: new Map(), tools: new Map() }
      for (const state of states) {
        if (state.status === 'agent') found.agents.set(state.agent.agent_id, state.agent)
        if (state.status === 'tool') found.tools.set(state.tool.tool, state.tool)
      }
      return found
    },
  }
}
