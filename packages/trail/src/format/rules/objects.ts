/** Small questions to objects of unknown shape. */
import { canonicalize } from '../../canonical.ts'
import { isObject, type JsonObject } from '../../shape.ts'

/** Whether both are the same JSON value, or both absent. */
export function same(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined || typeof a !== 'object') return a === b
  return canonicalize(a) === canonicalize(b)
}

/** The member as an object, an empty one where it is none. */
export function objectAt(object: JsonObject, member: string): JsonObject {
  const value = object[member]
  return isObject(value) ? value : {}
}
