import { existsSync, writeFileSync } from 'node:fs'
import {
  generateKeyPair,
  type KeySet,
  type PublicJwk,
  type SigningKey,
  thumbprint,
} from '@prooftrail/trail'
import { countsForLog, keyLogKeys, parseVkey } from '@prooftrail/trail/log'
import { CommandError } from '../fault.ts'
import { readJsonFile } from '../files.ts'
import { signingKey } from '../tools/keys.ts'
import { readKeys, reasonOf } from './known-keys.ts'

/** The keys that a log's checkpoint of this size may be signed with; undefined for an unknown log. */
export type KeysOf = (origin: string, size: number) => readonly PublicJwk[] | undefined

/** Keys of the logs that were named, and the log keys of the key list that count at this moment. */
export function trustedKeys({ log = [], keys }: { log?: string[]; keys?: string }): KeysOf {
  const given = log.map((vkey) => named(vkey, () => parseVkey(vkey)))
  if (given.length === 0 && keys === undefined) {
    throw new CommandError(
      'PT-8013',
      'a witness needs --log or --keys: whose checkpoints it cosigns',
      2,
    )
  }
  if (keys !== undefined) readKeys(keys)
  return (origin, size) => {
    const list: KeySet = keys === undefined ? { keys: [] } : readKeys(keys)
    const all = [...list.keys, ...keyLogKeys(list)]
    const ofLog = all.filter((key) => key.roles.includes('log') && key.party === origin)
    const own = given.filter(({ name }) => name === origin).map(({ key }) => key)
    if (ofLog.length === 0 && own.length === 0) return undefined
    return [...own, ...ofLog.filter((key) => countsForLog(key, size, Date.now()))]
  }
}

/** The witness's key; a new witness makes one. */
export function witnessKey({
  key,
  name,
  new: fresh,
}: {
  key: string
  name: string
  new?: boolean
}): SigningKey {
  if (fresh && !existsSync(key)) {
    const { publicKey, privateKey } = generateKeyPair()
    const jwk = { ...privateKey, kid: thumbprint(publicKey) }
    writeFileSync(key, `${JSON.stringify(jwk)}\n`, { mode: 0o600, flag: 'wx' })
  }
  return signingKey(readJsonFile(key), name, 'log')
}

export function named<T>(what: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw new CommandError('PT-8013', `${what}: ${reasonOf(error)}`, 2)
  }
}
