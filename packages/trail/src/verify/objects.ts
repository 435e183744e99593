/** Small questions to objects of unknown shape, each reported where the answer is no. */
import { canonicalize } from '../canonical.ts'
import { isObject, type JsonObject } from '../shape.ts'
import type { Link } from './trail.ts'
import type { ProblemCode, Report } from './verdict.ts'

/** Asks about one link; `form` is for what a single object must be. */
export interface Ask {
  check(holds: boolean, code: ProblemCode, detail: string): boolean
  form(holds: boolean, member: string): boolean
  equal(member: string, expected: unknown): boolean
}

export function askAbout({ object, name }: Link, report: Report): Ask {
  return {
    check: (holds, code, detail) => report.check(holds, code, detail, name),
    form: (holds, member) =>
      report.check(holds, 'OBJECT_FORM', `its ${member} is not of the format`, name),
    equal: (member, expected) =>
      report.check(
        same(object[member], expected),
        'OBJECT_MISMATCH',
        `its ${member} is not what the rest of the trail says`,
        name,
      ),
  }
}

/** Whether both are the same JSON value, or both absent. */
export function same(a: unknown, b: unknown): boolean {
  if (a === undefined || b === undefined) return a === b
  return canonicalize(a) === canonicalize(b)
}

/** The member as an object, an empty one where it is none. */
export function objectAt(object: JsonObject, member: string): JsonObject {
  const value = object[member]
  return isObject(value) ? value : {}
}
