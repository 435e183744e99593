/** What a rule of the wire format finds. Judges call the same rules and add only their own codes. */

/** Which part of the wire format is not kept: the verifier's codes of the same names. */
export type RuleCode =
  | 'LINK_FORM'
  | 'LINK_ORDER'
  | 'LINK_AFTER'
  | 'OBJECT_FORM'
  | 'OBJECT_ID'
  | 'OBJECT_TIME'
  | 'OBJECT_MISMATCH'
  | 'EVIDENCE'

/** One thing that is wrong: which rule, where in the object (JSON Pointer), what. */
export interface RuleFault {
  readonly code: RuleCode
  readonly path: string
  readonly detail: string
}

/** Collects faults; a rule reports and goes on. */
export class Faults {
  readonly all: RuleFault[] = []

  /** Reports unless `holds`; answers `holds`. */
  check(holds: boolean, code: RuleCode, path: string, detail: string): boolean {
    if (!holds) this.all.push({ code, path, detail })
    return holds
  }

  /** Reports a member that is missing, of another type or outside its list unless `holds`. */
  form(holds: boolean, path: string): boolean {
    return this.check(holds, 'OBJECT_FORM', path, `its ${words(path)} is not of the format`)
  }
}

/** `/machine_result/evidence_score` as people say it. */
export function words(path: string): string {
  return path.slice(1).replaceAll('/', '.')
}
