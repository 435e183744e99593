/** The attestation: a signed statement over all objects of a trail (wire format section 5). */
import { canonicalizeChecked } from './canonical.ts'
import { bareHex, type Digest, digestOf, digestOfBytes } from './digest.ts'
import { type Envelope, makeEnvelope, parseEnvelope, signPayload } from './envelope.ts'
import { TrailError } from './errors.ts'
import { deriveId } from './ids.ts'
import type { SigningKey } from './keys.ts'
import type { Pilot } from './pilot.ts'
import { isClosed, isObject, type JsonObject } from './shape.ts'
import { parseCanonical, type Ref, STATEMENT_TYPE } from './statement.ts'

export const SEAL_PREDICATE = 'https://prooftrail.dev/trail/v1'

/** How a trail ended: its newest result's status, or that it has none. */
export type TrailVerdict = 'ready' | 'partial' | 'failed' | 'refused' | 'expired' | 'released'

/** What the seal takes from the ledger entry of its revision. */
export interface SealedEntry {
  work_order_id: string
  requested_tool: string
  pilot: Pilot
  verdict: TrailVerdict
  revision: number
  issued_at: string
}

/** What the seal takes from the trail's newest result contract; a trail without a result has none. */
export interface SealedContract {
  result_status: string
  machine_result: { evidence_status: string; result_package: unknown }
}

export interface SealPredicate extends SealedEntry {
  attestation_id: string
  attestation_type: 'agent_result_attestation'
  result_status?: string
  evidence_status?: string
  result_package_hash?: Digest
}

/** The in-toto statement of a seal; subjects are all links before it, in order. */
export interface SealStatement {
  _type: typeof STATEMENT_TYPE
  subject: { name: string; digest: { sha256: string } }[]
  predicateType: typeof SEAL_PREDICATE
  predicate: SealPredicate
}

/** A seal as a record of JSON. */
export interface SignedSeal {
  readonly statement: SealStatement
  readonly key_id: string
  readonly signature: string
}

/**
 * The one seal that fits a ledger entry and result contract; it adds nothing of its own.
 * @param links all links before it, earlier entries and seals included, in the order of the trail
 */
export function sealStatement(parts: {
  links: readonly Ref[]
  entry: SealedEntry
  contract?: SealedContract | undefined
}): SealStatement {
  const { links, entry, contract } = parts
  const { work_order_id, pilot, verdict, revision, requested_tool, issued_at } = entry
  return {
    _type: STATEMENT_TYPE,
    subject: links.map(({ name, digest }) => ({ name, digest: { sha256: bareHex(digest) } })),
    predicateType: SEAL_PREDICATE,
    predicate: {
      attestation_id: deriveId('att', work_order_id, revision),
      attestation_type: 'agent_result_attestation',
      ...{ work_order_id, pilot, verdict, revision, requested_tool },
      ...(contract && {
        result_status: contract.result_status,
        evidence_status: contract.machine_result.evidence_status,
        result_package_hash: digestOf(contract.machine_result.result_package),
      }),
      issued_at,
    },
  }
}

/** The signed attestation of a trail. It does not change; what is read off it is worked out once. */
export class Seal implements SignedSeal {
  readonly statement: SealStatement
  readonly key_id: string
  readonly signature: string
  #text: string | undefined
  #digest: Digest | undefined

  private constructor({ statement, key_id, signature }: SignedSeal, text?: string) {
    this.statement = statement
    this.key_id = key_id
    this.signature = signature
    this.#text = text
    this.#digest = undefined
    Object.freeze(this)
  }

  /** Signs a statement. @throws TrailError JSON_* when it holds what the JSON form refuses */
  static sign(statement: SealStatement, key: SigningKey): Seal {
    const text = canonicalizeChecked(statement)
    return new Seal({ statement, key_id: key.key_id, signature: signPayload(text, key) }, text)
  }

  /** A seal out of its record. Nothing is checked here. */
  static fromWire(wire: SignedSeal): Seal {
    return new Seal(wire)
  }

  /** The statement's JCS text: what the signature is over. @throws TrailError JSON_* */
  get text(): string {
    this.#text ??= canonicalizeChecked(this.statement)
    return this.#text
  }

  /** A seal's digest is over its statement's JCS bytes. @throws TrailError JSON_* */
  get digest(): Digest {
    this.#digest ??= digestOfBytes(this.text)
    return this.#digest
  }

  /** The DSSE envelope. @throws TrailError JSON_* */
  get envelope(): Envelope {
    return makeEnvelope(this.text, this.key_id, this.signature)
  }

  /** The seal as a record of JSON. */
  toJSON(): SignedSeal {
    const { statement, key_id, signature } = this
    return { statement, key_id, signature }
  }
}

/** A seal as an envelope says it; only its form is checked, not what it claims. */
export interface ParsedSeal {
  predicate: JsonObject
  subject: { name: string; digest: Digest }[]
  key_id: string
  signature: string
  /** The statement's JCS text: what the signature is over. */
  payload: string
}

/**
 * The seal inside an envelope: closed envelope and statement, payload in canonical form.
 * @throws TrailError ENVELOPE, STATEMENT or SEAL, or JSON_* from the payload
 */
export function parseSealEnvelope(value: unknown): ParsedSeal {
  const { envelope, payload } = parseEnvelope(value)
  const { statement, text } = parseCanonical(payload)
  const fault = (detail: string) => new TrailError('SEAL', detail)
  if (!isClosed(statement, ['_type', 'subject', 'predicateType', 'predicate'])) {
    throw fault('a statement has exactly _type, subject, predicateType and predicate')
  }
  const { _type, subject, predicateType, predicate } = statement
  if (_type !== STATEMENT_TYPE) throw fault(`_type is not ${STATEMENT_TYPE}`)
  if (predicateType !== SEAL_PREDICATE) throw fault(`predicateType is not ${SEAL_PREDICATE}`)
  if (!isObject(predicate) || !Array.isArray(subject)) throw fault('no subjects or no predicate')
  const [{ keyid, sig }] = envelope.signatures
  return {
    predicate,
    subject: subject.map(parseSubject),
    key_id: keyid,
    signature: sig,
    payload: text,
  }
}

function parseSubject(value: unknown): { name: string; digest: Digest } {
  if (isClosed(value, ['name', 'digest']) && isClosed(value.digest, ['sha256'])) {
    const { name } = value
    const { sha256 } = value.digest
    if (typeof name === 'string' && typeof sha256 === 'string') {
      return { name, digest: `sha256:${sha256}` }
    }
  }
  throw new TrailError('SEAL', 'a subject has exactly name and sha256')
}
