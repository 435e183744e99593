import type { AclRule } from '@prooftrail/contracts'
import { stringify } from 'yaml'
import { bareTable } from '../bare-table.ts'

/**
 * Rules as lines of Kafka's own tool, one for all resources that share what may be done with them.
 * They expect `KAFKA_BROKERS`, and the administrator's credentials in `admin.properties`.
 */
export function kafkaAclLines(rules: readonly AclRule[]): string {
  const lines = new Map<string, string[]>()
  for (const rule of rules) {
    const { user, permission, operations, pattern } = rule
    const head = [
      'kafka-acls.sh --bootstrap-server "$KAFKA_BROKERS" --command-config admin.properties --add',
      `--${permission}-principal ${quoted(`User:${user}`)}`,
      ...operations.map((operation) => `--operation ${operation}`),
      ...(pattern === 'prefixed' ? ['--resource-pattern-type prefixed'] : []),
    ].join(' ')
    lines.set(head, [...(lines.get(head) ?? []), resourceOption(rule)])
  }
  return [...lines]
    .map(([head, resources]) => [head, ...resources].join(' \\\n  '))
    .map((line) => `${line}\n`)
    .join('')
}

function resourceOption({ resource, name }: AclRule): string {
  return resource === 'cluster' ? '--cluster' : `--${resource} ${quoted(name)}`
}

/** A word of a shell. */
function quoted(text: string): string {
  return /^[\w.:@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

const TYPES = {
  topic: 'topic',
  group: 'group',
  'transactional-id': 'transactionalId',
  cluster: 'cluster',
} as const

/**
 * A KafkaUser of Strimzi for every user, with a password of its own (SCRAM).
 * @param cluster name of the Kafka resource
 */
export function kafkaUsers(rules: readonly AclRule[], cluster: string): string {
  const users = [...new Set(rules.map(({ user }) => user))]
  return users
    .map((user) => {
      const acls = rules.filter((rule) => rule.user === user).map(strimziAcl)
      return stringify({
        apiVersion: 'kafka.strimzi.io/v1',
        kind: 'KafkaUser',
        metadata: { name: user, labels: { 'strimzi.io/cluster': cluster } },
        spec: {
          authentication: { type: 'scram-sha-512' },
          authorization: { type: 'simple', acls },
        },
      })
    })
    .join('---\n')
}

function strimziAcl({ permission, operations, resource, name, pattern }: AclRule): object {
  const type = TYPES[resource]
  return {
    ...(permission === 'deny' ? { type: 'deny' } : {}),
    resource: resource === 'cluster' ? { type } : { type, name, patternType: kindOf(pattern) },
    operations: [...operations],
    host: '*',
  }
}

function kindOf(pattern: AclRule['pattern']): string {
  return pattern === 'prefixed' ? 'prefix' : 'literal'
}

/** A table for people: what each user may do. */
export function aclTable(rules: readonly AclRule[]): string {
  const table = bareTable(['user', 'may', 'on'])
  let last = ''
  for (const { user, permission, operations, resource, name, pattern } of rules) {
    const which = resource === 'cluster' ? '' : ` ${name}${pattern === 'prefixed' ? '*' : ''}`
    const may = `${permission === 'deny' ? 'not: ' : ''}${operations.join(', ')}`
    table.push([user === last ? '' : user, may, `${resource.replace('-', ' ')}${which}`])
    last = user
  }
  return table.toString()
}
