/** Ids are derived, and a member that names an object of the trail names one that is there (wire format section 2). */
import { kindOf, type LinkName } from '../format/kinds.ts'
import { MAX_ATTEMPTS } from '../format/limits.ts'
import { addUnlisted, foreignIds, ownIdFaults, taskFaults } from '../format/rules/ids.ts'
import { isCount } from '../shape.ts'
import { reportAll } from './objects.ts'
import type { Link, Trail } from './trail.ts'
import type { Report } from './verdict.ts'

export function checkIds(trail: Trail, report: Report): void {
  const { work_order_id, pilot } = trail.bundle
  for (const link of trail.links) {
    const own = ownIdFaults(link.kind, link.object, work_order_id, numberOf(trail, link))
    reportAll(own, link, report)
  }
  const known = knownIds(trail)
  const spoken = trail.links.find(({ object }) => object.task_token !== undefined)
  const task = { work_order_id, tool: pilot.tool, task_token: spoken?.object.task_token }
  for (const link of trail.links) {
    reportAll(taskFaults(link.object, task), link, report)
    reportAll(foreignIds(link.object, known), link, report)
  }
}

/** Which one of its kind a link's id must be. */
function numberOf(trail: Trail, link: Link): number | undefined {
  const { counts, repeats } = kindOf(link.kind)
  if (counts === 'attempt') {
    const { attempt } = link.object
    return isCount(attempt) && attempt > 0 && attempt <= MAX_ATTEMPTS ? attempt - 1 : undefined
  }
  // several deliveries of one result have one id
  if (counts === 'result' && repeats === 'freely') {
    return trail.results.find(({ deliveries }) => deliveries.includes(link))?.number
  }
  return link.n
}

function knownIds(trail: Trail): Map<LinkName, Set<unknown>> {
  const known = new Map<LinkName, Set<unknown>>()
  for (const { kind, object } of trail.links) {
    const { id } = kindOf(kind)
    if (id === undefined) continue
    const ids = known.get(kind) ?? new Set()
    known.set(kind, ids.add(object[id]))
  }
  const attempts = trail.results.map(({ command }) => Number(command.object.attempt))
  addUnlisted(known, trail.bundle.work_order_id, Math.min(Math.max(...attempts), MAX_ATTEMPTS))
  return known
}
