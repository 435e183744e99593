import { ConfigError, type Env, readEnv } from '@prooftrail/runtime'
import { type SigningKey, signingKeyFromJwk } from '@prooftrail/trail'

/** What an executor reads beside the stack's addresses. */
export interface ExecutorConfig {
  port: number
  key: SigningKey
  /** Announces a folder without the record of a passed suite too, and says so. */
  forced: boolean
}

/**
 * PORT (default 7003), KEY_FILE, a private Ed25519 JWK, and ANNOUNCE_UNCHECKED (default 0).
 * @param tool the key's party, where the file names none
 * @throws ConfigError naming the variable
 */
export function readExecutorConfig(env: Env, tool: string): ExecutorConfig {
  const jwk = readEnv.json(env, 'KEY_FILE')
  try {
    return {
      port: readEnv.integer(env, 'PORT', 7003),
      forced: readEnv.flag(env, 'ANNOUNCE_UNCHECKED'),
      key: signingKeyFromJwk(jwk, { party: tool, roles: ['executor'] }),
    }
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw new ConfigError(`KEY_FILE: ${error instanceof Error ? error.message : String(error)}`)
  }
}
