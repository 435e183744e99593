/** C2SP tlog-checkpoint: the signed note that says how long the log is (wire format section 7). */
import { fromBase64, toBase64 } from '#crypto'
import { TrailError } from './errors.ts'
import type { PublicJwk } from './jwk.ts'
import { type KeySet, keyEndedAt, type SigningKey, type TrailKey } from './keys.ts'
import { openNote, parseNote, signNote, withSignatures } from './note.ts'

export interface Checkpoint {
  /** The log's name: the note's first line and its key name. */
  origin: string
  size: number
  /** The RFC 6962 root of the first `size` leaves, 32 bytes. */
  root: Uint8Array
}

/** The text that is signed: origin, size and base64 root, a line each. */
export function checkpointText({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${toBase64(root)}\n`
}

/**
 * The signed note of a checkpoint, with one line for each key: while a log changes its key, the old
 * and the new one sign side by side.
 * @throws TrailError NOTE for an origin with a space or a plus, CHECKPOINT for a size or root that is none
 */
export function signCheckpoint(
  checkpoint: Checkpoint,
  key: SigningKey,
  ...others: readonly SigningKey[]
): string {
  const text = checkpointText(checkpoint)
  parseCheckpointText(text)
  const line = (one: SigningKey) => signNote(text, checkpoint.origin, one).slice(text.length + 1)
  return withSignatures(signNote(text, checkpoint.origin, key), others.map(line))
}

/** The checkpoint inside a note; no signature is checked. @throws TrailError NOTE or CHECKPOINT */
export function parseCheckpoint(note: string): Checkpoint {
  return parseCheckpointText(parseNote(note).text)
}

/**
 * The checkpoint inside a note that the log's key signed under the log's own name.
 * @throws TrailError NOTE or CHECKPOINT
 */
export function verifyCheckpoint(note: string, origin: string, key: PublicJwk): Checkpoint {
  const checkpoint = parseCheckpointText(openNote(note, origin, key))
  if (checkpoint.origin !== origin) throw new TrailError('CHECKPOINT', 'another log of this key')
  return checkpoint
}

/**
 * The checkpoint inside a note that a log key of the key list signed (wire format section 7).
 * @param at milliseconds: a key that had expired then does not count; Infinity would expire every key
 *   that ends, -Infinity none
 * @throws TrailError CHECKPOINT or NOTE; a key that signed it and does not count is the reason before
 *   one that did not
 */
export function openCheckpoint(
  note: string,
  origin: string,
  { keys }: KeySet,
  at: number,
): Checkpoint {
  let reason: TrailError | undefined
  for (const key of keys) {
    if (!key.roles.includes('log') || key.party !== origin) continue
    try {
      const checkpoint = verifyCheckpoint(note, origin, key)
      if (countsForLog(key, checkpoint.size, at)) return checkpoint
      const detail = 'the key had expired or was revoked when it signed this checkpoint'
      reason = new TrailError('CHECKPOINT', detail)
    } catch (error) {
      if (!(error instanceof TrailError)) throw error
      reason ??= error
    }
  }
  const none = `no key of the key set belongs to the log ${origin}`
  throw reason ?? new TrailError('CHECKPOINT', none)
}

/**
 * Whether a log key counts for a checkpoint of this size that was signed at this time or later. One
 * that had ended cannot have signed it; a revoked key's checkpoints end at the size of its revocation.
 */
export function countsForLog(key: TrailKey, size: number, at: number): boolean {
  const revoked = key.revoked_at_log_size !== undefined && size > key.revoked_at_log_size
  return !Number.isNaN(at) && keyEndedAt(key, at) === undefined && !revoked
}

/** Three lines and no extension: what this format does not know it does not accept. */
function parseCheckpointText(text: string): Checkpoint {
  const [origin, digits, encoded, end, ...more] = text.split('\n')
  const size = /^(0|[1-9][0-9]{0,15})$/.test(digits ?? '') ? Number(digits) : Number.NaN
  const root = encoded === undefined ? undefined : fromBase64(encoded)
  if (origin === undefined || origin === '' || end !== '' || more.length > 0) {
    throw new TrailError('CHECKPOINT', 'a checkpoint has exactly origin, size and root')
  }
  if (!Number.isSafeInteger(size)) throw new TrailError('CHECKPOINT', 'the size is no number')
  if (root?.length !== 32) throw new TrailError('CHECKPOINT', 'the root is not base64 of 32 bytes')
  return { origin, size, root }
}
