/** The attestation: a signed statement over all objects of a trail (wire format section 5). */
import { encodeUtf8 } from './bytes.ts'
import { canonicalize, canonicalizeChecked } from './canonical.ts'
import { bareHex, type Digest, digestOf } from './digest.ts'
import { type Envelope, makeEnvelope, parseEnvelope, signPayload } from './envelope.ts'
import { TrailError } from './errors.ts'
import { deriveId } from './ids.ts'
import type { SigningKey } from './keys.ts'
import { canonicalOnce } from './once.ts'
import type { Pilot } from './pilot.ts'
import { isClosed, isObject, type JsonObject } from './shape.ts'
import { parseCanonical, type Ref, STATEMENT_TYPE } from './statement.ts'

export const SEAL_PREDICATE = 'https://prooftrail.dev/trail/v1'

/** How a trail ended: its newest result's status, or refused. */
export type TrailVerdict = 'ready' | 'partial' | 'failed' | 'refused'

/** What the seal takes from the ledger entry of its revision. */
export interface SealedEntry {
  work_order_id: string
  requested_tool: string
  pilot: Pilot
  verdict: TrailVerdict
  revision: number
  issued_at: string
}

/** What the seal takes from the trail's newest result contract; a refused trail has none. */
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

/** A seal as it travels on the bus. */
export interface SignedSeal {
  statement: SealStatement
  key_id: string
  signature: string
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

/** Signs a seal. @throws TrailError JSON_* when the statement holds what the JSON form refuses */
export function signSeal(statement: SealStatement, key: SigningKey): SignedSeal {
  const payload = encodeUtf8(canonicalizeChecked(statement))
  return { statement, key_id: key.key_id, signature: signPayload(payload, key) }
}

/** The same of a statement that nobody changes: its text is remembered for its digest. */
export function sealOnce(statement: SealStatement, key: SigningKey): SignedSeal {
  const signature = signPayload(canonicalOnce(statement), key)
  return { statement, key_id: key.key_id, signature }
}

/** A seal's digest is over its statement's JCS bytes. */
export function sealDigest(statement: SealStatement): Digest {
  return digestOf(statement)
}

/** The DSSE envelope of a seal. */
export function sealEnvelope({ statement, key_id, signature }: SignedSeal): Envelope {
  return makeEnvelope(encodeUtf8(canonicalize(statement)), key_id, signature)
}

/** A seal as an envelope says it; only its form is checked, not what it claims. */
export interface ParsedSeal {
  predicate: JsonObject
  subject: { name: string; digest: Digest }[]
  key_id: string
  signature: string
  payload: Uint8Array
}

/**
 * The seal inside an envelope: closed envelope and statement, payload in canonical form.
 * @throws TrailError ENVELOPE, STATEMENT or SEAL, or JSON_* from the payload
 */
export function parseSealEnvelope(value: unknown): ParsedSeal {
  const { envelope, payload } = parseEnvelope(value)
  const { statement } = parseCanonical(payload)
  const fault = (detail: string) => new TrailError('SEAL', detail)
  if (!isClosed(statement, ['_type', 'subject', 'predicateType', 'predicate'])) {
    throw fault('a statement has exactly _type, subject, predicateType and predicate')
  }
  const { _type, subject, predicateType, predicate } = statement
  if (_type !== STATEMENT_TYPE) throw fault(`_type is not ${STATEMENT_TYPE}`)
  if (predicateType !== SEAL_PREDICATE) throw fault(`predicateType is not ${SEAL_PREDICATE}`)
  if (!isObject(predicate) || !Array.isArray(subject)) throw fault('no subjects or no predicate')
  const [{ keyid, sig }] = envelope.signatures
  return { predicate, subject: subject.map(parseSubject), key_id: keyid, signature: sig, payload }
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
