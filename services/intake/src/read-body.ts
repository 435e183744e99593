import type { compileOwn, PublicKey } from '@prooftrail/contracts'
import { parsePublicJwk, TrailError, thumbprint } from '@prooftrail/trail'
import { parseStrict } from '@prooftrail/trail/encoding'
import type { Fault, IntakeCode } from './codes.ts'

/** A request's body as its schema describes it, or all that is wrong with it under one code. */
export function readBody<T>(
  body: Uint8Array,
  check: ReturnType<typeof compileOwn>,
  code: IntakeCode,
): { value: T } | { fault: Fault } {
  let value: unknown
  try {
    value = parseStrict(body)
  } catch (error) {
    if (!(error instanceof TrailError)) throw error
    return { fault: { code, detail: `${error.code}: ${error.message}` } }
  }
  // the schema is that of T
  if (check(value)) return { value: value as T }
  const faults = (check.errors ?? []).map(({ instancePath, message, params }) =>
    `${instancePath || '/'}: ${message} ${params.additionalProperty ?? ''}`.trim(),
  )
  return { fault: { code, detail: faults.join('; ') } }
}

/**
 * A public key out of a JWK; `exp` (whole seconds) ends its validity. A private one is refused unseen.
 */
export function readKey(
  jwk: Record<string, unknown>,
  code: IntakeCode,
): { key: PublicKey } | { fault: Fault } {
  if (Object.hasOwn(jwk, 'd')) {
    return { fault: { code: 'PT-1051', detail: 'public_key has the private member d' } }
  }
  const fault = (detail: string) => ({ fault: { code, detail: `public_key: ${detail}` } })
  try {
    const { x } = parsePublicJwk(jwk)
    const kid = thumbprint({ x })
    if (jwk.kid !== undefined && jwk.kid !== kid) return fault(`kid is not the thumbprint ${kid}`)
    if (jwk.exp === undefined) return { key: { kid, x } }
    if (typeof jwk.exp === 'number' && Number.isSafeInteger(jwk.exp) && jwk.exp > 0) {
      return { key: { kid, x, exp: jwk.exp } }
    }
    return fault('exp is no whole number of seconds')
  } catch (error) {
    return fault(error instanceof Error ? error.message : String(error))
  }
}
