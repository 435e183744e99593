/** What verification answers. */
import type { PolicyAnswer } from '../policy.ts'
import type { TrailVerdict } from '../seal.ts'

/**
 * Every code that a problem can have, and the section of the wire format that its rule stands in. A
 * code is part of the interface.
 */
export const PROBLEM_SECTIONS = {
  /** The bundle is not JSON as the wire format wants it. */
  BUNDLE_JSON: 1,
  /** A member is missing, unknown or of another type; an unknown format. */
  BUNDLE_FORM: 6,
  /** keys.json cannot be read. */
  KEY_SET: 4,
  /** The header is none that a trail can have, or differs from what was sealed. */
  PILOT: 6,
  /** Links are missing, surplus, out of order or wrongly numbered. */
  LINK_ORDER: 6,
  /** The envelope's content is no statement of the format, or not in canonical form. */
  LINK_FORM: 3,
  /** The digest is not the object's. */
  LINK_DIGEST: 3,
  /** It follows nothing, something later, or something else than what is there. */
  LINK_AFTER: 3,
  /** The signature is not that key's over these bytes. */
  LINK_SIGNATURE: 3,
  /** No key of the key set has this id. */
  KEY_UNKNOWN: 4,
  /** The key may not sign this kind of link. */
  KEY_ROLE: 4,
  /** The key belongs to another party. */
  KEY_PARTY: 4,
  /** The object's time lies before the key's. */
  KEY_NOT_YET_VALID: 4,
  /** The object's time lies behind the key's. */
  KEY_EXPIRED: 4,
  /** The key was revoked before this was logged. */
  KEY_REVOKED: 4,
  /** A member of the object is missing, of another type or outside its closed list. */
  OBJECT_FORM: 5,
  /** An id is not the one that derives from this work order. */
  OBJECT_ID: 2,
  /** A time is malformed or out of order. */
  OBJECT_TIME: 5,
  /** Two objects of the trail disagree. */
  OBJECT_MISMATCH: 5,
  /** Score, evidence status and result status do not fit together. */
  EVIDENCE: 5,
  /** Credits do not add up. */
  CREDITS: 5,
  /** The ledger entry does not record this trail. */
  ENTRY: 5,
  /** The verdict is not the one that the trail supports. */
  VERDICT: 5,
  /** The seal is not the one that derives from entry and contract. */
  SEAL: 5,
  /** The checkpoint is malformed or not signed by the log. */
  LOG_CHECKPOINT: 7,
  /** The newest ledger entry is not at that index of the log. */
  LOG_INCLUSION: 7,
  /** The policy cannot be read. */
  POLICY_FORM: 10,
  /** No log key that the policy accepts signed the checkpoint in its time. */
  POLICY_LOG_KEY: 10,
  /** Fewer witnesses cosigned the checkpoint than the policy asks for. */
  POLICY_COSIGNATURES: 10,
  /** Verification itself failed; nothing is proven. */
  INTERNAL: 6,
} as const

export type ProblemCode = keyof typeof PROBLEM_SECTIONS

export interface Problem {
  code: ProblemCode
  /** Name of the link that failed; absent when it is the bundle, the log proof or the keys. */
  link?: string
  detail: string
}

/** One link as it was found. */
export interface VerifiedLink {
  name: string
  digest: string
  /** Who signed, as the key set knows the key; absent for an unknown key. */
  party?: string
  /** In which role. */
  role?: string
  issued_at?: string
  /** No problem names this link. */
  ok: boolean
}

export interface Verdict {
  /** Everything holds. Nothing else in the verdict may be relied on when false. */
  ok: boolean
  /** Only of a trail that verifies. */
  verdict?: TrailVerdict
  work_order_id?: string
  revision?: number
  links: VerifiedLink[]
  /** Only where the checkpoint's signature holds. */
  checkpoint?: { origin: string; size: number; index: number }
  /** Only where a policy was asked for and the checkpoint's signature holds. */
  policy?: PolicyAnswer
  problems: Problem[]
}

/** Collects problems; every rule reports here and goes on. */
export class Report {
  readonly problems: Problem[] = []

  fail(code: ProblemCode, detail: string, link?: string): void {
    const said = { code, detail: printable(detail) }
    this.problems.push(link === undefined ? said : { ...said, link: printable(link) })
  }

  /** Reports unless `holds`; answers `holds`. */
  check(holds: boolean, code: ProblemCode, detail: string, link?: string): boolean {
    if (!holds) this.fail(code, detail, link)
    return holds
  }

  get clean(): boolean {
    return this.problems.length === 0
  }
}

const MAX_TEXT = 300

/** A text out of an untrusted file, safe to print: no control characters, not endless. */
export function printable(text: string): string {
  const plain = text.replaceAll(/[\p{Cc}\p{Cf}\p{Surrogate}]/gu, '\ufffd')
  return plain.length > MAX_TEXT ? `${plain.slice(0, MAX_TEXT)}…` : plain
}
