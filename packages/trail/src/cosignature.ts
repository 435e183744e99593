/** C2SP tlog-cosignature, cosignature/v1: a witness says when it saw a checkpoint (wire format section 7). */
import { sign, verify } from '#crypto'
import { concatBytes, encodeUtf8 } from './bytes.ts'
import type { PublicJwk } from './jwk.ts'
import type { SigningKey } from './keys.ts'
import { type Note, type NoteKey, noteKeyHash, parseVkey, signatureLine, vkeyOf } from './note.ts'

/** The verifier key of a witness as one line of text. @throws TrailError NOTE for a name that is none */
export function cosignerVkey(name: string, key: PublicJwk): string {
  return vkeyOf(name, key, 'cosignature')
}

/** The name and key of a witness. @throws TrailError NOTE or KEY */
export function parseCosignerVkey(vkey: string): NoteKey {
  return parseVkey(vkey, 'cosignature')
}

/**
 * The signature line of a witness over the text of a checkpoint.
 * @param time whole seconds since 1970, a safe integer
 * @throws TrailError NOTE for a name that is none
 */
export function cosign(text: string, name: string, key: SigningKey, time: number): string {
  const signature = sign(key.privateKey, cosignedBytes(text, time))
  const hash = noteKeyHash(name, key.privateKey, 'cosignature')
  return signatureLine(name, hash, concatBytes(timeBytes(time), signature))
}

/**
 * When this witness cosigned the note, in whole seconds, earliest first. Empty where it did not, and
 * where one line under its name and key is not its signature: such a note was tampered with. Lines of
 * others are ignored.
 */
export function cosignatureTimes({ text, signatures }: Note, { name, key }: NoteKey): number[] {
  const keyHash = noteKeyHash(name, key, 'cosignature')
  const own = signatures.filter((line) => line.name === name && line.keyHash === keyHash)
  const times = own.map(({ signature }) => timeOfCosignature(text, signature, key))
  const known = times.filter((time) => time !== undefined)
  return known.length === times.length ? known.sort((a, b) => a - b) : []
}

/** The time that a timestamped signature states, where it is the key's over this text. */
function timeOfCosignature(text: string, bytes: Uint8Array, key: PublicJwk): number | undefined {
  if (bytes.length !== 72) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8)
  const time = view.getUint32(0) * 2 ** 32 + view.getUint32(4)
  if (!Number.isSafeInteger(time)) return undefined
  return verify(key, cosignedBytes(text, time), bytes.subarray(8)) ? time : undefined
}

function cosignedBytes(text: string, time: number): Uint8Array {
  return encodeUtf8(`cosignature/v1\ntime ${time}\n${text}`)
}

function timeBytes(time: number): Uint8Array {
  const bytes = new Uint8Array(8)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, Math.floor(time / 2 ** 32))
  view.setUint32(4, time % 2 ** 32)
  return bytes
}
