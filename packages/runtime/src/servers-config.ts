import type { SASLOptions } from 'kafkajs'
import { type Dialect, mongodDialect } from './documents/dialect.ts'
import { standInDialect } from './documents/stand-in-dialect.ts'
import { ConfigError, type Env, readEnv } from './env.ts'

type Sasl = Extract<SASLOptions, { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512' }>

interface Credentials {
  username: string
  password: string
}

/** The stack's addresses, and who this process is there. */
export interface ServersConfig {
  kafka: {
    brokers: string[]
    /** TLS; with the authority that signed the brokers' certificates where it is no public one. */
    ssl: boolean | { ca: string }
    sasl?: Sasl
  }
  registry: { url: string; auth?: Credentials }
  mongodb: { url: string; database: string; dialect: Dialect; auth?: Credentials }
}

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const

/** @throws ConfigError naming the variable */
export function readServers(env: Env): ServersConfig {
  const kafkaUser = readCredentials(env, {
    user: 'KAFKA_SASL_USERNAME',
    name: 'KAFKA_SASL_PASSWORD',
    file: 'KAFKA_SASL_PASSWORD_FILE',
  })
  const registryUser = readCredentials(env, {
    user: 'SCHEMA_REGISTRY_USERNAME',
    name: 'SCHEMA_REGISTRY_PASSWORD',
    file: 'SCHEMA_REGISTRY_PASSWORD_FILE',
  })
  const mongoUser = readCredentials(env, {
    user: 'MONGODB_USERNAME',
    name: 'MONGODB_PASSWORD',
    file: 'MONGODB_PASSWORD_FILE',
  })
  const mechanism = readMechanism(env)
  return {
    kafka: {
      brokers: readEnv.text(env, 'KAFKA_BROKERS').split(','),
      ssl: readSsl(env),
      ...(kafkaUser ? { sasl: { mechanism, ...kafkaUser } } : {}),
    },
    registry: {
      url: readEnv.url(env, 'SCHEMA_REGISTRY_URL'),
      ...(registryUser ? { auth: registryUser } : {}),
    },
    mongodb: {
      url: readMongoUrl(env),
      database: readEnv.text(env, 'MONGODB_DATABASE', 'prooftrail'),
      dialect: readEnv.flag(env, 'MONGODB_STAND_IN') ? standInDialect : mongodDialect,
      ...(mongoUser ? { auth: mongoUser } : {}),
    },
  }
}

/** Whether an address is this machine alone. */
export function isLoopback(host: string): boolean {
  return /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|localhost)$/.test(host)
}

/** A user and the password that belongs to it; undefined where no user is named. */
function readCredentials(
  env: Env,
  variables: { user: string; name: string; file: string },
): Credentials | undefined {
  const username = readEnv.optional(env, variables.user)
  if (username === undefined) return undefined
  return { username, password: readEnv.secret(env, variables) }
}

function readMechanism(env: Env): (typeof MECHANISMS)[number] {
  const mechanism = readEnv.text(env, 'KAFKA_SASL_MECHANISM', 'plain').toLowerCase()
  const known = MECHANISMS.find((one) => one === mechanism)
  if (!known) throw new ConfigError(`KAFKA_SASL_MECHANISM takes ${MECHANISMS.join(', ')}`)
  return known
}

/** An authority's file means TLS. */
function readSsl(env: Env): boolean | { ca: string } {
  if (readEnv.optional(env, 'KAFKA_SSL_CA_FILE') === undefined)
    return readEnv.flag(env, 'KAFKA_SSL')
  if (readEnv.optional(env, 'KAFKA_SSL') !== undefined && !readEnv.flag(env, 'KAFKA_SSL')) {
    throw new ConfigError('KAFKA_SSL_CA_FILE is for TLS, and KAFKA_SSL says none')
  }
  return { ca: readEnv.file(env, 'KAFKA_SSL_CA_FILE') }
}

/**
 * What an address of MongoDB may say of how much is kept, and where it is read; lower case. The
 * driver lets an address take away what the code asks for, without a word.
 */
const KEPT: Readonly<Record<string, readonly string[]>> = {
  w: ['majority'],
  journal: ['true'],
  j: ['true'],
  wtimeoutms: [],
  wtimeout: [],
  readconcernlevel: ['majority', 'linearizable'],
  readpreference: ['primary'],
}

function readMongoUrl(env: Env): string {
  const url = readEnv.text(env, 'MONGODB_URL')
  const query = url.includes('?') ? url.slice(url.indexOf('?') + 1) : ''
  for (const [name, value] of new URLSearchParams(query)) {
    const allowed = KEPT[name.toLowerCase()]
    if (allowed === undefined || allowed.includes(value.toLowerCase())) continue
    throw new ConfigError(
      `MONGODB_URL must not say ${name}=${value}: writes are a journaled majority's, and reads the primary's`,
    )
  }
  return url
}
