import type { KafkaAddress } from '../addresses.ts'

/**
 * Users that the brokers of an embedded stack know, with their passwords. Nobody else may connect then,
 * and a user may do what it was granted and nothing else.
 */
export interface BrokerUsers {
  /** The brokers' own user, which may do everything: who grants the others what they may do. */
  readonly admin: string
  readonly passwords: Readonly<Record<string, string>>
}

const LOGIN = 'org.apache.kafka.common.security.plain.PlainLoginModule'

/**
 * What a broker's configuration says of users: passwords are asked for on both listeners, and Kafka's own
 * authorizer refuses what no ACL allows.
 *
 * @throws Error where the administrator has no password, or a text would end its place in the file
 */
export function userProperties({ admin, passwords }: BrokerUsers): Record<string, string> {
  const password = passwords[admin]
  if (password === undefined) throw new Error(`${admin} has no password`)
  for (const text of Object.entries(passwords).flat()) {
    if (!/^[\w.@+/=-]+$/.test(text)) throw new Error('a user or a password that cannot be written')
  }
  const own = `username="${admin}" password="${password}"`
  const entry = ([user, secret]: [string, string]) => `user_${user}="${secret}"`
  const jaas = (known: [string, string][]) =>
    `${LOGIN} required ${own} ${known.map(entry).join(' ')};`
  return {
    'listener.security.protocol.map': 'BROKER:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT',
    'sasl.enabled.mechanisms': 'PLAIN',
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    'sasl.mechanism.controller.protocol': 'PLAIN',
    'listener.name.broker.plain.sasl.jaas.config': jaas(Object.entries(passwords)),
    'listener.name.controller.plain.sasl.jaas.config': jaas([[admin, password]]),
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': `User:${admin}`,
  }
}

/** The administrator's credentials, as an address names them. */
export function adminOf(users: BrokerUsers): NonNullable<KafkaAddress['sasl']> {
  const password = users.passwords[users.admin] ?? ''
  return { mechanism: 'plain', username: users.admin, password }
}
