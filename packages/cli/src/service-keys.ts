import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  generateKeyPair,
  type KeySet,
  type PrivateJwk,
  parseKeySet,
  type Role,
  type SigningKey,
  signingKeyFromJwk,
  type TrailKey,
  thumbprint,
  trailKeyOf,
} from '@prooftrail/trail'
import { SERVICES, type ServiceEntry } from './service-list.ts'

/** A key that a deployment's services sign with, and whose public half its key list holds. */
interface Signer {
  /** The name of its file, without `.jwk`. */
  file: string
  party: string
  roles: readonly Role[]
}

/** Every key that an introduction of a service names. */
function signersOf(origin: string): Signer[] {
  return SERVICES.flatMap(({ name, env }: ServiceEntry) =>
    env.flatMap(({ from }) =>
      from.type === 'key'
        ? [{ file: from.file, party: from.party === 'origin' ? origin : name, roles: from.roles }]
        : [],
    ),
  )
}

/** Names of the secrets that services are told. */
function secretsOf(services: readonly ServiceEntry[]): string[] {
  return services.flatMap(({ env }) =>
    env.flatMap(({ from }) => (from.type === 'secret' ? [from.file] : [])),
  )
}

/** The files of a deployment's keys and secrets. Private halves are readable by their owner only. */
export interface KeyRing {
  dir: string
  /** Public keys of the services and of the log, as a JWKS file. */
  keysFile: string
  origin: string
  file(name: string): string
  secretFile(name: string): string
  /** A key of an agent or a tool, made on first use. */
  own(name: string): PrivateJwk & { kid: string }
}

/**
 * Makes what is missing in `dir`: a key for every service, the log's key, two secrets, and
 * `services.keys.json`. What is there stays: old trails verify by it.
 */
export function openKeyRing(dir: string, origin: string): KeyRing {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const file = (name: string) => join(dir, `${name}.jwk`)
  const own = (name: string) => ensureKey(file(name))
  const keysFile = join(dir, 'services.keys.json')
  const standing = knownKeys(keysFile)
  const current = signersOf(origin).map(({ file: name, party, roles }) =>
    publicKeyOf(signingKeyFromJwk(own(name), { party, roles }), standing),
  )
  // A retired key stays: old trails verify by it.
  const retired = standing.filter(({ kid }) => !current.some((key) => key.kid === kid))
  const set: KeySet = { keys: [...current, ...retired] }
  writeFileSync(keysFile, `${JSON.stringify(set, null, 2)}\n`)
  const secretFile = (name: string) => {
    const path = join(dir, `${name}.secret`)
    if (!existsSync(path)) {
      writeFileSync(path, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 })
    }
    return path
  }
  for (const name of secretsOf(SERVICES)) secretFile(name)
  return { dir, keysFile, origin, file, own, secretFile }
}

function ensureKey(path: string): PrivateJwk & { kid: string } {
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'))
  const { publicKey, privateKey } = generateKeyPair()
  const jwk = { ...privateKey, kid: thumbprint(publicKey) }
  writeFileSync(path, `${JSON.stringify(jwk)}\n`, { mode: 0o600 })
  return jwk
}

function knownKeys(keysFile: string): TrailKey[] {
  if (!existsSync(keysFile)) return []
  return [...parseKeySet(JSON.parse(readFileSync(keysFile, 'utf8'))).keys]
}

/** Keeps the validity of a key that the file holds already. */
function publicKeyOf(key: SigningKey, known: readonly TrailKey[]): TrailKey {
  const { kty, crv, x } = key.privateKey
  const nbf = Math.floor(Date.now() / 1000) - 300
  return (
    known.find((one) => one.kid === key.key_id) ??
    trailKeyOf({ party: key.party, roles: key.roles, publicKey: { kty, crv, x } }, { nbf })
  )
}
