/** What dispatch commanded, and the ids it allocated (wire format section 5). */
import { isDigest } from '../digest.ts'
import { isLinkName, kindOf } from '../format/kinds.ts'
import { objectAt, same } from '../format/rules/objects.ts'
import { idOfKind } from '../ids.ts'
import { isCount, isText, timeOf } from '../shape.ts'
import { askAbout } from './objects.ts'
import type { Result, Trail } from './trail.ts'
import type { Report } from './verdict.ts'

export function checkCommand(trail: Trail, result: Result, report: Report): void {
  const { order, bundle } = trail
  const { command } = result
  const { object } = command
  const ask = askAbout(command, report)
  ask.equal('proof_requirements', bundle.pilot.proof_trail)
  ask.equal('requested_capability', order.object.requested_capability)
  ask.equal('requested_tool', bundle.pilot.tool)
  ask.form(object.object_type === 'execution_command', 'object_type')
  for (const member of ['task_token', 'agent_task_run_id', 'execution_binding_id']) {
    ask.form(isText(object[member]), member)
  }
  for (const member of ['callback_url', 'agent_id', 'execution_mode']) {
    ask.equal(member, order.object[member])
  }
  ask.form(isText(object.manifest_version), 'manifest_version')
  ask.form(isDigest(object.manifest_digest), 'manifest_digest')
  const { pilot_id: pinned } = object
  const { pilot_id: said = pinned } = bundle.pilot
  ask.check(pinned === undefined || said === pinned, 'PILOT', 'its pilot_id is another')
  const [issued, deadline] = [timeOf(object.issued_at), timeOf(object.deadline)]
  ask.form(issued !== undefined && deadline !== undefined && issued <= deadline, 'deadline')
  const held = objectAt(object, 'hold')
  const isHold = isText(held.account) && isCount(held.credits_held) && isText(held.credit_entry)
  ask.form(isHold, 'hold')
  // an order has one hold, whatever is commanded for it
  const [first] = trail.results
  const { hold } = first?.command.object ?? {}
  ask.check(same(object.hold, hold), 'CREDITS', 'its hold is not the one of the first command')
  const ids = objectAt(object, 'ids')
  for (const name of bundle.pilot.proof_trail) {
    const fits = isAllocated(trail, result, name, ids[name])
    ask.check(fits, 'OBJECT_ID', `its ids.${name} is not the trail's`)
  }
}

/** Whether an id is the one that a result of this number has for a name of the proof trail. */
export function isAllocated(trail: Trail, result: Result, name: string, id: unknown): boolean {
  const { bundle, revisions } = trail
  const { work_order_id } = bundle
  if (name === 'work_order') return id === work_order_id
  if (name === 'settlement_receipt') return id === result.settlement?.object.settlement_id
  const counts = isLinkName(name) ? kindOf(name).counts : undefined
  if (!isLinkName(name) || counts === undefined) return false
  if (counts === 'attempt') return id === result.command.object.tool_command_id
  if (counts !== 'revision') return id === idOfKind(name, work_order_id, result.number)
  // what seals a replay is not known when its ids are allocated
  const last = result.number === 0 ? 0 : revisions.length - 1
  return range(last).some((n) => id === idOfKind(name, work_order_id, n))
}

function range(last: number): number[] {
  return Array.from({ length: last + 1 }, (_, n) => n)
}
