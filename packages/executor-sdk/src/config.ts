import { type Env, readEnv, readSigningKey } from '@prooftrail/runtime'
import type { SigningKey } from '@prooftrail/trail'

/** What an executor reads beside the stack's addresses. */
export interface ExecutorConfig {
  port: number
  key: SigningKey
  /** Announces a folder without the record of a passed suite too, and says so. */
  forced: boolean
}

/**
 * Reads an executor's part of the environment.
 * @param tool the key's party, where the file names none
 * @throws ConfigError naming the variable
 */
export function readExecutorConfig(env: Env, tool: string): ExecutorConfig {
  return {
    port: readEnv.integer(env, 'PORT', 7003),
    forced: readEnv.flag(env, 'ANNOUNCE_UNCHECKED'),
    key: readSigningKey(env, 'KEY_FILE', { party: tool, roles: ['executor'] }),
  }
}
