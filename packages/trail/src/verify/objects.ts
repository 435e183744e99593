/** Small questions to objects of unknown shape, each reported where the answer is no. */
import type { RuleFault } from '../format/rules/faults.ts'
import { same } from '../format/rules/objects.ts'
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

/** Reports what a rule found about one link. */
export function reportAll(faults: readonly RuleFault[], { name }: Link, report: Report): void {
  for (const { code, detail } of faults) report.fail(code, detail, name)
}
