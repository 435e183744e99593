/** Rules as the broker's protocol numbers them (KIP-140), and back. */
import type { AclOperation, AclRule } from './acl-table.ts'

/** One entry of the broker's list; that of kafkajs fits. */
export interface BrokerAcl {
  resourceType: number
  resourceName: string
  resourcePatternType: number
  /** `User:…` */
  principal: string
  host: string
  operation: number
  permissionType: number
}

/** What is asked of a Kafka admin client here; that of kafkajs fits. */
export interface AclAdmin {
  describeAcls(filter: {
    resourceType: number
    resourcePatternType: number
    operation: number
    permissionType: number
  }): Promise<{
    resources: (Pick<BrokerAcl, 'resourceType' | 'resourceName' | 'resourcePatternType'> & {
      acls: Pick<BrokerAcl, 'principal' | 'host' | 'operation' | 'permissionType'>[]
    })[]
  }>
}

export const RESOURCE = { topic: 2, group: 3, cluster: 4, 'transactional-id': 5 } as const
export const PATTERN = { literal: 3, prefixed: 4 } as const
export const PERMISSION = { deny: 2, allow: 3 } as const
export const OPERATION: Readonly<Record<AclOperation, number>> = {
  All: 2,
  Read: 3,
  Write: 4,
  Create: 5,
  Describe: 8,
  DescribeConfigs: 10,
}
const ANY = 1
const EVERY_HOST = '*'

/** The entries that grant these rules, from every address. */
export function brokerAcls(rules: readonly AclRule[]): BrokerAcl[] {
  return rules.flatMap(({ user, permission, operations, resource, name, pattern }) =>
    operations.map((operation) => ({
      resourceType: RESOURCE[resource],
      resourceName: name,
      resourcePatternType: PATTERN[pattern],
      principal: `User:${user}`,
      host: EVERY_HOST,
      operation: OPERATION[operation],
      permissionType: PERMISSION[permission],
    })),
  )
}

/** What the broker tells of who may do what with topics. */
export type BrokerAnswer =
  | { readonly state: 'known'; readonly acls: readonly BrokerAcl[] }
  /** It has no authorizer: everybody who reaches it may do everything. */
  | { readonly state: 'none' }
  /** It tells others, not this user. */
  | { readonly state: 'hidden' }

/** Asks the broker for all entries for topics. @throws on an outage */
export async function readTopicAcls(admin: AclAdmin): Promise<BrokerAnswer> {
  try {
    const { resources } = await admin.describeAcls({
      resourceType: RESOURCE.topic,
      resourcePatternType: ANY,
      operation: ANY,
      permissionType: ANY,
    })
    const acls = resources.flatMap(({ resourceType, resourceName, resourcePatternType, acls }) =>
      acls.map((acl) => ({ resourceType, resourceName, resourcePatternType, ...acl })),
    )
    return { state: 'known', acls }
  } catch (error) {
    const type = typeOf(error)
    if (type === 'SECURITY_DISABLED') return { state: 'none' }
    if (type === 'CLUSTER_AUTHORIZATION_FAILED') return { state: 'hidden' }
    throw error
  }
}

/** The broker's own word for an error, wherever a client put it. */
function typeOf(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ('type' in at && typeof at.type === 'string') return at.type
  }
  return undefined
}
