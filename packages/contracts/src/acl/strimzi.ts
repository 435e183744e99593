/** Rules and topics as the resources of Strimzi (kafka.strimzi.io/v1), for clusters on Kubernetes. */
import type { AclRule } from './acl-table.ts'

const TYPES = {
  topic: 'topic',
  group: 'group',
  'transactional-id': 'transactionalId',
  cluster: 'cluster',
} as const

/** What a KafkaUser says of one rule. */
export interface StrimziAcl {
  readonly type?: 'deny'
  readonly resource: {
    readonly type: string
    readonly name?: string
    readonly patternType?: string
  }
  readonly operations: readonly string[]
  readonly host: '*'
}

/**
 * A KafkaUser with a password of its own (SCRAM).
 * @param rules those of this user
 * @param cluster name of the Kafka resource
 */
export function kafkaUser(user: string, rules: readonly AclRule[], cluster: string) {
  return {
    apiVersion: 'kafka.strimzi.io/v1',
    kind: 'KafkaUser',
    metadata: { name: user, labels: { 'strimzi.io/cluster': cluster } },
    spec: {
      authentication: { type: 'scram-sha-512' },
      authorization: { type: 'simple', acls: rules.map(strimziAcl) },
    },
  }
}

/** One rule as a KafkaUser lists it. */
export function strimziAcl(rule: AclRule): StrimziAcl {
  const { permission, operations, resource, name, pattern } = rule
  const type = TYPES[resource]
  const patternType = pattern === 'prefixed' ? 'prefix' : 'literal'
  return {
    ...(permission === 'deny' ? { type: 'deny' } : {}),
    resource: resource === 'cluster' ? { type } : { type, name, patternType },
    operations: [...operations],
    host: '*',
  }
}
