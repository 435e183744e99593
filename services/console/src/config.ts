import { type QueueState, readSeconds, type Seconds, STUCK_AFTER } from '@prooftrail/contracts'
import { ConfigError, type Env, readEnv, readKeySet, readSigningKey } from '@prooftrail/runtime'
import type { SigningKey, TrailKey } from '@prooftrail/trail'
import type { Named } from './sre/scrape.ts'

export interface ConsoleConfig {
  port: number
  /** Signs what operators have deleted. */
  key: SigningKey
  /** The deployment's own keys, the public half of that one among them. */
  serviceKeys: readonly TrailKey[]
  /** Public base address of every `…_url`, without a slash at its end. */
  publicUrl: string
  /** Where bundles, keys and the log are served. */
  attestationUrl: string
  /** Where the door of acts is. */
  dispatchUrl: string
  /** Where the HTTP door of orders is, and agents and tools are read. */
  intakeUrl: string
  /** Where receipts and accounts are read. */
  receiptUrl: string
  /** What sessions of the page are encrypted with, the same in every process; absent: one of its own. */
  sessionKey?: string
  /** The host's own operator token: what a one-time link is worth. */
  operatorToken?: string
  /** How people sign in with the issuer whose JWTs count (OIDC_ISSUER); absent: they do not. */
  oidc?: { issuer: string; clientId: string; clientSecret: string }
  /** Seconds after which runs count as stuck, by where they stand. */
  stuckAfter: Seconds<QueueState>
  /** For how many days the trail of acts lists one. */
  actsKeptDays: number
  /** Whose metrics the SRE page shows, and where each is asked; none: no panel has data. */
  metricsOf: readonly Named[]
}

/** A secret shorter than this is a mistake. */
const MIN_SECRET_CHARACTERS = 32

/** Reads the console's part of the environment. @throws ConfigError naming the variable. */
export function readConfig(env: Env): ConsoleConfig {
  const port = readEnv.integer(env, 'PORT', 7007)
  const sessionKey = readSessionKey(env)
  const oidc = readOidc(env)
  const operatorToken = readEnv.optional(env, 'OPERATOR_TOKEN')
  return {
    port,
    ...readKeys(env),
    publicUrl: readEnv.url(env, 'PUBLIC_URL', `http://127.0.0.1:${port}`).replace(/\/+$/, ''),
    attestationUrl: readEnv.url(env, 'ATTESTATION_URL', 'http://127.0.0.1:7006'),
    dispatchUrl: readEnv.url(env, 'DISPATCH_URL', 'http://127.0.0.1:7002'),
    intakeUrl: readEnv.url(env, 'INTAKE_URL', 'http://127.0.0.1:7001'),
    receiptUrl: readEnv.url(env, 'RECEIPT_URL', 'http://127.0.0.1:7004'),
    ...(sessionKey === undefined ? {} : { sessionKey }),
    ...(operatorToken === undefined ? {} : { operatorToken }),
    ...(oidc === undefined ? {} : { oidc }),
    stuckAfter: readStuckAfter(env),
    actsKeptDays: readEnv.integer(env, 'ACTS_KEPT_DAYS', 400),
    metricsOf: readMetricsOf(env),
  }
}

/** @throws ConfigError where nobody would take the console's word: the list does not hold its key */
function readKeys(env: Env): Pick<ConsoleConfig, 'key' | 'serviceKeys'> {
  const key = readSigningKey(env, 'KEY_FILE', { party: 'console', roles: ['operator'] })
  const { keys: serviceKeys } = readKeySet(env, 'KEYS_FILE')
  const listed = serviceKeys.find(({ kid }) => kid === key.key_id)
  if (listed?.roles.includes('operator')) return { key, serviceKeys }
  throw new ConfigError('KEY_FILE: KEYS_FILE holds no such key with the role operator')
}

const NAMED = /^([a-z][a-z0-9-]{0,62})=(https?:\/\/[^\s=]+)$/

/** `name=url,name=url`. @throws ConfigError for anything else */
function readMetricsOf(env: Env): Named[] {
  return readEnv.list(env, 'METRICS_OF').map((item) => {
    const [, service = '', url = ''] = NAMED.exec(item) ?? []
    if (URL.canParse(url)) return { service, url: url.replace(/\/+$/, '') }
    throw new ConfigError(`METRICS_OF takes name=url, not '${item}'`)
  })
}

/** @throws ConfigError for a client without its issuer or secret */
function readOidc(env: Env): ConsoleConfig['oidc'] {
  const clientId = readEnv.optional(env, 'OIDC_CLIENT_ID')
  if (clientId === undefined) return undefined
  const secret = { name: 'OIDC_CLIENT_SECRET', file: 'OIDC_CLIENT_SECRET_FILE' }
  return {
    issuer: readEnv.url(env, 'OIDC_ISSUER'),
    clientId,
    clientSecret: readEnv.secret(env, secret),
  }
}

function readStuckAfter(env: Env): Seconds<QueueState> {
  try {
    return readSeconds(readEnv.optional(env, 'STUCK_AFTER') ?? '', STUCK_AFTER)
  } catch (error) {
    throw new ConfigError(`STUCK_AFTER: ${error instanceof Error ? error.message : error}`)
  }
}

/** @throws ConfigError for a secret that can be guessed */
function readSessionKey(env: Env): string | undefined {
  const [name, file] = ['SESSION_KEY', 'SESSION_KEY_FILE']
  const isSet = [name, file].some((one) => readEnv.optional(env, one) !== undefined)
  if (!isSet) return undefined
  const secret = readEnv.secret(env, { name, file })
  if (secret.length >= MIN_SECRET_CHARACTERS) return secret
  throw new ConfigError(`${name} takes a secret of at least ${MIN_SECRET_CHARACTERS} characters`)
}
