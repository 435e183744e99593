/** What a result package may say again (wire format section 5). */
import { isObject } from '../../shape.ts'
import { Faults, type RuleFault } from './faults.ts'

/**
 * Where a result package repeats its tool, or the status or score of the evidence, it says what its
 * machine_result says. Which members it must have, and its type, the tool's manifest says.
 */
export function packageFaults(machine: Readonly<Record<string, unknown>>): RuleFault[] {
  const faults = new Faults()
  const { tool, evidence_status, evidence_score, result_package: found } = machine
  if (!isObject(found)) return faults.all
  const said = { operating_tool: tool, evidence_status, evidence_score }
  for (const [member, expected] of Object.entries(said)) {
    const path = `/machine_result/result_package/${member}`
    const fits = !Object.hasOwn(found, member) || found[member] === expected
    faults.check(fits, 'EVIDENCE', path, `must be ${String(expected)}`)
  }
  return faults.all
}
