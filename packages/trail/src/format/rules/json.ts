/** What an object must be so that its link's statement can be read (wire format sections 1 and 3). */
import { checkJson, MAX_DEPTH } from '../../canonical.ts'
import { TrailError } from '../../errors.ts'
import { isObject } from '../../shape.ts'
import { STATEMENT_LEVELS } from '../limits.ts'
import { Faults, type RuleFault } from './faults.ts'

/**
 * Whether an object has a JSON form, and one that still has it inside of a statement, which nests
 * two levels deeper. The walk ends at the first fault.
 */
export function statementFaults(object: unknown): RuleFault[] {
  const faults = new Faults()
  if (!faults.check(isObject(object), 'LINK_FORM', '', 'it is no object')) return faults.all
  try {
    checkJson(object, MAX_DEPTH - STATEMENT_LEVELS)
  } catch (error) {
    if (!(error instanceof TrailError)) throw error
    faults.check(false, 'LINK_FORM', '', `${error.code}: ${error.message}`)
  }
  return faults.all
}
