import { readFileSync } from 'node:fs'
import { type AclParty, aclsFor, brokerAcls, userOf } from '@prooftrail/contracts'
import type { BrokerUsers, KafkaAddress } from '@prooftrail/stack'
import { withAdmin } from '../kafka-client.ts'
import type { KeyRing } from '../service-keys.ts'
import { EXECUTORS, SERVICES, type ServiceEntry } from '../service-list.ts'

/** The user of the brokers themselves: it grants the others what they may do. */
const ADMIN = 'prooftrail-admin'

/** Services, the tools of the repository, and who deploys and looks. */
export function partiesHere(tools: readonly Pick<ServiceEntry, 'name'>[] = EXECUTORS): AclParty[] {
  return [
    ...SERVICES.map(partyOf),
    ...tools.map(({ name }) => ({ kind: 'tool' as const, name })),
    { kind: 'deploy' },
    { kind: 'doctor' },
  ]
}

/** Whose user a process of the product has. */
export function partyOf({ name, describes }: Pick<ServiceEntry, 'name' | 'describes'>): AclParty {
  if (!SERVICES.some((service) => service.name === name)) return { kind: 'tool', name }
  return { kind: 'service', name, ...(describes === undefined ? {} : { describes }) }
}

/** The file of a party's password at the brokers, made on first use: `kafka-intake.secret`. */
export function brokerPasswordFile(keys: Pick<KeyRing, 'secretFile'>, party: AclParty): string {
  return keys.secretFile(brokerSecret(userOf(party)))
}

function brokerSecret(user: string): string {
  return `kafka-${user.replace(/^prooftrail-/, '')}`
}

/** Every party's user and password, and the administrator's. */
export function brokerUsers(
  keys: Pick<KeyRing, 'secretFile'>,
  parties: readonly AclParty[],
): BrokerUsers {
  const users = [ADMIN, ...parties.map(userOf)]
  const passwordOf = (user: string) =>
    readFileSync(keys.secretFile(brokerSecret(user)), 'utf8').trim()
  return {
    admin: ADMIN,
    passwords: Object.fromEntries(users.map((user) => [user, passwordOf(user)])),
  }
}

/** Grants each of them what the catalogue says, and nobody anything else. */
export function grant(kafka: KafkaAddress, parties: readonly AclParty[]): Promise<boolean> {
  const acl = brokerAcls(parties.flatMap((party) => aclsFor(party)))
  return withAdmin(kafka, 'prooftrail-acls', (admin) => admin.createAcls({ acl }))
}
