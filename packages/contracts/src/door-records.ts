import type { Role, SigningKey, TrailKey } from '@prooftrail/trail'
import { isRecordOf, signRecord } from '@prooftrail/trail/encoding'
import { keyCounts } from '@prooftrail/trail/format'

/** A record that a door puts on its topic. */
export interface DoorSigned {
  readonly key_id?: string | undefined
  readonly signature?: string | undefined
}

/**
 * What a door puts on a topic of its own service is signed by that service, so that whoever else can
 * write there says nothing in an operator's name.
 */
export function signAtDoor<T extends object>(
  record: T,
  key: SigningKey,
): T & { key_id: string; signature: string } {
  return signRecord({ ...record, key_id: key.key_id }, key.privateKey)
}

/**
 * Whether a record is an operator's word: signed by a key that the deployment's list has for that role.
 * @param services the deployment's own keys
 * @param arrivedAt RFC 3339, by the broker's clock
 */
export function isOperators(
  record: DoorSigned,
  services: readonly TrailKey[],
  arrivedAt: string,
): boolean {
  const key = services.find(({ kid }) => kid === record.key_id)
  return key !== undefined && keyCounts(key, 'operator', arrivedAt) && isRecordOf(record, key)
}

/**
 * Tells the records of a service's doors from others: by its own key, and by those that the
 * deployment's list has for it, so that what was said before a rotation still counts.
 * @param services the deployment's own keys
 * @param now epoch milliseconds
 */
export function doorsOf(
  key: SigningKey,
  role: Role,
  services: readonly TrailKey[],
  now: () => number,
): (record: DoorSigned) => boolean {
  const listed = new Map(services.map((one) => [one.kid, one]))
  const at = () => new Date(now()).toISOString()
  return (record) => {
    const kid = record.key_id ?? ''
    if (kid === key.key_id) return isRecordOf(record, key.privateKey)
    const found = listed.get(kid)
    return found !== undefined && keyCounts(found, role, at()) && isRecordOf(record, found)
  }
}
