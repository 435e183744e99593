import { allowedAddress } from '@prooftrail/contracts'
import {
  ConfigError,
  type Env,
  readEnv,
  readServiceKeys,
  readSigningKey,
} from '@prooftrail/runtime'
import type { SigningKey, TrailKey } from '@prooftrail/trail'
import type { Addresses } from './body.ts'
import { GAPS_MS } from './schedule.ts'
import type { Secrets } from './sign.ts'

export interface CallbackConfig {
  port: number
  /** Signs deliveries and tickets. */
  key: SigningKey
  /** Signs requests (v1a). */
  webhookKey: SigningKey
  /** The deployment's own keys: an operator's word is known by them. */
  serviceKeys: readonly TrailKey[]
  secrets: Secrets
  addresses: Addresses
  /** CIDRs that may be called although they are not public; empty in production. */
  allowedNetworks: readonly string[]
  /** Ports that may be called besides the usual ones. */
  allowedPorts: readonly number[]
  connectMs: number
  totalMs: number
  responseBytes: number
  /** Requests to one receiver at a time. */
  places: number
  /** What follows attempt 1, 2, …, in milliseconds. */
  gapsMs: readonly number[]
}

/** A master secret shorter than this is a mistake. */
const MIN_SECRET_CHARACTERS = 32
/** Every attempt is kept in its callback's document. */
const MOST_GAPS = 50

/** Reads callback's part of the environment. @throws ConfigError naming the variable */
export function readConfig(env: Env): CallbackConfig {
  const base = readEnv.optional(env, 'PUBLIC_URL')
  const previous = readEnv.optional(env, 'CALLBACK_SECRET_PREVIOUS_FILE')
  return {
    port: readEnv.integer(env, 'PORT', 7005),
    key: readSigningKey(env, 'KEY_FILE', { party: 'callback', roles: ['callback'] }),
    webhookKey: readSigningKey(env, 'WEBHOOK_KEY_FILE', { party: 'callback', roles: ['webhook'] }),
    serviceKeys: readServiceKeys(env, 'KEYS_FILE'),
    secrets: {
      current: readSecret(env, 'CALLBACK_SECRET_FILE'),
      ...(previous === undefined
        ? {}
        : { previous: readSecret(env, 'CALLBACK_SECRET_PREVIOUS_FILE') }),
      versions: readVersions(env),
    },
    addresses: {
      results: readEnv.url(env, 'CONSOLE_URL', base),
      trails: readEnv.url(env, 'ATTESTATION_URL', base),
    },
    allowedNetworks: readNetworks(env, 'CALLBACK_ALLOWED_NETWORKS'),
    allowedPorts: readEnv.list(env, 'CALLBACK_ALLOWED_PORTS').map((text) => readPort(text)),
    connectMs: readPositive(env, 'CALLBACK_CONNECT_MS', 5_000),
    totalMs: readPositive(env, 'CALLBACK_TOTAL_MS', 20_000),
    responseBytes: readPositive(env, 'CALLBACK_RESPONSE_BYTES', 64 * 1024),
    places: readPositive(env, 'CALLBACK_PER_RECEIVER', 32),
    gapsMs: readGaps(env),
  }
}

function readSecret(env: Env, name: string): Uint8Array {
  const text = readEnv.file(env, name).trim()
  if (text.length < MIN_SECRET_CHARACTERS) {
    throw new ConfigError(`${name} takes a secret of at least ${MIN_SECRET_CHARACTERS} characters`)
  }
  return Buffer.from(text)
}

/** `{ "<agent id>": 2 }`: agents whose secret was rotated, with the version that counts now. */
function readVersions(env: Env): ReadonlyMap<string, number> {
  const name = 'CALLBACK_AGENT_VERSIONS_FILE'
  if (readEnv.optional(env, name) === undefined) return new Map()
  const value = readEnv.json(env, name)
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : []
  const versions = new Map<string, number>()
  for (const [agent, version] of entries) {
    if (!Number.isSafeInteger(version) || version < 1) {
      throw new ConfigError(`${name} takes agent ids with versions from 1; ${agent} has another`)
    }
    versions.set(agent, version)
  }
  return versions
}

function readNetworks(env: Env, name: string): string[] {
  const networks = readEnv.list(env, name)
  for (const network of networks) {
    try {
      allowedAddress('127.0.0.1', [network])
    } catch {
      throw new ConfigError(`${name} takes networks such as 127.0.0.0/8, not '${network}'`)
    }
  }
  return networks
}

function readPort(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new ConfigError(`CALLBACK_ALLOWED_PORTS takes port numbers, not '${text}'`)
}

/** One gap after each attempt but the last: their number is that of the attempts less one. */
function readGaps(env: Env): readonly number[] {
  const name = 'CALLBACK_GAPS_SECONDS'
  const gaps = readEnv.list(env, name)
  if (gaps.length === 0) return GAPS_MS
  if (gaps.length <= MOST_GAPS && gaps.every((text) => /^[1-9]\d{0,6}$/.test(text))) {
    return gaps.map((text) => Number(text) * 1_000)
  }
  throw new ConfigError(`${name} takes up to ${MOST_GAPS} whole seconds such as 5,300,1800`)
}

function readPositive(env: Env, name: string, fallback: number): number {
  const value = readEnv.integer(env, name, fallback)
  if (value > 0) return value
  throw new ConfigError(`${name} takes a number above 0`)
}
