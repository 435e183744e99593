import {
  type KeySet,
  parseKeySet,
  type Role,
  type SigningKey,
  signingKeyFromJwk,
  type TrailKey,
} from '@prooftrail/trail'
import { ConfigError, type Env, readEnv } from './env.ts'

/**
 * The private Ed25519 JWK in the file that a variable names, as the key of a party.
 * @throws ConfigError naming the variable
 */
export function readSigningKey(
  env: Env,
  variable: string,
  owner: { party: string; roles: readonly Role[] },
): SigningKey {
  const jwk = readEnv.json(env, variable)
  return named(variable, 'a private Ed25519 JWK', () => signingKeyFromJwk(jwk, owner))
}

/** The JWKS in the file that a variable names. @throws ConfigError naming the variable */
export function readKeySet(env: Env, variable: string): KeySet {
  const jwks = readEnv.json(env, variable)
  return named(variable, 'a JWKS of the services', () => parseKeySet(jwks))
}

/** The deployment's own public keys: those of the list, none where no list is named. @throws ConfigError */
export function readServiceKeys(env: Env, variable: string): readonly TrailKey[] {
  return readEnv.optional(env, variable) === undefined ? [] : readKeySet(env, variable).keys
}

function named<T>(variable: string, what: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ConfigError(`${variable} takes ${what}: ${reason}`)
  }
}
