import type { AgentAnnounced, ToolAnnounced, ToolDirected } from '@prooftrail/contracts'
import {
  agentDocument,
  type Claims,
  type Pair,
  type Reader,
  toolDocument,
} from '@prooftrail/runtime'
import type { TrailKey } from '@prooftrail/trail'
import type { Fault } from './codes.ts'
import type { Context, IntakeInput, State } from './state.ts'
import { isByItsKeys } from './tool-keys.ts'

/**
 * One key, one party: a key list names a key once, with one party (wire format section 4), so that
 * a key of somebody else would make the list of all parties unreadable.
 */
export interface KeyHolders {
  /** Who holds each of these keys, by kid: a document id of an agent or a tool, or a service. */
  find(kids: readonly string[]): Promise<Map<string, string>>
}

/** Thumbprints in base64url; anything else is nobody's key. */
const KID = /^[A-Za-z0-9_-]{43}$/
/** Many more registrations than keys asked for would mean that a key is held twice. */
const MAX_FOUND = 1_000

/** @param services the deployment's own keys, which no registration may name */
export function openKeyHolders(
  reader: Pick<Reader<State>, 'find'>,
  services: readonly Pick<TrailKey, 'kid' | 'party'>[],
): KeyHolders {
  return {
    async find(kids) {
      const wanted = new Set(kids.filter((kid) => KID.test(kid)))
      if (wanted.size === 0) return new Map()
      const held = { $exists: true, $regex: [...wanted].join('|') }
      const found = await reader.find({ 'ix.kids': held }, { limit: MAX_FOUND })
      const holders = new Map<string, string>()
      for (const { id, state } of found) {
        for (const kid of kidsOf(state)) if (wanted.has(kid)) holders.set(kid, id)
      }
      for (const { kid, party } of services) if (wanted.has(kid)) holders.set(kid, party)
      return holders
    },
  }
}

/** The kids of a registration; of anything else none. */
export function kidsOf(state: State): string[] {
  switch (state.status) {
    case 'agent':
      return state.agent.keys.map(({ kid }) => kid)
    case 'tool':
      return state.tool.keys.map(({ kid }) => kid)
    case 'order':
    case 'absent':
      return []
  }
}

/** Whose registration an announcement claims to be, with the kids that it names. */
export function claimsOfAgent({ agent_id, keys }: AgentAnnounced): Claims {
  return { party: agentDocument(agent_id), keyIds: keys.map(({ kid }) => kid) }
}

/** Whose registration an announcement claims to be, with the kids that it names. */
export function claimsOfTool({ tool, key, next_key }: ToolAnnounced): Claims {
  return { party: toolDocument(tool), keyIds: [key.kid, ...(next_key ? [next_key.kid] : [])] }
}

/** Whose key an operator's directive claims to name. */
export function claimsOfDirective({ tool, key }: ToolDirected): Claims {
  return { party: toolDocument(tool), keyIds: key ? [key.kid] : [] }
}

/**
 * The claims of a wave's announcements that their signatures bear out: what nobody signed takes no
 * key from its holder, not even for a wave. A key that is registered for whoever names it is no claim.
 */
export function claimsIn(
  wave: readonly Pick<Pair<State, IntakeInput>, 'state' | 'input'>[],
  isDoors: Context['isDoors'],
): Claims[] {
  return wave.flatMap(({ state, input }) => {
    const claimed = claimOf(input)
    if (claimed === undefined) return []
    const own = kidsOf(state)
    const keyIds = claimed.keyIds.filter((kid) => !own.includes(kid))
    // signatures are looked at last: they cost most
    return keyIds.length > 0 && isSaid(input, isDoors) ? [{ ...claimed, keyIds }] : []
  })
}

function claimOf(input: IntakeInput): Claims | undefined {
  switch (input.type) {
    case 'work-order.submitted':
    case 'exception.opened':
    case 'exception.resolved':
      return undefined
    case 'agent.announced':
      return claimsOfAgent(input.data)
    case 'tool.announced':
      return claimsOfTool(input.data)
    case 'tool.directed':
      return claimsOfDirective(input.data)
  }
}

/** Whether the signatures of an announcement or a directive hold. */
function isSaid(input: IntakeInput, isDoors: Context['isDoors']): boolean {
  switch (input.type) {
    case 'agent.announced':
    case 'tool.directed':
      return isDoors(input.data)
    case 'tool.announced':
      return isByItsKeys(input.data)
    default:
      return false
  }
}

/** Holders, and behind them, for keys that nobody holds, the first of the wave that names one. */
export function claimAll(
  holders: ReadonlyMap<string, string>,
  claims: readonly Claims[],
): Map<string, string> {
  const claimed = new Map(holders)
  for (const { party, keyIds } of claims) {
    for (const kid of keyIds) if (!claimed.has(kid)) claimed.set(kid, party)
  }
  return claimed
}

/** Why `party` may not register these keys; undefined when each is its own or nobody's. */
export function holderFault(
  party: string,
  kids: readonly string[],
  holders: ReadonlyMap<string, string>,
): Fault | undefined {
  const foreign = kids.filter((kid) => (holders.get(kid) ?? party) !== party)
  if (foreign.length === 0) return undefined
  const detail = foreign.map((kid) => `${kid} belongs to ${holders.get(kid)}`).join('; ')
  return { code: 'PT-1048', detail }
}
