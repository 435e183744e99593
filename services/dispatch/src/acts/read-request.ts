import {
  ACT_LINKS,
  ACTS,
  type ActLink,
  actObjectType,
  checkForm,
  type RecoveryAct,
} from '@prooftrail/contracts'
import { Link, type Ref, TrailError } from '@prooftrail/trail'
import { parseStrict } from '@prooftrail/trail/encoding'
import type { ActFault } from './judge-act.ts'

/** An act as an operator asks the door to sign it. */
export type AskedAct = Omit<RecoveryAct, 'object_type' | 'requested_by' | 'issued_at'>

/**
 * What the door of acts takes: an act that is signed, or what an operator asks the door to sign. Its
 * form is asked of those who showed who they are.
 */
export type ActRequest = { kind: 'signed'; act: ActLink } | { kind: 'asked'; members: object }

/** No id that counts is longer. */
const MAX_ID = 200

/**
 * Reads the body of a request.
 * @param body `{ act: { name, object, after, key_id, signature } }`, or an act without signature
 */
export function readActRequest(body: Uint8Array): ActRequest | ActFault {
  let value: unknown
  try {
    value = parseStrict(body)
  } catch (error) {
    if (!(error instanceof TrailError)) throw error
    return bad(`${error.code}: ${error.message}`)
  }
  const members = Object(value)
  return 'act' in members ? readSigned(members.act) : { kind: 'asked', members }
}

function readSigned(value: unknown): ActRequest | ActFault {
  const { name, object, after, key_id, signature, ...more } = Object(value)
  const kind = ACT_LINKS.find((one) => one === name)
  const isSigned = typeof key_id === 'string' && typeof signature === 'string'
  if (kind === undefined || !isSigned || !isRefs(after) || Object.keys(more).length > 0) {
    return bad('act is not { name, object, after, key_id, signature }')
  }
  const { requested_by, work_order_id } = Object(object)
  if (!isId(requested_by) || !isId(work_order_id)) {
    return bad('object has no requested_by and work_order_id')
  }
  return { kind: 'signed', act: Link.fromWire(kind, { object, after, key_id, signature }) }
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_ID
}

/** What an operator asks for, in its form. */
export function readAsked(value: object): { act: AskedAct } | ActFault {
  const { recovery_action } = value as Partial<RecoveryAct>
  const known = Object.hasOwn(ACTS, String(recovery_action)) ? recovery_action : undefined
  if (known === undefined) return bad('recovery_action is no act')
  const head = { object_type: actObjectType(ACTS[known].link), requested_by: 'operator' }
  const whole = { ...value, ...head, issued_at: '2026-01-01T00:00:00.000Z' }
  const faults = checkForm('RecoveryAct', whole)
  if (faults.length > 0) return bad(wordsOf(faults))
  const { object_type: _, requested_by: __, issued_at: ___, ...act } = whole as RecoveryAct
  return { act }
}

function wordsOf(faults: readonly { path: string; detail: string }[]): string {
  return faults
    .slice(0, 10)
    .map(({ path, detail }) => `${path} ${detail}`)
    .join('; ')
}

function isRefs(value: unknown): value is Ref[] {
  return (
    Array.isArray(value) &&
    value.every((one) => {
      const { name, digest, ...more } = Object(one)
      const isRef = typeof name === 'string' && typeof digest === 'string'
      return isRef && Object.keys(more).length === 0
    })
  )
}

function bad(detail: string): ActFault {
  return { code: 'PT-2023', detail }
}
