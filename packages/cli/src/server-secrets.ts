import { randomBytes } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AclParty } from '@prooftrail/contracts'
import type { BrokerUsers } from '@prooftrail/stack'
import { brokerUsers, partiesHere } from './acls/parties.ts'
import type { KeyRing } from './service-keys.ts'
import { EXECUTORS, SERVICES } from './service-list.ts'

const OWNER_ALONE = { mode: 0o600 } as const
const LOGIN = 'org.apache.kafka.common.security.plain.PlainLoginModule'

/**
 * Makes what is missing of the passwords that docker-compose.yml mounts: of every service and tool at
 * the broker and at the database, of the administrators (Grafana's too), and what the two servers read of them.
 * @param agents who get a user at the broker too
 */
export function makeServerSecrets(ring: KeyRing, agents: readonly string[]): void {
  const parties: AclParty[] = [
    ...partiesHere(),
    ...agents.map((name) => ({ kind: 'agent' as const, name })),
  ]
  const users = brokerUsers(ring, parties)
  const write = (name: string, text: string) =>
    writeFileSync(join(ring.dir, name), text, OWNER_ALONE)
  write('kafka.jaas', brokerLogin(users))
  write('kafka-admin.properties', adminProperties(users))
  for (const { name } of SERVICES) ring.secretFile(`mongodb-${name}`)
  for (const { name } of EXECUTORS) ring.secretFile(`mongodb-tool-${name}`)
  ring.secretFile('mongodb-root')
  ring.secretFile('grafana-admin')
  // what the members of a replica set know each other by: base64, at most 1024 characters
  if (!existsSync(join(ring.dir, 'mongodb.keyfile'))) {
    write('mongodb.keyfile', `${randomBytes(756).toString('base64')}\n`)
  }
}

/** The broker's list of users, as Java's login configuration. */
function brokerLogin({ admin, passwords }: BrokerUsers): string {
  const users = Object.entries(passwords).map(([user, secret]) => `  user_${user}="${secret}"`)
  return `KafkaServer {
  ${LOGIN} required
  username="${admin}"
  password="${passwords[admin]}"
${users.join('\n')};
};
`
}

/** What Kafka's own tools read with `--command-config`. */
function adminProperties({ admin, passwords }: BrokerUsers): string {
  return `security.protocol=SASL_PLAINTEXT
sasl.mechanism=PLAIN
sasl.jaas.config=${LOGIN} required username="${admin}" password="${passwords[admin]}";
`
}
