import { generateKeyPair, type PrivateJwk, type PublicJwk, thumbprint } from '@prooftrail/trail'

/** An agent's keys: the private half stays with the agent, the public half is registered. */
export interface AgentKeys {
  privateJwk: PrivateJwk & { kid: string }
  publicJwk: PublicJwk & { kid: string; use: 'sig'; alg: 'EdDSA' }
}

/** Draws an Ed25519 key pair as JWKs (RFC 8037); `kid` is the RFC 7638 thumbprint. */
export function makeAgentKeys(): AgentKeys {
  const { publicKey, privateKey } = generateKeyPair()
  const kid = thumbprint(publicKey)
  return {
    privateJwk: { ...privateKey, kid },
    publicJwk: { ...publicKey, kid, use: 'sig', alg: 'EdDSA' },
  }
}
