import { readFileSync } from 'node:fs'
import type { SASLOptions } from 'kafkajs'
import { type Dialect, mongodDialect } from './documents/dialect.ts'
import { standInDialect } from './documents/stand-in-dialect.ts'

/** A configuration that stops the start; the message names the variable and what it takes. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  code = 'PT-9023'
}

export type Env = Readonly<Record<string, string | undefined>>

/** Missing may default, malformed may not: every reader throws `ConfigError` with the name. */
export const readEnv = {
  text(env: Env, name: string, fallback?: string): string {
    const value = env[name] ?? fallback
    if (value === undefined || value === '') throw new ConfigError(`${name} is not set`)
    return value
  },

  optional(env: Env, name: string): string | undefined {
    return env[name] === '' ? undefined : env[name]
  },

  integer(env: Env, name: string, fallback: number): number {
    const text = env[name]
    if (text === undefined || text === '') return fallback
    if (!/^\d{1,15}$/.test(text))
      throw new ConfigError(`${name} takes a whole number, not '${text}'`)
    return Number(text)
  },

  flag(env: Env, name: string): boolean {
    const text = env[name] ?? ''
    if (!['', '0', '1', 'true', 'false'].includes(text)) {
      throw new ConfigError(`${name} takes 1 or 0, not '${text}'`)
    }
    return text === '1' || text === 'true'
  },

  list(env: Env, name: string): string[] {
    return (env[name] ?? '')
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean)
  },

  url(env: Env, name: string, fallback?: string): string {
    const text = readEnv.text(env, name, fallback)
    if (!URL.canParse(text)) throw new ConfigError(`${name} takes a URL, not '${text}'`)
    return text.replace(/\/+$/, '')
  },

  /** The text of the file that the variable names. */
  file(env: Env, name: string): string {
    const path = readEnv.text(env, name)
    try {
      return readFileSync(path, 'utf8')
    } catch {
      throw new ConfigError(`${name}: ${path} cannot be read`)
    }
  },

  /** The JSON of the file that the variable names. */
  json(env: Env, name: string): unknown {
    try {
      return JSON.parse(readEnv.file(env, name))
    } catch (error) {
      if (error instanceof ConfigError) throw error
      throw new ConfigError(`${name} names a file that is not JSON`)
    }
  },
}

type Sasl = Extract<SASLOptions, { mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512' }>

/** What every service reads: the stack's addresses, its port, who may act. */
export interface HostConfig {
  kafka: {
    brokers: string[]
    ssl: boolean
    sasl?: Sasl
  }
  registry: { url: string; auth?: { username: string; password: string } }
  mongodb: { url: string; database: string; dialect: Dialect }
  /** Milliseconds that a write which nobody waits for may be deferred; its offsets wait for it. */
  saveWithinMs: number
  logLevel: string
  /** The address that is listened on. */
  host: string
  access: AccessConfig
}

export interface AccessConfig {
  /** On the embedded stack nothing needs credentials; the banner says so. */
  open: boolean
  operatorToken?: string
  oidc?: {
    issuer: string
    audience: string
    /** Where a JWT lists its roles: a member, or a path of members with points between. */
    rolesClaim: string
  }
}

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const

/** @throws ConfigError naming the variable. */
export function readHostConfig(env: Env): HostConfig {
  const mechanism = readEnv.text(env, 'KAFKA_SASL_MECHANISM', 'plain').toLowerCase()
  const known = MECHANISMS.find((one) => one === mechanism)
  if (!known) throw new ConfigError(`KAFKA_SASL_MECHANISM takes ${MECHANISMS.join(', ')}`)
  const username = readEnv.optional(env, 'KAFKA_SASL_USERNAME')
  const registryUser = readEnv.optional(env, 'SCHEMA_REGISTRY_USERNAME')
  const host = readEnv.text(env, 'HOST', '127.0.0.1')
  return {
    kafka: {
      brokers: readEnv.text(env, 'KAFKA_BROKERS').split(','),
      ssl: readEnv.flag(env, 'KAFKA_SSL'),
      ...(username === undefined
        ? {}
        : {
            sasl: {
              mechanism: known,
              username,
              password: readEnv.text(env, 'KAFKA_SASL_PASSWORD'),
            },
          }),
    },
    registry: {
      url: readEnv.url(env, 'SCHEMA_REGISTRY_URL'),
      ...(registryUser === undefined
        ? {}
        : {
            auth: {
              username: registryUser,
              password: readEnv.text(env, 'SCHEMA_REGISTRY_PASSWORD'),
            },
          }),
    },
    mongodb: {
      url: readEnv.text(env, 'MONGODB_URL'),
      database: readEnv.text(env, 'MONGODB_DATABASE', 'prooftrail'),
      dialect: readEnv.flag(env, 'MONGODB_STAND_IN') ? standInDialect : mongodDialect,
    },
    saveWithinMs: readEnv.integer(env, 'SAVE_WITHIN_MS', 3_000),
    logLevel: readEnv.text(env, 'LOG_LEVEL', 'info'),
    host,
    access: readAccess(env, host),
  }
}

/** A token that can be guessed opens everything. */
const MIN_TOKEN_CHARACTERS = 32
const LOOPBACK = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|localhost)$/

/** @throws ConfigError for a short token, and for doors that are open to other machines */
function readAccess(env: Env, host: string): AccessConfig {
  const open = readEnv.flag(env, 'OPEN_ACCESS')
  const token = readEnv.optional(env, 'OPERATOR_TOKEN')
  const issuer = readEnv.optional(env, 'OIDC_ISSUER')
  if (open && !LOOPBACK.test(host)) {
    throw new ConfigError(
      `OPEN_ACCESS is for this machine alone: with HOST=${host} set OPERATOR_TOKEN or OIDC_ISSUER instead`,
    )
  }
  if (token !== undefined && token.length < MIN_TOKEN_CHARACTERS) {
    throw new ConfigError(`OPERATOR_TOKEN takes at least ${MIN_TOKEN_CHARACTERS} characters`)
  }
  return {
    open,
    ...(token === undefined ? {} : { operatorToken: token }),
    ...(issuer === undefined
      ? {}
      : {
          oidc: {
            issuer,
            audience: readEnv.text(env, 'OIDC_AUDIENCE', 'prooftrail'),
            rolesClaim: readEnv.text(env, 'OIDC_ROLES_CLAIM', 'roles'),
          },
        }),
  }
}
