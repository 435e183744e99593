import type { PublicKey, ToolDirected, ToolRegistered } from '@prooftrail/contracts'
import { Refusal, toolDocument } from '@prooftrail/runtime'
import { holderFault } from './key-holders.ts'
import { keyFaults } from './public-keys.ts'
import type { Context, DirectiveInput, IntakeEvent, State } from './state.ts'
import { withKeys } from './tool-keys.ts'

/**
 * What an operator says of a tool: registers its name with a key, adds a key, revokes one, retires
 * the tool. The door signed it, so that nobody else says it; an older word changes nothing.
 * @throws Refusal PT-1046 to PT-1049, PT-1056 to PT-1058: it is parked, the registration stays
 */
export function onToolDirected(
  state: State,
  { data, at }: DirectiveInput,
  context: Pick<Context, 'holders' | 'isDoors' | 'hasRoomForTools'>,
): IntakeEvent[] {
  if (!context.isDoors(data)) throw new Refusal('PT-1057', 'not signed by a key of intake')
  const known = state.status === 'tool' ? state.tool : undefined
  if (known?.directed_at !== undefined && data.directed_at <= known.directed_at) {
    const detail = `said at ${data.directed_at}, the last one at ${known.directed_at}`
    throw new Refusal('PT-1049', detail, { isQuiet: true })
  }
  if (known === undefined && !context.hasRoomForTools) {
    throw new Refusal('PT-1056', `there is no room for ${data.tool}`)
  }
  const keys = keysAfter(data, known, at, context)
  const changed: ToolRegistered = {
    ...(known ?? { tool: data.tool, versions: [], registered_at: at }),
    keys,
    revision: (known?.revision ?? -1) + 1,
    directed_at: data.directed_at,
  }
  return [{ type: 'tool.registered', data: retired(changed, data, at) }]
}

function keysAfter(
  { tool, key, revoke, reason }: ToolDirected,
  known: ToolRegistered | undefined,
  at: string,
  { holders }: Pick<Context, 'holders'>,
): PublicKey[] {
  if (key) {
    const faults = keyFaults(key)
    if (faults.length > 0) throw new Refusal('PT-1046', faults.join('; '))
    const foreign = holderFault(toolDocument(tool), [key.kid], holders)
    if (foreign) throw new Refusal(foreign.code, foreign.detail)
  }
  if (known === undefined && !key) throw new Refusal('PT-1058', `${tool} is not registered`)
  const keys = withKeys(known?.keys ?? [], [key], at)
  return revoke === undefined ? keys : revokeKey(keys, revoke, reason, at)
}

/**
 * The keys with one that counts no more from this time on; one that is revoked stays so.
 * @throws Refusal PT-1058 for a key that is none of them
 */
export function revokeKey(
  keys: readonly PublicKey[],
  kid: string,
  reason: string | undefined,
  at: string,
): PublicKey[] {
  if (keys.every((key) => key.kid !== kid)) throw new Refusal('PT-1058', `no key ${kid}`)
  // the second after: what came before the word, in the same second too, stays good
  const revoked_at = Math.ceil(Date.parse(at) / 1000)
  return keys.map((key) =>
    key.kid !== kid || key.revoked_at !== undefined
      ? key
      : { ...key, revoked_at, ...(reason === undefined ? {} : { revoked_for: reason }) },
  )
}

function retired(tool: ToolRegistered, { retire }: ToolDirected, at: string): ToolRegistered {
  if (retire === undefined) return tool
  const { retired_at: _, ...rest } = tool
  return retire ? { ...rest, retired_at: tool.retired_at ?? at } : rest
}
