import {
  ACT_LINKS,
  ACTS,
  type Act,
  type ActLink,
  type Actor,
  actObjectType,
  checkForm,
} from '@prooftrail/contracts'
import { Refusal, RetryLater, WAIT_SECONDS } from '@prooftrail/runtime'
import type { Link, TrailKey } from '@prooftrail/trail'
import { keyCountsFor, statementFaults, trailKeyFrom } from '@prooftrail/trail/format'
import type { AgentState, Context } from '../state.ts'

/** Larger than any act needs to be, so that no run's document grows without bound. */
export const MAX_ACT_BYTES = 500_000
/** What an act says besides its evidence: a reason of some pages at most. It is kept in many places. */
const MAX_WORDS_BYTES = 8_192

/** An answer carries the act, and is kept: one of so many bytes counts as one, a larger one as more. */
const REFUSED_BYTES = 2_048

/** As how many refused acts one counts. */
export function weightOf({ text }: Pick<ActLink, 'text'>): number {
  return Math.max(1, Math.ceil(Buffer.byteLength(text) / REFUSED_BYTES))
}

/** The key that an act names: an operator's, or one of the agent's that it says it is from. */
export function keyOfAct(
  link: ActLink,
  { agents, operators }: Pick<Context, 'agents' | 'operators'>,
): TrailKey | undefined {
  // what is of no kind of the list has no statement that could be signed
  if (!isAct(link)) return undefined
  const { key_id, object } = link
  const operator = operators.get(key_id)
  if (operator) return operator
  const agent = agents.get(object.requested_by)
  return agent && keyOfAgent(agent, key_id)
}

function keyOfAgent({ agent_id, keys }: AgentState, keyId: string): TrailKey | undefined {
  const key = keys.find(({ kid }) => kid === keyId)
  return key && trailKeyFrom(key, agent_id, 'agent')
}

/**
 * Whose act it is. What is signed by nobody who may sign acts touches nothing.
 * @throws Refusal PT-2022, RetryLater while the key may be registered
 */
export function actorOf(
  act: ActLink,
  context: Pick<Context, 'agents' | 'operators' | 'verified'>,
  at: string,
  waited: number,
): Actor {
  const key = keyOfAct(act, context)
  if (key === undefined) {
    const detail = `${act.key_id} is no key of ${act.object.requested_by}`
    throw waited < WAIT_SECONDS ? new RetryLater('PT-2022', detail) : new Refusal('PT-2022', detail)
  }
  if (!isAct(act)) throw new Refusal('PT-2022', `${act.kind} is no act`)
  const { issued_at: issuedAt, requested_by: agent } = act.object
  const { role, fault } = keyCountsFor(act.kind, key, { issuedAt, agent, at })
  if (fault !== undefined) {
    throw new Refusal('PT-2022', `${fault}: issued at ${issuedAt}, arrived ${at}`)
  }
  if (!context.verified.has(act)) throw new Refusal('PT-2022', `not the signature of ${key.kid}`)
  return role === 'operator' ? 'operator' : 'agent'
}

function isAct(link: ActLink): link is ActLink & Link<Act['link']> {
  return ACT_LINKS.some((kind) => kind === link.kind)
}

/** Why no trail could hold the act, or nobody know what it asks for; undefined when one can. */
export function formFault(
  { kind, object, text }: ActLink,
  workOrderId: string,
): string | undefined {
  const [unreadable] = statementFaults(object)
  if (unreadable) return unreadable.detail
  const bytes = Buffer.byteLength(text)
  if (bytes > MAX_ACT_BYTES) return `${bytes} bytes; ${MAX_ACT_BYTES} are allowed`
  const { new_evidence_items: _, ...words } = object
  const said = Buffer.byteLength(JSON.stringify(words))
  if (said > MAX_WORDS_BYTES) {
    return `${said} bytes besides its evidence; ${MAX_WORDS_BYTES} are allowed`
  }
  const faults = checkForm('RecoveryAct', object)
  if (faults.length > 0) {
    return faults
      .map(({ path, detail }) => `${path} ${detail}`)
      .slice(0, 10)
      .join('; ')
  }
  if (object.work_order_id !== workOrderId) return `it is about ${object.work_order_id}`
  const { link } = ACTS[object.recovery_action]
  if (kind !== link) return `${object.recovery_action} is signed as ${link}`
  const type = actObjectType(link)
  return object.object_type === type ? undefined : `object_type is not ${type}`
}
