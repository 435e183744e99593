import { ConfigError, type Env, readEnv } from '@prooftrail/runtime'
import { type SigningKey, signingKeyFromJwk, TrailError } from '@prooftrail/trail'

export interface ReceiptConfig {
  port: number
  /** Base of the addresses that receipt gives out. */
  publicUrl: string
  key: SigningKey
}

/** @throws ConfigError naming the variable */
export function readReceiptConfig(env: Env): ReceiptConfig {
  const port = readEnv.integer(env, 'PORT', 7004)
  return {
    port,
    publicUrl: readEnv.url(env, 'PUBLIC_URL', `http://127.0.0.1:${port}`),
    key: readKey(env),
  }
}

function readKey(env: Env): SigningKey {
  try {
    return signingKeyFromJwk(readEnv.json(env, 'KEY_FILE'), {
      party: 'receipt',
      roles: ['receipt'],
    })
  } catch (error) {
    if (error instanceof TrailError) throw new ConfigError(`KEY_FILE: ${error.message}`)
    throw error
  }
}
