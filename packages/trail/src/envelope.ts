/** DSSE: one signature over a typed payload (wire format section 3). */
import { fromBase64, sign, toBase64, utf8Length, verify, verifyLater } from '#crypto'
import { concatBytes, encodeUtf8 } from './bytes.ts'
import { TrailError } from './errors.ts'
import type { PublicJwk } from './jwk.ts'
import type { SigningKey } from './keys.ts'
import { isClosed } from './shape.ts'

export const PAYLOAD_TYPE = 'application/vnd.in-toto+json'
const HEAD = `DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} `

/** A DSSE envelope with its one signature; `payload` and `sig` are padded standard base64. */
export interface Envelope {
  payload: string
  payloadType: typeof PAYLOAD_TYPE
  signatures: [{ keyid: string; sig: string }]
}

/** What a DSSE signature is over: the pre-authentication encoding (DSSE 1.0, PAE). */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = encodeUtf8(payloadType)
  const head = `DSSEv1 ${type.length} ${payloadType} ${payload.length} `
  return concatBytes(encodeUtf8(head), payload)
}

/** The base64 text of the DSSE signature over an in-toto payload, given as bytes or as text. */
export function signPayload(payload: Uint8Array | string, key: SigningKey): string {
  return toBase64(sign(key.privateKey, paeOf(payload)))
}

/** Whether `signature` (base64) is the key's DSSE signature over an in-toto payload. Never throws. */
export function verifyPayload(
  payload: Uint8Array | string,
  signature: string,
  key: PublicJwk,
): boolean {
  const bytes = fromBase64(signature)
  return bytes !== undefined && verify(key, paeOf(payload), bytes)
}

/** The same answer, worked out beside the calling thread where the platform can. */
export async function verifyPayloadLater(
  payload: Uint8Array | string,
  signature: string,
  key: PublicJwk,
): Promise<boolean> {
  const bytes = fromBase64(signature)
  return bytes !== undefined && (await verifyLater(key, paeOf(payload), bytes))
}

/** The pre-authentication encoding of an in-toto payload; a text is encoded once. */
function paeOf(payload: Uint8Array | string): Uint8Array {
  if (typeof payload !== 'string') return preAuthEncoding(PAYLOAD_TYPE, payload)
  return encodeUtf8(`${HEAD}${utf8Length(payload)} ${payload}`)
}

/** The envelope around a payload and the signature that was made for it. */
export function makeEnvelope(payload: Uint8Array | string, keyid: string, sig: string): Envelope {
  const bytes = typeof payload === 'string' ? encodeUtf8(payload) : payload
  return { payload: toBase64(bytes), payloadType: PAYLOAD_TYPE, signatures: [{ keyid, sig }] }
}

/**
 * An envelope read strictly: these members and no others, one signature, canonical base64.
 * @returns the envelope and its payload's bytes
 * @throws TrailError ENVELOPE
 */
export function parseEnvelope(value: unknown): { envelope: Envelope; payload: Uint8Array } {
  const fault = (detail: string) => new TrailError('ENVELOPE', detail)
  if (!isClosed(value, ['payload', 'payloadType', 'signatures'])) {
    throw fault('an envelope has exactly payload, payloadType and signatures')
  }
  if (value.payloadType !== PAYLOAD_TYPE) throw fault(`payloadType is not ${PAYLOAD_TYPE}`)
  const { signatures } = value
  const only: unknown = Array.isArray(signatures) ? signatures[0] : undefined
  if (!Array.isArray(signatures) || signatures.length !== 1 || !isClosed(only, ['keyid', 'sig'])) {
    throw fault('an envelope has one signature of keyid and sig')
  }
  const { keyid, sig } = only
  if (typeof keyid !== 'string' || typeof sig !== 'string' || fromBase64(sig)?.length !== 64) {
    throw fault('sig is not the padded base64 of 64 bytes')
  }
  const payload = typeof value.payload === 'string' ? fromBase64(value.payload) : undefined
  if (payload === undefined) throw fault('payload is not padded standard base64')
  return { envelope: makeEnvelope(payload, keyid, sig), payload }
}
