import { type Env, readEnv, readKeySet, readSigningKey } from '@prooftrail/runtime'
import type { SigningKey, TrailKey } from '@prooftrail/trail'

export interface DispatchConfig {
  port: number
  key: SigningKey
  /** Signs acts for operators who show a token. */
  operatorKey: SigningKey
  /** Public keys whose acts are an operator's, by id. */
  operators: ReadonlyMap<string, TrailKey>
}

/** @throws ConfigError naming the variable. */
export function readConfig(env: Env): DispatchConfig {
  return {
    port: readEnv.integer(env, 'PORT', 7002),
    key: readSigningKey(env, 'KEY_FILE', { party: 'dispatch', roles: ['dispatch'] }),
    operatorKey: readSigningKey(env, 'OPERATOR_KEY_FILE', {
      party: 'dispatch',
      roles: ['operator'],
    }),
    operators: readOperators(env),
  }
}

/** Operators' keys are named by the deployment, never learned from the bus. */
function readOperators(env: Env): ReadonlyMap<string, TrailKey> {
  if (readEnv.optional(env, 'KEYS_FILE') === undefined) return new Map()
  const { keys } = readKeySet(env, 'KEYS_FILE')
  return new Map(
    keys.filter(({ roles }) => roles.includes('operator')).map((key) => [key.kid, key]),
  )
}
