/** What verification answers. */
import type { TrailVerdict } from '../seal.ts'

/** Every code that a problem can have; a code is part of the interface. */
export type ProblemCode =
  /** The bundle is not JSON as the wire format wants it. */
  | 'BUNDLE_JSON'
  /** A member is missing, unknown or of another type; an unknown format. */
  | 'BUNDLE_FORM'
  /** keys.json cannot be read. */
  | 'KEY_SET'
  /** The header is none that a trail can have, or differs from what was sealed. */
  | 'PILOT'
  /** Links are missing, surplus, out of order or wrongly numbered. */
  | 'LINK_ORDER'
  /** The envelope's content is no statement of the format, or not in canonical form. */
  | 'LINK_FORM'
  /** The digest is not the object's. */
  | 'LINK_DIGEST'
  /** It follows nothing, something later, or something else than what is there. */
  | 'LINK_AFTER'
  /** The signature is not that key's over these bytes. */
  | 'LINK_SIGNATURE'
  /** No key of the key set has this id. */
  | 'KEY_UNKNOWN'
  /** The key may not sign this kind of link. */
  | 'KEY_ROLE'
  /** The key belongs to another party. */
  | 'KEY_PARTY'
  /** The object's time lies before the key's. */
  | 'KEY_NOT_YET_VALID'
  /** The object's time lies behind the key's. */
  | 'KEY_EXPIRED'
  /** The key was revoked before this was logged. */
  | 'KEY_REVOKED'
  /** A member of the object is missing, of another type or outside its closed list. */
  | 'OBJECT_FORM'
  /** An id is not the one that derives from this work order. */
  | 'OBJECT_ID'
  /** A time is malformed or out of order. */
  | 'OBJECT_TIME'
  /** Two objects of the trail disagree. */
  | 'OBJECT_MISMATCH'
  /** Score, evidence status and result status do not fit together. */
  | 'EVIDENCE'
  /** Credits do not add up. */
  | 'CREDITS'
  /** The ledger entry does not record this trail. */
  | 'ENTRY'
  /** The verdict is not the one that the trail supports. */
  | 'VERDICT'
  /** The seal is not the one that derives from entry and contract. */
  | 'SEAL'
  /** The checkpoint is malformed or not signed by the log. */
  | 'LOG_CHECKPOINT'
  /** The newest ledger entry is not at that index of the log. */
  | 'LOG_INCLUSION'
  /** Verification itself failed; nothing is proven. */
  | 'INTERNAL'

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
