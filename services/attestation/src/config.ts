import { ConfigError, type Env, readEnv, readKeySet, readSigningKey } from '@prooftrail/runtime'
import type { KeySet, SigningKey } from '@prooftrail/trail'
import { parseCosignerVkey } from '@prooftrail/trail/log'
import type { Witness } from './log/index.ts'

export interface AttestationConfig {
  port: number
  /** Signs entries and seals. */
  key: SigningKey
  /** Signs checkpoints; its party is the log's origin. */
  logKey: SigningKey
  /** The key before, which signs beside it while a rotation is under way. */
  previousLogKey?: SigningKey | undefined
  /** First line of checkpoints, name of the note's key. */
  origin: string
  /** Public keys of the deployment's services, the two above included. */
  keys: KeySet
  /** Folder of signed key lists. */
  keyListsDir?: string | undefined
  /** Who is asked to cosign checkpoints. */
  witnesses?: readonly Witness[]
  /** Time for one answer of a witness. */
  witnessMs?: number
}

/** Reads attestation's part of the environment. @throws ConfigError naming the variable */
export function readConfig(env: Env): AttestationConfig {
  const origin = readEnv.text(env, 'LOG_ORIGIN')
  if (/[\s+]/.test(origin)) throw new ConfigError('LOG_ORIGIN has no spaces and no +')
  const keys = readKeySet(env, 'KEYS_FILE')
  const key = readSigningKey(env, 'KEY_FILE', { party: 'attestation', roles: ['attestation'] })
  const logKey = readSigningKey(env, 'LOG_KEY_FILE', { party: origin, roles: ['log'] })
  const previousLogKey =
    readEnv.optional(env, 'LOG_KEY_PREVIOUS_FILE') === undefined
      ? undefined
      : readSigningKey(env, 'LOG_KEY_PREVIOUS_FILE', { party: origin, roles: ['log'] })
  const config = {
    ...{ port: readEnv.integer(env, 'PORT', 7006), key, logKey, previousLogKey, origin, keys },
    keyListsDir: readEnv.optional(env, 'KEY_LISTS_DIR'),
    witnesses: readEnv.list(env, 'WITNESSES').map(witnessOf),
    witnessMs: readEnv.integer(env, 'WITNESS_MS', 5_000),
  }
  checkAttestationConfig(config)
  return config
}

/** Every signature of this service must count for whoever holds keys.json. @throws ConfigError */
export function checkAttestationConfig(config: AttestationConfig): void {
  const { key, logKey, previousLogKey, origin, keys } = config
  const publicOf = (one: SigningKey) => keys.keys.find(({ kid }) => kid === one.key_id)
  const entryKey = publicOf(key)
  if (!entryKey?.roles.includes('attestation')) {
    throw new ConfigError('KEY_FILE: KEYS_FILE holds no such key with the role attestation')
  }
  const signers = { LOG_KEY_FILE: logKey, LOG_KEY_PREVIOUS_FILE: previousLogKey }
  for (const [name, signer] of Object.entries(signers)) {
    const noteKey = signer && publicOf(signer)
    if (signer && (!noteKey?.roles.includes('log') || noteKey.party !== origin)) {
      throw new ConfigError(`${name}: KEYS_FILE holds no such key of LOG_ORIGIN with role log`)
    }
  }
}

/** `<vkey> <url>`. */
function witnessOf(text: string): Witness {
  const [vkey = '', url = '', ...more] = text.split(/\s+/)
  const wrong = (why: string) => new ConfigError(`WITNESSES takes '<vkey> <url>, …': ${why}`)
  if (more.length > 0 || !/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : '')) {
    throw wrong(`'${url}' is no address`)
  }
  try {
    return { ...parseCosignerVkey(vkey), url: url.replace(/\/+$/, '') }
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error))
  }
}
