import { parseTopic, senderOf, topics } from '../topics.ts'
import { type BrokerAcl, OPERATION, PATTERN, PERMISSION, RESOURCE } from './broker-acls.ts'
import { isOutsider, isUserOf, userOf } from './parties.ts'

/** A topic that somebody may write or read beside those whom the catalogue names. */
export interface OpenTopic {
  readonly topic: string
  readonly may: 'write' | 'read'
  /** `User:…` as the broker names them; `User:*` is everybody; none where no entry names the topic. */
  readonly principals: readonly string[]
}

const EVERYBODY = 'User:*'

/**
 * Which topics are open to more than their parties, by the broker's list of ACLs. Pure.
 * O1 Whoever may write a topic is one of its writers, or sends its parked messages again.
 * O2 Outsiders, and everybody together, read only what names them. Others who read are the operator's
 *    business: an archive, an auditor.
 * O3 What a denial takes away counts as taken only where it covers all that was granted.
 * O4 A topic that no entry names is open to everybody where the broker allows what nothing names.
 * @param names topics as they exist; those that are not the product's are left out
 */
export function openTopics(acls: readonly BrokerAcl[], names: readonly string[]): OpenTopic[] {
  return names.flatMap((topic) => {
    const parsed = parseTopic(topic)
    if (parsed === undefined) return []
    const { readers } = topics[parsed.name]
    const writers = [...topics[parsed.name].writers, senderOf(topics[parsed.name]) ?? []].flat()
    if (!acls.some((acl) => covers(acl, topic))) return [{ topic, may: 'write', principals: [] }]
    const writing = allowed(acls, topic, OPERATION.Write).filter(
      (principal) => !isUserOf(nameIn(principal), writers),
    )
    const reading = allowed(acls, topic, OPERATION.Read).filter(
      (principal) => isTooMuch(principal) && !mayRead(principal, readers, parsed.tool),
    )
    return [
      ...(writing.length > 0 ? [{ topic, may: 'write' as const, principals: writing }] : []),
      ...(reading.length > 0 ? [{ topic, may: 'read' as const, principals: reading }] : []),
    ]
  })
}

function isTooMuch(principal: string): boolean {
  return principal === EVERYBODY || isOutsider(nameIn(principal))
}

/** A topic per tool is read by that tool alone. */
function mayRead(principal: string, readers: readonly string[], tool: string | undefined): boolean {
  const user = nameIn(principal)
  if (tool !== undefined) return user === userOf({ kind: 'tool', name: tool })
  return isUserOf(user, readers)
}

/** Principals that one operation on a topic is granted to, each once. */
function allowed(acls: readonly BrokerAcl[], topic: string, operation: number): string[] {
  const of = (permission: number) =>
    acls.filter(
      (acl) =>
        acl.permissionType === permission &&
        covers(acl, topic) &&
        (acl.operation === operation || acl.operation === OPERATION.All),
    )
  const denied = of(PERMISSION.deny).filter(({ host }) => host === '*')
  const isDenied = (principal: string) =>
    denied.some((acl) => acl.principal === principal || acl.principal === EVERYBODY)
  const principals = of(PERMISSION.allow).map(({ principal }) => principal)
  return [...new Set(principals)].filter((principal) => !isDenied(principal)).sort()
}

function covers(acl: BrokerAcl, topic: string): boolean {
  const { resourceType, resourceName, resourcePatternType } = acl
  if (resourceType !== RESOURCE.topic) return false
  if (resourcePatternType === PATTERN.prefixed) return topic.startsWith(resourceName)
  return resourceName === topic || resourceName === '*'
}

/** The user of a principal: its name, or the common name of its certificate. */
function nameIn(principal: string): string {
  const [, name = ''] = /^User:(?:CN=)?([^,]*)/.exec(principal) ?? []
  return name
}

/** An open topic in a line. */
export function describeOpen({ topic, may, principals }: OpenTopic): string {
  const who =
    principals.length === 0 ? 'no ACL names it: everybody, or nobody,' : principals.join(', ')
  return `${topic}: ${who} may ${may} it`
}
