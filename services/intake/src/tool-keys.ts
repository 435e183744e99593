import type { PublicKey, ToolAnnounced, ToolRegistered } from '@prooftrail/contracts'
import { Refusal } from '@prooftrail/runtime'
import { isRecordOf, type SignedRecord } from '@prooftrail/trail/encoding'
import { keyEnded } from '@prooftrail/trail/format'
import { isSignedByItsKey } from './announcement.ts'
import { addKey, keyFaults } from './public-keys.ts'

/**
 * Whose word an announcement is, and which keys a tool has.
 * K1 A key speaks for a tool from where an operator or a key of the tool named it until it expires
 *    or an operator revokes it.
 * K2 A key names others and ends none, itself included: who stole one takes no tool from its team.
 * K3 Whoever names a key shows that he holds it.
 */

/** Keys of a tool that count at a time: enough for a rotation in every process of a large team. */
const MAX_LIVE_KEYS = 4
/** All keys that a tool ever had: old trails are verified by them, so they stay in keys.json. */
const MAX_KEYS = 32

/** @throws Refusal PT-1041, PT-1042, PT-1046 unless a key speaks that may speak for the tool */
export function checkAnnouncer(
  data: ToolAnnounced,
  known: ToolRegistered | undefined,
  at: string,
): void {
  const { tool, key, next_key } = data
  const faults = [key, ...(next_key ? [next_key] : [])].flatMap(keyFaults)
  if (faults.length > 0) throw new Refusal('PT-1046', faults.join('; '))
  if (!isSignedByItsKey(data)) throw new Refusal('PT-1041', `not the signature of ${key.kid}`)
  if (next_key && !isShown(data, next_key)) {
    throw new Refusal('PT-1041', `next_signature is not that of ${next_key.kid}`)
  }
  const holder = known?.keys.find(({ kid }) => kid === key.kid)
  if (known && holder === undefined) {
    throw new Refusal('PT-1042', `${tool} belongs to ${known.keys.map(({ kid }) => kid)}`)
  }
  const ended = keyEnded(holder ?? key, at)
  if (ended === 'KEY_EXPIRED') throw new Refusal('PT-1046', `key: expired at ${at}`)
  if (ended === 'KEY_REVOKED') throw new Refusal('PT-1046', `key: revoked before ${at}`)
}

/** Whether an announcement is signed by every key that it names. */
export function isByItsKeys(data: ToolAnnounced): boolean {
  const { next_key } = data
  return isSignedByItsKey(data) && (next_key === undefined || isShown(data, next_key))
}

/** Whether the next key signed the announcement too. */
function isShown({ signature: _, ...said }: ToolAnnounced, next: PublicKey): boolean {
  const { next_signature, ...rest } = said
  const shown: SignedRecord = { ...rest, ...(next_signature && { signature: next_signature }) }
  return isRecordOf(shown, next)
}

/**
 * A tool's keys with more of them; one that it has stays as it is.
 * @throws Refusal PT-1047 when there are too many
 */
export function withKeys(
  known: readonly PublicKey[],
  named: readonly (PublicKey | undefined)[],
  at: string,
): PublicKey[] {
  const fresh = named.filter((key) => key && known.every(({ kid }) => kid !== key.kid))
  const keys = fresh.reduce<PublicKey[]>(
    (all, key) => (key ? addKey(all, key, at) : all),
    [...known],
  )
  if (fresh.length === 0) return keys
  const live = keys.filter((key) => keyEnded(key, at) === undefined)
  if (live.length > MAX_LIVE_KEYS) {
    throw new Refusal('PT-1047', `${live.length} keys count; ${MAX_LIVE_KEYS} may`)
  }
  if (keys.length > MAX_KEYS) throw new Refusal('PT-1047', `${keys.length} keys of ${MAX_KEYS}`)
  return keys
}
