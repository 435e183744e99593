import type { SigningKey, TrailKey } from '@prooftrail/trail'
import { isRecordOf, signRecord } from '@prooftrail/trail/encoding'
import { keyCounts } from '@prooftrail/trail/format'
import type { Context } from './state.ts'

/**
 * What a door puts on a topic of intake's own is signed by intake, so that whoever else can write
 * there says nothing in an operator's name.
 */
export function signAtDoor<T extends object>(
  record: T,
  key: SigningKey,
): T & { key_id: string; signature: string } {
  return signRecord({ ...record, key_id: key.key_id }, key.privateKey)
}

/**
 * Tells the records of intake's doors from others: by its own key, and by those that the
 * deployment's list has for intake, so that what was said before a rotation still counts.
 * @param now epoch milliseconds
 */
export function doorsOf(
  key: SigningKey,
  services: readonly TrailKey[],
  now: () => number,
): Context['isDoors'] {
  const listed = new Map(services.map((one) => [one.kid, one]))
  const at = () => new Date(now()).toISOString()
  return (record) => {
    const kid = record.key_id ?? ''
    if (kid === key.key_id) return isRecordOf(record, key.privateKey)
    const found = listed.get(kid)
    return found !== undefined && keyCounts(found, 'intake', at()) && isRecordOf(record, found)
  }
}
