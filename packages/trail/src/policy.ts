/** What a verifier asks of a log besides its own signature (wire format section 10). */
import { cosignatureTimes, parseCosignerVkey } from './cosignature.ts'
import { TrailError } from './errors.ts'
import { CLOCK_SKEW_MS } from './format/limits.ts'
import { type NoteKey, openNote, parseNote, parseVkey } from './note.ts'
import { isClosed, isCount, timeOf } from './shape.ts'
import { parseStrict } from './strict-json.ts'

/** A key of a note, and until when it is accepted. */
export interface PolicyKey extends NoteKey {
  /** Milliseconds since 1970; Infinity where the policy says none. */
  until: number
}

export interface Policy {
  /** Keys of logs; undefined: those of the key list are enough. */
  logs?: readonly PolicyKey[]
  witnesses: readonly PolicyKey[]
  /** How many witnesses must have cosigned. */
  atLeast: number
}

/** What a policy found of a checkpoint. */
export interface PolicyAnswer {
  /** How many witnesses the policy asks for. */
  at_least: number
  /** How many are missing; 0 where there are enough. */
  missing: number
  /** Witnesses that count, each with the whole second of its cosignature. */
  cosigned: { name: string; time: number }[]
  /** A key of the policy signed the checkpoint, where the policy names keys. */
  log_key: boolean
}

export const POLICY_FORMAT = 'prooftrail-policy/v1'

/**
 * A policy file, read strictly.
 * @param json its text or bytes, or the parsed value
 * @throws TrailError POLICY (or JSON_* for the text)
 */
export function parsePolicy(json: unknown): Policy {
  const value = typeof json === 'string' || json instanceof Uint8Array ? parseStrict(json) : json
  if (!isClosed(value, ['format', 'witnesses', 'at_least'], ['logs'])) {
    throw fault('a member is missing or unknown')
  }
  if (value.format !== POLICY_FORMAT) throw fault(`the format is not ${POLICY_FORMAT}`)
  const witnesses = keysOf(value.witnesses, parseCosignerVkey)
  const logs = value.logs === undefined ? undefined : keysOf(value.logs, parseVkey)
  const { at_least } = value
  if (logs?.length === 0) throw fault('logs, where they are named, are at least one')
  if (!isCount(at_least) || at_least > witnesses.length) {
    throw fault('at_least is a count, and no more than there are witnesses')
  }
  const xs = [...witnesses, ...(logs ?? [])].map(({ key }) => key.x)
  if (new Set(xs).size !== xs.length) throw fault('a key is given twice')
  return { witnesses, atLeast: at_least, ...(logs && { logs }) }
}

/**
 * What the policy finds of a checkpoint. A cosignature counts that was made before its witness's
 * `until` and before that of a log key which signed the checkpoint, and not before what it covers.
 * @param note a checkpoint whose own signature was verified
 * @param issuedAt milliseconds: the newest entry that the checkpoint holds for whoever asks
 */
export function applyPolicy(
  note: string,
  origin: string,
  issuedAt: number,
  policy: Policy,
): PolicyAnswer {
  const { atLeast, witnesses, logs } = policy
  const ends = logs?.filter((one) => one.until > issuedAt && signed(note, origin, one)) ?? [FOREVER]
  const until = Math.max(0, ...ends.map((one) => one.until))
  const parsed = parseNote(note)
  const cosigned = witnesses.flatMap((witness) => {
    const time = cosignatureTimes(parsed, witness).find((seconds) => {
      const at = seconds * 1000
      return at >= issuedAt - CLOCK_SKEW_MS && at < Math.min(witness.until, until)
    })
    return time === undefined ? [] : [{ name: witness.name, time }]
  })
  const missing = Math.max(0, atLeast - cosigned.length)
  return { at_least: atLeast, missing, cosigned, log_key: ends.length > 0 }
}

const FOREVER = { until: Number.POSITIVE_INFINITY }

function signed(note: string, origin: string, { name, key }: NoteKey): boolean {
  try {
    return name === origin && openNote(note, name, key) !== ''
  } catch (error) {
    if (error instanceof TrailError) return false
    throw error
  }
}

function keysOf(value: unknown, parse: (vkey: string) => NoteKey): PolicyKey[] {
  if (!Array.isArray(value)) throw fault('logs and witnesses are arrays')
  return value.map((one: unknown) => {
    if (!isClosed(one, ['vkey'], ['until']) || typeof one.vkey !== 'string') {
      throw fault('a key has a vkey, and perhaps until')
    }
    const until = one.until === undefined ? FOREVER.until : timeOf(one.until)
    if (until === undefined) throw fault('until is a time')
    return { ...keyOf(one.vkey, parse), until }
  })
}

function keyOf(vkey: string, parse: (vkey: string) => NoteKey): NoteKey {
  try {
    return parse(vkey)
  } catch (error) {
    throw fault(error instanceof Error ? error.message : 'a vkey cannot be read')
  }
}

function fault(detail: string): TrailError {
  return new TrailError('POLICY', detail)
}
