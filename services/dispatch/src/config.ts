import { readSeconds, type Seconds, TIME_LIMITS, type TimeLimit } from '@prooftrail/contracts'
import {
  ConfigError,
  type Env,
  readEnv,
  readServiceKeys,
  readSigningKey,
} from '@prooftrail/runtime'
import type { SigningKey, TrailKey } from '@prooftrail/trail'
import type { BatchLimits } from './state.ts'

export interface DispatchConfig {
  port: number
  key: SigningKey
  /** Signs acts for operators who show a token. */
  operatorKey: SigningKey
  /** The deployment's own keys. */
  serviceKeys: readonly TrailKey[]
  /** Public keys whose acts are an operator's, by id. */
  operators: ReadonlyMap<string, TrailKey>
  batchLimits: BatchLimits
  /** Seconds until what nobody handles ends, by what is limited. */
  limits: Seconds<TimeLimit>
}

/** @throws ConfigError naming the variable. */
export function readConfig(env: Env): DispatchConfig {
  const serviceKeys = readServiceKeys(env, 'KEYS_FILE')
  return {
    port: readEnv.integer(env, 'PORT', 7002),
    key: readSigningKey(env, 'KEY_FILE', { party: 'dispatch', roles: ['dispatch'] }),
    operatorKey: readSigningKey(env, 'OPERATOR_KEY_FILE', {
      party: 'dispatch',
      roles: ['operator'],
    }),
    serviceKeys,
    operators: operatorsOf(serviceKeys),
    batchLimits: {
      maxRuns: readEnv.integer(env, 'BATCH_MAX_RUNS', 10_000),
      perSecond: readEnv.integer(env, 'BATCH_ACTS_PER_SECOND', 50),
    },
    limits: readLimits(env),
  }
}

/** Operators' keys are named by the deployment, never learned from the bus. */
function operatorsOf(keys: readonly TrailKey[]): ReadonlyMap<string, TrailKey> {
  return new Map(
    keys.filter(({ roles }) => roles.includes('operator')).map((key) => [key.kid, key]),
  )
}

function readLimits(env: Env): Seconds<TimeLimit> {
  try {
    return readSeconds(readEnv.optional(env, 'TIME_LIMITS') ?? '', TIME_LIMITS)
  } catch (error) {
    throw new ConfigError(`TIME_LIMITS: ${error instanceof Error ? error.message : error}`)
  }
}
