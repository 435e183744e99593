/** Small questions to objects of unknown shape. */
import { isObject, type JsonObject } from '../../shape.ts'

/** Whether both are the same JSON value (the same JCS text), or both absent. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => same(item, b[i]))
  }
  if (!isObject(a) || !isObject(b)) return false
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && same(a[name], b[name]))
  )
}

/** The member as an object, an empty one where it is none. */
export function objectAt(object: JsonObject, member: string): JsonObject {
  const value = object[member]
  return isObject(value) ? value : {}
}
