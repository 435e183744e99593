import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  generateKeyPair,
  type PrivateJwk,
  type Role,
  type SigningKey,
  signingKeyFromJwk,
  thumbprint,
} from '@prooftrail/trail'
import { home } from '../checkout.ts'
import { CommandError } from '../fault.ts'
import { readJsonFile } from '../files.ts'

/** A key of this deployment's folder, made on first use; only its owner may read the file. */
export function ownJwk(name: string): PrivateJwk {
  const dir = join(home, 'keys')
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  return privateJwk(join(dir, `${name}.jwk`), true)
}

/**
 * The private key of a file. @param make makes one where there is none; only its owner may read it
 * @throws CommandError PT-8006 for a file that holds no Ed25519 key
 */
export function privateJwk(path: string, make = false): PrivateJwk {
  if (!make || existsSync(path)) {
    return signingKey(readJsonFile(path), 'any', 'executor').privateKey
  }
  const { publicKey, privateKey } = generateKeyPair()
  const jwk = { ...privateKey, kid: thumbprint(publicKey) }
  writeFileSync(path, `${JSON.stringify(jwk)}\n`, { mode: 0o600 })
  return jwk
}

/**
 * The key that a tool signs with: the given file's, else the one of this deployment's folder.
 * @throws CommandError PT-8006 for a file that holds no Ed25519 key
 */
export function toolKey(tool: string, file?: string): SigningKey {
  return signingKey(file === undefined ? ownJwk(tool) : readJsonFile(file), tool, 'executor')
}

export function signingKey(jwk: unknown, party: string, role: Role): SigningKey {
  try {
    // the next call checks it member by member
    return signingKeyFromJwk(jwk as PrivateJwk, { party, roles: [role] })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CommandError('PT-8006', `the key of ${party} cannot be used: ${reason}`, 2)
  }
}
