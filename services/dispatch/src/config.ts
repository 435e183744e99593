import { ConfigError, type Env, readEnv } from '@prooftrail/runtime'
import { type SigningKey, signingKeyFromJwk } from '@prooftrail/trail'

export interface DispatchConfig {
  port: number
  key: SigningKey
}

/** @throws ConfigError naming the variable. */
export function readDispatchConfig(env: Env): DispatchConfig {
  const jwk = readEnv.json(env, 'KEY_FILE')
  try {
    return {
      port: readEnv.integer(env, 'PORT', 7002),
      key: signingKeyFromJwk(jwk, { party: 'dispatch', roles: ['dispatch'] }),
    }
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw new ConfigError(`KEY_FILE is not a private Ed25519 JWK: ${String(error)}`)
  }
}
