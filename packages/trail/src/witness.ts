/** C2SP tlog-witness: what is sent to a witness, and what it answers, without its memory or network. */
import { fromBase64, toBase64 } from '#crypto'
import { equalBytes } from './bytes.ts'
import { type Checkpoint, parseCheckpoint, verifyCheckpoint } from './checkpoint.ts'
import { TrailError } from './errors.ts'
import type { PublicJwk } from './jwk.ts'
import { emptyRoot, verifyConsistency } from './merkle.ts'
import { parseNote } from './note.ts'

/** The body of `POST /add-checkpoint`. */
export interface AddCheckpoint {
  /** The size that the witness cosigned last. */
  old: number
  /** From `old` to the checkpoint's size. */
  proof: readonly Uint8Array[]
  /** The signed checkpoint. */
  note: string
}

/** A checkpoint of a log as a witness remembers it. */
export type Witnessed = Pick<Checkpoint, 'size' | 'root'>

/** What a witness answers: a checkpoint to remember and to cosign, or why not. */
export type WitnessAnswer =
  | { status: 200; checkpoint: Checkpoint; text: string }
  | { status: 409; size: number; forked: boolean; detail: string }
  | { status: 400 | 403 | 404 | 422; detail: string }

/** Proofs between trees of any size have no more hashes (C2SP tlog-witness). */
const MAX_PROOF = 63

/** The text of a request. */
export function encodeAddCheckpoint({ old, proof, note }: AddCheckpoint): string {
  return [`old ${old}`, ...proof.map(toBase64), '', note].join('\n')
}

/** A request read strictly; its signatures and proof are not checked. @throws TrailError NOTE, CHECKPOINT */
export function parseAddCheckpoint(body: string): AddCheckpoint {
  const end = body.indexOf('\n\n')
  const [first = '', ...lines] = end < 0 ? [] : body.slice(0, end).split('\n')
  const [, digits] = /^old (0|[1-9][0-9]{0,15})$/.exec(first) ?? []
  const old = digits === undefined ? Number.NaN : Number(digits)
  if (!Number.isSafeInteger(old)) throw new TrailError('NOTE', 'the first line is no old size')
  if (lines.length > MAX_PROOF) throw new TrailError('NOTE', `more than ${MAX_PROOF} hashes`)
  const proof = lines.map((line) => {
    const hash = fromBase64(line)
    if (hash?.length !== 32) throw new TrailError('NOTE', 'a proof line is no base64 of 32 bytes')
    return hash
  })
  const note = body.slice(end + 2)
  parseCheckpoint(note)
  return { old, proof, note }
}

/**
 * What a witness answers to a request. It cosigns a checkpoint only that a trusted key of that log
 * signed and that provably begins with the last one it cosigned, so never two branches of one log.
 * @param keysOf the keys that a log's checkpoint of this size may be signed with; undefined for an unknown log
 * @param latest what was cosigned last for this log; the answer 200 must be stored before it is given
 */
export function judgeAddCheckpoint(
  body: string,
  keysOf: (origin: string, size: number) => readonly PublicJwk[] | undefined,
  latest: (origin: string) => Witnessed | undefined,
): WitnessAnswer {
  let request: AddCheckpoint
  try {
    request = parseAddCheckpoint(body)
  } catch (error) {
    if (error instanceof TrailError) return { status: 400, detail: error.message }
    throw error
  }
  const { note, old, proof } = request
  const { origin, size } = parseCheckpoint(note)
  const keys = keysOf(origin, size)
  if (keys === undefined) return { status: 404, detail: 'a log that is not witnessed here' }
  const checkpoint = openWithAny(note, origin, keys)
  if (checkpoint === undefined) return { status: 403, detail: 'no trusted key signed this' }
  if (old > size) return { status: 400, detail: 'the old size is beyond the checkpoint' }
  return growthAnswer(checkpoint, parseNote(note).text, { old, proof }, latest(origin))
}

function growthAnswer(
  checkpoint: Checkpoint,
  text: string,
  { old, proof }: Pick<AddCheckpoint, 'old' | 'proof'>,
  latest: Witnessed | undefined,
): WitnessAnswer {
  const { size, root } = checkpoint
  const seen = latest?.size ?? 0
  if (old !== seen)
    return { status: 409, size: seen, forked: false, detail: `size ${seen} was cosigned last` }
  if (latest !== undefined && size === seen && !equalBytes(root, latest.root)) {
    return {
      status: 409,
      size: seen,
      forked: true,
      detail: 'another tree of this size was cosigned',
    }
  }
  // from nothing there is nothing to prove, and no proof may be given
  const begins =
    old === 0
      ? proof.length === 0 && (size > 0 || equalBytes(root, emptyRoot()))
      : verifyConsistency(old, size, proof, latest?.root ?? root, root)
  if (!begins) return { status: 422, detail: `the tree of size ${size} does not begin with ${old}` }
  return { status: 200, checkpoint, text }
}

function openWithAny(note: string, origin: string, keys: readonly PublicJwk[]) {
  for (const key of keys) {
    try {
      return verifyCheckpoint(note, origin, key)
    } catch (error) {
      if (!(error instanceof TrailError)) throw error
    }
  }
  return undefined
}
