/** Whose signature of a checkpoint counts here: by a list or by key ids that somebody gave this browser. */
import { storedIn } from '../ui/stored.ts'

/** A key list as text, or ids of keys: a key id is the thumbprint of its key. */
export type TrustedKeys = { name: string; list: string } | { ids: readonly string[] }

const stored = storedIn('prooftrail.log.keys', (value): TrustedKeys | undefined => {
  const { name, list, ids } = Object(value)
  if (typeof name === 'string' && typeof list === 'string') return { name, list }
  return Array.isArray(ids) && ids.length > 0 ? { ids: ids.map(String) } : undefined
})

/** @param keys undefined: the list that the console serves */
export const trustKeys = stored.set
export const useTrustedKeys = stored.use

const KEY_ID = /^[\w-]{43}$/

/** The ids in a text, by spaces, commas or lines; undefined where something in it is none. */
export function idsIn(text: string): string[] | undefined {
  const ids = text.split(/[\s,]+/).filter((one) => one !== '')
  return ids.length > 0 && ids.every((one) => KEY_ID.test(one)) ? ids : undefined
}
