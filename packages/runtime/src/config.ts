import { ConfigError, type Env, readEnv } from './env.ts'
import { isLoopback, readServers, type ServersConfig } from './servers-config.ts'
import { STOP_WITHIN_MS } from './shutdown.ts'
import type { TracingConfig } from './tracing/open-traces.ts'

/** What every service reads: the stack's addresses, its port, who may act. */
export interface HostConfig extends ServersConfig {
  /** Milliseconds that a write which nobody waits for may be deferred; its offsets wait for it. */
  saveWithinMs: number
  /** Milliseconds within which a stop ends, whatever is away. */
  stopWithinMs: number
  logLevel: string
  /** The address that is listened on. */
  host: string
  access: AccessConfig
  /** Absent: no traces. */
  tracing?: TracingConfig
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

/** @throws ConfigError naming the variable. */
export function readHostConfig(env: Env): HostConfig {
  const host = readEnv.text(env, 'HOST', '127.0.0.1')
  return {
    ...readServers(env),
    saveWithinMs: readEnv.integer(env, 'SAVE_WITHIN_MS', 3_000),
    stopWithinMs: readEnv.integer(env, 'STOP_WITHIN_MS', STOP_WITHIN_MS),
    logLevel: readEnv.text(env, 'LOG_LEVEL', 'info'),
    host,
    access: readAccess(env, host),
    ...readTracing(env),
  }
}

/** @throws ConfigError for a share that is none */
function readTracing(env: Env): { tracing?: TracingConfig } {
  const endpoint = readEnv.optional(env, 'OTEL_EXPORTER_OTLP_ENDPOINT')
  const ratio = Number(readEnv.text(env, 'OTEL_TRACES_SAMPLER_ARG', '1'))
  if (!(ratio >= 0 && ratio <= 1)) {
    throw new ConfigError('OTEL_TRACES_SAMPLER_ARG is a share of traces, 0 to 1')
  }
  return endpoint === undefined ? {} : { tracing: { endpoint, ratio } }
}

/** A token that can be guessed opens everything. */
const MIN_TOKEN_CHARACTERS = 32

/** @throws ConfigError for a short token, and for doors that are open to other machines */
function readAccess(env: Env, host: string): AccessConfig {
  const open = readEnv.flag(env, 'OPEN_ACCESS')
  const token = readEnv.optional(env, 'OPERATOR_TOKEN')
  const issuer = readEnv.optional(env, 'OIDC_ISSUER')
  if (open && !isLoopback(host)) {
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
