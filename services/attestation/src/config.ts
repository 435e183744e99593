import { ConfigError, type Env, readEnv, readKeySet, readSigningKey } from '@prooftrail/runtime'
import type { KeySet, SigningKey } from '@prooftrail/trail'

export interface AttestationConfig {
  port: number
  /** Signs entries and seals. */
  key: SigningKey
  /** Signs checkpoints; its party is the log's origin. */
  logKey: SigningKey
  /** First line of checkpoints, name of the note's key. */
  origin: string
  /** Public keys of the deployment's services, the two above included. */
  keys: KeySet
}

/** Reads attestation's part of the environment. @throws ConfigError naming the variable */
export function readConfig(env: Env): AttestationConfig {
  const origin = readEnv.text(env, 'LOG_ORIGIN')
  if (/[\s+]/.test(origin)) throw new ConfigError('LOG_ORIGIN has no spaces and no +')
  const keys = readKeySet(env, 'KEYS_FILE')
  const key = readSigningKey(env, 'KEY_FILE', { party: 'attestation', roles: ['attestation'] })
  const logKey = readSigningKey(env, 'LOG_KEY_FILE', { party: origin, roles: ['log'] })
  const config = { port: readEnv.integer(env, 'PORT', 7006), key, logKey, origin, keys }
  checkAttestationConfig(config)
  return config
}

/** Every signature of this service must count for whoever holds keys.json. @throws ConfigError */
export function checkAttestationConfig({ key, logKey, origin, keys }: AttestationConfig): void {
  const publicOf = (one: SigningKey) => keys.keys.find(({ kid }) => kid === one.key_id)
  const entryKey = publicOf(key)
  if (!entryKey?.roles.includes('attestation')) {
    throw new ConfigError('KEY_FILE: KEYS_FILE holds no such key with the role attestation')
  }
  const noteKey = publicOf(logKey)
  if (!noteKey?.roles.includes('log') || noteKey.party !== origin) {
    throw new ConfigError('LOG_KEY_FILE: KEYS_FILE holds no such key of LOG_ORIGIN with role log')
  }
}
