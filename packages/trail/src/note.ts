/** C2SP signed-note with Ed25519 signatures, and the lines that other kinds of signature share with them. */

import { base64urlnopad, hex } from '@scure/base'
import { fromBase64, sign, toBase64, verify } from '#crypto'
import { concatBytes, encodeUtf8 } from './bytes.ts'
import { sha256 } from './digest.ts'
import { TrailError } from './errors.ts'
import type { PublicJwk } from './jwk.ts'
import { parsePublicJwk, type SigningKey } from './keys.ts'

/** What a key of a note signs with it; the first byte of a verifier key (C2SP signed-note). */
export const NOTE_KEY_TYPES = { ed25519: 1, cosignature: 4 } as const

export type NoteKeyType = keyof typeof NOTE_KEY_TYPES

const NAME = /^[^\s+\p{Cc}]+$/u
const CONTROL = /[^\P{Cc}\n]/u
const SIGNATURE = /^\u2014 (\S+) (\S+)$/u

/** One signature line of a note: the signer's name, the 4 bytes of its key hash as hex, the rest. */
export interface NoteSignature {
  name: string
  keyHash: string
  signature: Uint8Array
}

export interface Note {
  /** The signed text, its last newline included. */
  text: string
  signatures: NoteSignature[]
}

/** Who signs notes, and with which key. */
export interface NoteKey {
  name: string
  key: PublicJwk
}

/** The key hash of a note key: first 4 bytes of SHA-256(name ‖ \n ‖ type ‖ key), as hex. */
export function noteKeyHash(name: string, key: PublicJwk, type: NoteKeyType = 'ed25519'): string {
  const input = concatBytes(encodeUtf8(`${name}\n`), typedKey(key, type))
  return hex.encode(sha256(input).subarray(0, 4))
}

/** The verifier key as one line of text: `<name>+<key hash>+<base64 of type ‖ key>`. */
export function vkeyOf(name: string, key: PublicJwk, type: NoteKeyType = 'ed25519'): string {
  checkName(name)
  return `${name}+${noteKeyHash(name, key, type)}+${toBase64(typedKey(key, type))}`
}

/** The name and key of a verifier key line of this type. @throws TrailError NOTE, or KEY for a key of small order */
export function parseVkey(vkey: string, type: NoteKeyType = 'ed25519'): NoteKey {
  const [name, hash, ...rest] = vkey.split('+')
  const bytes = fromBase64(rest.join('+'))
  if (name === undefined || bytes?.length !== 33 || bytes[0] !== NOTE_KEY_TYPES[type]) {
    throw new TrailError('NOTE', `not a verifier key of type ${type}`)
  }
  const x = base64urlnopad.encode(bytes.subarray(1))
  const key = parsePublicJwk({ kty: 'OKP', crv: 'Ed25519', x })
  checkName(name)
  if (hash !== noteKeyHash(name, key, type)) {
    throw new TrailError('NOTE', 'the key hash does not fit')
  }
  return { name, key }
}

/** Signs a text that ends in a newline. @throws TrailError NOTE */
export function signNote(text: string, name: string, key: SigningKey): string {
  checkText(text)
  const hash = noteKeyHash(name, key.privateKey)
  return `${text}\n${signatureLine(name, hash, sign(key.privateKey, encodeUtf8(text)))}`
}

/** One line of a note's signatures, its newline included. @throws TrailError NOTE for a name that is none */
export function signatureLine(name: string, keyHash: string, signature: Uint8Array): string {
  checkName(name)
  return `\u2014 ${name} ${toBase64(concatBytes(hex.decode(keyHash), signature))}\n`
}

/**
 * The note with more signature lines, each once. The lines are taken as they are: whoever adds them
 * has checked them.
 * @throws TrailError NOTE where the result is no note
 */
export function withSignatures(note: string, lines: readonly string[]): string {
  const whole = lines.reduce(
    (text, line) => (text.includes(`\n${line}`) ? text : text + line),
    note,
  )
  parseNote(whole)
  return whole
}

/** The lines of a text that holds nothing but signatures, as a witness answers. @throws TrailError NOTE */
export function parseSignatureLines(text: string): (NoteSignature & { line: string })[] {
  if (!text.endsWith('\n')) throw new TrailError('NOTE', 'signature lines end in a newline')
  const lines = text.slice(0, -1).split('\n')
  return lines.map((line) => ({ ...parseSignature(line), line: `${line}\n` }))
}

/** A note taken apart; no signature is checked. @throws TrailError NOTE */
export function parseNote(note: string): Note {
  const end = note.lastIndexOf('\n\n')
  if (end < 0 || !note.endsWith('\n')) throw new TrailError('NOTE', 'a note ends in signatures')
  const text = note.slice(0, end + 1)
  checkText(text)
  const lines = note.slice(end + 2, -1).split('\n')
  return { text, signatures: lines.map(parseSignature) }
}

/**
 * The text of a note that this key signed. Signatures of other keys are ignored.
 * @throws TrailError NOTE when the note is malformed or the key's signature is missing or wrong
 */
export function openNote(note: string, name: string, key: PublicJwk): string {
  const { text, signatures } = parseNote(note)
  const keyHash = noteKeyHash(name, key)
  const own = signatures.filter((line) => line.name === name && line.keyHash === keyHash)
  const bytes = encodeUtf8(text)
  if (own.length > 0 && own.every(({ signature }) => verify(key, bytes, signature))) return text
  throw new TrailError('NOTE', `no valid signature of ${name}`)
}

function parseSignature(line: string): NoteSignature {
  const [, name, encoded] = SIGNATURE.exec(line) ?? []
  const bytes = encoded === undefined ? undefined : fromBase64(encoded)
  if (name === undefined || bytes === undefined || bytes.length < 5) {
    throw new TrailError('NOTE', 'a signature line is an em dash, a name and base64')
  }
  checkName(name)
  const keyHash = hex.encode(bytes.subarray(0, 4))
  return { name, keyHash, signature: bytes.subarray(4) }
}

function checkName(name: string): void {
  if (!NAME.test(name)) throw new TrailError('NOTE', 'a key name has no space and no plus')
}

function checkText(text: string): void {
  if (text.endsWith('\n') && !CONTROL.test(text) && !/\p{Surrogate}/u.test(text)) return
  throw new TrailError('NOTE', 'the text of a note ends in a newline and has no control characters')
}

function typedKey({ x }: PublicJwk, type: NoteKeyType): Uint8Array {
  return concatBytes(Uint8Array.of(NOTE_KEY_TYPES[type]), base64urlnopad.decode(x))
}
