import { type AclRule, kafkaUser } from '@prooftrail/contracts'
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

/** A KafkaUser of Strimzi for every user. @param cluster name of the Kafka resource */
export function kafkaUsers(rules: readonly AclRule[], cluster: string): string {
  const users = [...new Set(rules.map(({ user }) => user))]
  return users
    .map((user) =>
      stringify(
        kafkaUser(
          user,
          rules.filter((rule) => rule.user === user),
          cluster,
        ),
      ),
    )
    .join('---\n')
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
