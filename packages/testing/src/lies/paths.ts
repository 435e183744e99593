/** Members of a JSON object by path: names joined by dots. */
import { isObject, type JsonObject } from '../plain.ts'

/** The value at a path; undefined where there is none. */
export function valueAt(root: JsonObject, path: string): unknown {
  return path.split('.').reduce<unknown>((at, step) => Reflect.get(Object(at), step), root)
}

/** Puts a value at a path; undefined removes what is there. */
export function putAt(root: JsonObject, path: string, value: unknown): void {
  const steps = path.split('.')
  const last = steps.pop() ?? ''
  const at = steps.reduce<unknown>((value, step) => Reflect.get(Object(value), step), root)
  if (value === undefined) Reflect.deleteProperty(Object(at), last)
  else Reflect.set(Object(at), last, value)
}

/** The paths of all scalars inside. */
export function pathsOf(root: unknown, path = ''): string[] {
  if (!isObject(root) && !Array.isArray(root)) return [path]
  return Object.entries(root).flatMap(([key, value]) =>
    pathsOf(value, path === '' ? key : `${path}.${key}`),
  )
}
