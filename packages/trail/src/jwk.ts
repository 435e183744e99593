/** The public half of an Ed25519 key pair (RFC 8037); `x` is unpadded base64url of 32 bytes. */
export interface PublicJwk {
  kty: 'OKP'
  crv: 'Ed25519'
  x: string
}

/** An Ed25519 key pair (RFC 8037); `d` is the secret seed and never leaves the signer. */
export interface PrivateJwk extends PublicJwk {
  d: string
}
