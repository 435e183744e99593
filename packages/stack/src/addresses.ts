import { readFileSync } from 'node:fs'
import { StackError } from './stack-error.ts'

export type SaslMechanism = 'plain' | 'scram-sha-256' | 'scram-sha-512'

export interface KafkaAddress {
  /** `host:port`, at least one. */
  brokers: string[]
  /** TLS; with the authority that signed the brokers' certificates where it is no public one (PEM). */
  ssl?: boolean | { ca: string }
  sasl?: { mechanism: SaslMechanism; username: string; password: string }
}

export interface RegistryAddress {
  /** Root of the Confluent API, without a slash at its end. */
  url: string
  auth?: { username: string; password: string }
}

export type MongoKind =
  | 'mongod'
  | 'mongo-java-server (H2 file)'
  | 'mongo-java-server (memory)'
  | 'configured'
  | 'container'

export interface MongoAddress {
  url: string
  kind: MongoKind
  /** True for a server that speaks MongoDB's protocol without being MongoDB. */
  standIn: boolean
}

/** Where the three servers answer. */
export interface StackAddresses {
  kafka: KafkaAddress
  registry: RegistryAddress
  mongodb: MongoAddress
}

const REQUIRED = ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'MONGODB_URL'] as const
const MECHANISMS: readonly SaslMechanism[] = ['plain', 'scram-sha-256', 'scram-sha-512']

/**
 * Reads the servers' addresses from environment variables; an empty value counts as unset.
 *
 * @returns undefined when none of the three addresses is set
 * @throws StackError STACK_ADDRESSES_INCOMPLETE when some are, naming the missing ones;
 *   STACK_ADDRESS_INVALID naming every value that cannot be used
 */
export function readAddresses(env: NodeJS.ProcessEnv): StackAddresses | undefined {
  const missing = REQUIRED.filter((name) => !env[name]?.trim())
  if (missing.length === REQUIRED.length) return undefined
  if (missing.length > 0) {
    const set = REQUIRED.filter((name) => !missing.includes(name))
    throw new StackError(
      'STACK_ADDRESSES_INCOMPLETE',
      `${set.join(' and ')} ${set.length > 1 ? 'are' : 'is'} set, but ${missing.join(' and ')} ` +
        `${missing.length > 1 ? 'are' : 'is'} missing: set all three to use your own servers, or none`,
    )
  }

  const faults: string[] = []
  const brokers = readBrokers(env.KAFKA_BROKERS ?? '', faults)
  const ssl = readSsl(env, faults)
  const sasl = readSasl(env, faults)
  const registryUrl = readUrl('SCHEMA_REGISTRY_URL', env, ['http:', 'https:'], faults)
  const told = withPassword(env, 'SCHEMA_REGISTRY_PASSWORD', faults)
  const auth = readPair(told, 'SCHEMA_REGISTRY_USERNAME', 'SCHEMA_REGISTRY_PASSWORD', faults)
  const mongoUrl = readUrl('MONGODB_URL', env, ['mongodb:', 'mongodb+srv:'], faults)
  const standIn = readFlag('MONGODB_STAND_IN', env.MONGODB_STAND_IN, faults) ?? false
  if (faults.length > 0) throw new StackError('STACK_ADDRESS_INVALID', faults.join('; '))

  return {
    kafka: { brokers, ...(ssl === undefined ? {} : { ssl }), ...(sasl ? { sasl } : {}) },
    registry: { url: registryUrl.replace(/\/+$/, ''), ...(auth ? { auth } : {}) },
    mongodb: { url: mongoUrl, kind: 'configured', standIn },
  }
}

function readBrokers(value: string, faults: string[]): string[] {
  const brokers = value
    .split(',')
    .map((broker) => broker.trim())
    .filter((broker) => broker !== '')
  const wrong = brokers.filter((broker) => !isHostAndPort(broker))
  if (brokers.length === 0 || wrong.length > 0) {
    faults.push(
      `KAFKA_BROKERS must be host:port,host:port${wrong.length ? `: ${wrong.join(', ')}` : ''}`,
    )
  }
  return brokers
}

function isHostAndPort(broker: string): boolean {
  const port = /^(?:[^\s:/@]+|\[[0-9a-fA-F:]+\]):(\d{1,5})$/.exec(broker)?.[1]
  return port !== undefined && Number(port) > 0 && Number(port) < 65_536
}

function readFlag(name: string, value: string | undefined, faults: string[]): boolean | undefined {
  if (!value) return undefined
  if (value === 'true' || value === '1') return true
  if (value === 'false' || value === '0') return false
  faults.push(`${name} must be true or false`)
  return undefined
}

/** An authority's file means TLS. */
function readSsl(env: NodeJS.ProcessEnv, faults: string[]): KafkaAddress['ssl'] {
  const flag = readFlag('KAFKA_SSL', env.KAFKA_SSL, faults)
  const ca = readFile('KAFKA_SSL_CA_FILE', env, faults)
  if (ca === undefined) return flag
  if (flag === false) faults.push('KAFKA_SSL_CA_FILE is for TLS, and KAFKA_SSL says none')
  return { ca }
}

/** The text of the file that a variable names; undefined where it names none. */
function readFile(name: string, env: NodeJS.ProcessEnv, faults: string[]): string | undefined {
  const path = env[name]
  if (!path) return undefined
  try {
    return readFileSync(path, 'utf8')
  } catch {
    faults.push(`${name}: ${path} cannot be read`)
    return undefined
  }
}

/** A password as it is given, or the first line of its file. */
function withPassword(env: NodeJS.ProcessEnv, name: string, faults: string[]): NodeJS.ProcessEnv {
  if (env[name] && env[`${name}_FILE`]) faults.push(`${name} and ${name}_FILE are both set`)
  const [line] = (readFile(`${name}_FILE`, env, faults) ?? '').split('\n')
  return line ? { ...env, [name]: line.trim() } : env
}

function readSasl(env: NodeJS.ProcessEnv, faults: string[]): KafkaAddress['sasl'] {
  const told = withPassword(env, 'KAFKA_SASL_PASSWORD', faults)
  const pair = readPair(told, 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD', faults)
  const given = env.KAFKA_SASL_MECHANISM?.toLowerCase()
  if (!given && !pair) return undefined
  const mechanism = MECHANISMS.find((known) => known === (given || 'plain'))
  if (!mechanism) faults.push(`KAFKA_SASL_MECHANISM must be one of ${MECHANISMS.join(', ')}`)
  if (given && !env.KAFKA_SASL_USERNAME && !env.KAFKA_SASL_PASSWORD) {
    faults.push('KAFKA_SASL_MECHANISM needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD')
  }
  return mechanism && pair ? { mechanism, ...pair } : undefined
}

function readPair(
  env: NodeJS.ProcessEnv,
  userName: string,
  passwordName: string,
  faults: string[],
) {
  const username = env[userName]
  const password = env[passwordName]
  if (!username && !password) return undefined
  if (username && password) return { username, password }
  faults.push(
    `${userName} and ${passwordName} belong together: ${username ? passwordName : userName} is missing`,
  )
  return undefined
}

function readUrl(
  name: string,
  env: NodeJS.ProcessEnv,
  protocols: string[],
  faults: string[],
): string {
  const value = env[name]?.trim() ?? ''
  // a list of hosts, as replica sets have, is no URL to the platform's parser: only the scheme is checked then
  const scheme = /^([a-z+]+:)\/\/[^\s/]+/.exec(value)?.[1]
  if (!scheme || !protocols.includes(scheme)) {
    faults.push(
      `${name} must start with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    )
  }
  return value
}
