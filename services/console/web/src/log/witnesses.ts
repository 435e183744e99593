/** Who cosigned a checkpoint: by their own word, and by the keys of a policy. */
import { TrailError } from '@prooftrail/trail'
import { applyPolicy, parseCheckpoint, parseNote, parsePolicy } from '@prooftrail/trail/log'

export interface Witness {
  name: string
  /** RFC 3339: when it says that it saw the checkpoint. */
  at: string
  /** Whether its key is one of the policy's; undefined without a policy. */
  counts?: boolean
}

export interface Cosigned {
  size: number
  witnesses: readonly Witness[]
  /** What the policy asks for, and how much of it is missing. */
  asked?: { at_least: number; missing: number; log_key: boolean }
}

/** A cosignature is eight bytes of time and 64 of signature (wire format section 7). */
const COSIGNATURE_BYTES = 72

/**
 * @param policy text of a policy file
 * @throws TrailError for a note that is no checkpoint, and a policy that is none
 */
export function cosignedBy(note: string, policy: string | undefined): Cosigned {
  const { origin, size } = parseCheckpoint(note)
  const answer =
    policy === undefined ? undefined : applyPolicy(note, origin, 0, parsePolicy(policy))
  const counted = new Set(answer?.cosigned.map(({ name, time }) => `${name} ${time}`))
  const witnesses = parseNote(note).signatures.flatMap(({ name, signature }): Witness[] => {
    if (signature.length !== COSIGNATURE_BYTES) return []
    const view = new DataView(signature.buffer, signature.byteOffset, 8)
    const seconds = view.getUint32(0) * 2 ** 32 + view.getUint32(4)
    const counts = answer && { counts: counted.has(`${name} ${seconds}`) }
    return [{ name, at: stamp(seconds), ...counts }]
  })
  const { at_least, missing, log_key } = answer ?? {}
  const asked =
    at_least === undefined || missing === undefined || log_key === undefined
      ? {}
      : { asked: { at_least, missing, log_key } }
  return { size, witnesses, ...asked }
}

/** The latest time that has a name. */
const LAST_SECOND = 8.64e12

function stamp(seconds: number): string {
  return new Date(Math.min(seconds, LAST_SECOND) * 1000).toISOString()
}

/** Why a policy file cannot be used; undefined where it can. */
export function policyFault(text: string): string | undefined {
  try {
    parsePolicy(text)
    return undefined
  } catch (error) {
    if (error instanceof TrailError) return error.message
    throw error
  }
}
