/**
 * Who may say and hear what, from the catalogue: the broker's side of it.
 * W1 A party writes the topics that name it as a writer and reads those that name it as a reader, and
 *    no other. A tool has no part in another tool's topics.
 * W2 A party joins groups of its own alone, so that nobody moves another's offsets.
 * W3 Nothing of the product uses transactions: agents and tools are denied every transactional id,
 *    whatever else the broker grants. An open transaction would hold up whoever reads committed.
 * W4 Which service sends a topic's parked messages again (`senderOf`) reads and writes the topic: it
 *    takes them from where they stand, so that nobody else can have it write what was not there.
 * W5 Read and Write imply Describe; producers are not idempotent and need nothing of the cluster.
 */
import { senderOf, type TopicInfo, topics } from '../topics.ts'
import { type AclParty, userOf } from './parties.ts'

export type AclOperation = 'Read' | 'Write' | 'Create' | 'Describe' | 'DescribeConfigs' | 'All'

/** What one user may do, or may not, with resources of one name or prefix. */
export interface AclRule {
  /** Without `User:`. */
  readonly user: string
  readonly permission: 'allow' | 'deny'
  readonly operations: readonly AclOperation[]
  readonly resource: 'topic' | 'group' | 'transactional-id' | 'cluster'
  /** `kafka-cluster` for the cluster; `*` for every one. */
  readonly name: string
  readonly pattern: 'literal' | 'prefixed'
}

/** What of the catalogue the rules follow from. */
export type NamedTopic = Pick<TopicInfo, 'template' | 'readers' | 'writers' | 'per_tool' | 'sender'>

type Grant = Omit<AclRule, 'user' | 'permission'>

/** Every name of the product's topics and groups begins so. */
const ALL = 'prooftrail.'

/** The rules of one party. Pure. @throws RangeError as `userOf` */
export function aclsFor(
  party: AclParty,
  catalogue: readonly NamedTopic[] = Object.values(topics),
): AclRule[] {
  const user = userOf(party)
  const allowed = grantsOf(party, catalogue).map((grant) => ({
    user,
    permission: 'allow' as const,
    ...grant,
  }))
  const isOutside = party.kind === 'tool' || party.kind === 'agent'
  return isOutside ? [...allowed, { user, ...NO_TRANSACTIONS }] : allowed
}

const NO_TRANSACTIONS = {
  permission: 'deny',
  operations: ['All'],
  resource: 'transactional-id',
  name: '*',
  pattern: 'literal',
} as const satisfies Omit<AclRule, 'user'>

function grantsOf(party: AclParty, catalogue: readonly NamedTopic[]): Grant[] {
  switch (party.kind) {
    case 'service': {
      const { name, describes } = party
      return [
        // What a topic promises is compared with how it is set.
        ...topicsOf(catalogue, name).map((grant) => adding(grant, 'DescribeConfigs')),
        group(`${ALL}${name}`, 'literal', 'Read'),
        group(`${ALL}${name}-`, 'prefixed', 'Read'),
        ...(describes === undefined
          ? []
          : [topic(describes, 'prefixed', 'Describe'), group(describes, 'prefixed', 'Describe')]),
        // It asks who else may write what it believes.
        cluster('Describe'),
      ]
    }
    case 'tool':
      return [
        ...topicsOf(catalogue, 'executor', party.name).map((grant) =>
          adding(grant, 'DescribeConfigs'),
        ),
        group(`${ALL}${party.name}@`, 'prefixed', 'Read'),
      ]
    case 'agent':
      return topicsOf(catalogue, 'agent')
    case 'deploy':
      return [topic(ALL, 'prefixed', 'Create', 'Describe', 'DescribeConfigs')]
    case 'doctor':
      return [
        topic(ALL, 'prefixed', 'Describe', 'DescribeConfigs'),
        group(ALL, 'prefixed', 'Describe'),
        cluster('Describe', 'DescribeConfigs'),
      ]
  }
}

/** What the catalogue names a party for; topics per tool are the given tool's, or every tool's. */
function topicsOf(catalogue: readonly NamedTopic[], named: string, tool?: string): Grant[] {
  return catalogue.flatMap((one) => {
    const again = senderOf(one) === named
    const reads = again || one.readers.includes(named) ? (['Read'] as const) : []
    const writes = again || one.writers.includes(named) ? (['Write'] as const) : []
    const may = [...reads, ...writes]
    return may.length === 0 ? [] : [topic(...placeOf(one, tool), ...may)]
  })
}

function placeOf({ per_tool, template }: NamedTopic, tool?: string): [string, AclRule['pattern']] {
  if (per_tool !== true) return [template, 'literal']
  if (tool !== undefined) return [template.replace('<tool>', tool), 'literal']
  const [before = ''] = template.split('<tool>')
  return [before, 'prefixed']
}

function adding(grant: Grant, operation: AclOperation): Grant {
  return { ...grant, operations: [...grant.operations, operation] }
}

function topic(name: string, pattern: AclRule['pattern'], ...operations: AclOperation[]): Grant {
  return { operations, resource: 'topic', name, pattern }
}

function group(name: string, pattern: AclRule['pattern'], ...operations: AclOperation[]): Grant {
  return { operations, resource: 'group', name, pattern }
}

function cluster(...operations: AclOperation[]): Grant {
  return { operations, resource: 'cluster', name: 'kafka-cluster', pattern: 'literal' }
}
