import { createHash } from 'node:crypto'
import { TOOL_NAME } from '../topics.ts'

/**
 * Whoever has a user of its own at the broker. A user's name says whose it is, so that who may write
 * a topic can be read off the broker's own list of ACLs.
 */
export type AclParty =
  | {
      readonly kind: 'service'
      readonly name: string
      /** Topics and groups of this prefix are looked at: where they stand, never what they hold. */
      readonly describes?: string
    }
  /** The executors of one tool. */
  | { readonly kind: 'tool'; readonly name: string }
  | { readonly kind: 'agent'; readonly name: string }
  /** The deploy step that makes topics. */
  | { readonly kind: 'deploy' }
  /** Whoever looks whether all is well. */
  | { readonly kind: 'doctor' }

const PREFIX = 'prooftrail-'
const KINDS = { tool: `${PREFIX}tool-`, agent: `${PREFIX}agent-` } as const
/** What a label of a DNS name may hold (RFC 1123), short enough for a prefix before it. */
const LABEL = /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/

/**
 * The name of a party's user. It is a name that Kubernetes takes too (RFC 1123), so that a KafkaUser
 * and a line of kafka-acls mean the same one. A tool or agent whose name is none gets a point and
 * eight characters of its digest behind what is left of it; a name that is one holds no point, so no
 * two parties share a user.
 * @throws RangeError for what is no tool's name, and for an agent without one
 */
export function userOf(party: AclParty): string {
  switch (party.kind) {
    case 'service':
      return PREFIX + party.name
    case 'tool':
      if (!TOOL_NAME.test(party.name)) throw new RangeError(`${party.name} is no tool's name`)
      return KINDS.tool + labelOf(party.name)
    case 'agent':
      if (party.name === '') throw new RangeError('an agent has a name')
      return KINDS.agent + labelOf(party.name)
    case 'deploy':
    case 'doctor':
      return PREFIX + party.kind
  }
}

/** Whether a user is that of one of these, as the catalogue names writers and readers. */
export function isUserOf(user: string, named: readonly string[]): boolean {
  if (user.startsWith(KINDS.tool)) return named.includes('executor')
  if (user.startsWith(KINDS.agent)) return named.includes('agent')
  return user.startsWith(PREFIX) && named.includes(user.slice(PREFIX.length))
}

/** Whether a user is one of an outsider: a tool team's or an agent's. */
export function isOutsider(user: string): boolean {
  return user.startsWith(KINDS.tool) || user.startsWith(KINDS.agent)
}

function labelOf(name: string): string {
  if (LABEL.test(name)) return name
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8)
  const left = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 30)
    .replace(/^-+|-+$/g, '')
  return `${left || 'x'}.${digest}`
}
