import { type Env, readEnv, readSigningKey } from '@prooftrail/runtime'
import type { SigningKey } from '@prooftrail/trail'

export interface DispatchConfig {
  port: number
  key: SigningKey
}

/** @throws ConfigError naming the variable. */
export function readConfig(env: Env): DispatchConfig {
  return {
    port: readEnv.integer(env, 'PORT', 7002),
    key: readSigningKey(env, 'KEY_FILE', { party: 'dispatch', roles: ['dispatch'] }),
  }
}
