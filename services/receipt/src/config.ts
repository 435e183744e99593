import { type Env, readEnv, readServiceKeys, readSigningKey } from '@prooftrail/runtime'
import type { SigningKey, TrailKey } from '@prooftrail/trail'

export interface ReceiptConfig {
  port: number
  /** Base of the addresses that receipt gives out. */
  publicUrl: string
  key: SigningKey
  /** The deployment's own keys: what a door signed before a rotation counts by them. */
  serviceKeys: readonly TrailKey[]
}

/** @throws ConfigError naming the variable */
export function readConfig(env: Env): ReceiptConfig {
  const port = readEnv.integer(env, 'PORT', 7004)
  return {
    port,
    publicUrl: readEnv.url(env, 'PUBLIC_URL', `http://127.0.0.1:${port}`),
    key: readSigningKey(env, 'KEY_FILE', { party: 'receipt', roles: ['receipt'] }),
    serviceKeys: readServiceKeys(env, 'KEYS_FILE'),
  }
}
