/** The ledger entry records exactly this trail, and the seal is derived from it (wire format section 5). */

import { canonicalize } from '../canonical.ts'
import { isOneOf } from '../format/one-of.ts'
import { objectAt, same } from '../format/rules/objects.ts'
import { LIFECYCLE_STATES, RUN_EVENT_TYPES, TASK_RUN_STATES } from '../generated/vocabulary.ts'
import { parsePilot, pilotFaults } from '../pilot.ts'
import { type SealedContract, sealStatement, type TrailVerdict } from '../seal.ts'
import { isCount, isObject, isText, timeOf } from '../shape.ts'
import { askAbout } from './objects.ts'
import type { Link, Revision, Trail } from './trail.ts'
import type { Report } from './verdict.ts'

export function checkRevision(trail: Trail, revision: Revision, report: Report): void {
  checkEntry(trail, revision, report)
  checkSeal(trail, revision, report)
}

/** All but the seal. */
export function checkEntry(trail: Trail, revision: Revision, report: Report): void {
  checkHead(trail, revision, report)
  checkEvents(trail, revision.entry, report)
  checkObjects(revision, report)
  checkCredits(trail, revision, report)
  checkFollows(trail, revision, report)
}

/** The newest contract at the time of a seal. */
function contractAt({ results }: Trail, revision: Revision) {
  return results.findLast((result) => result.revision <= revision.number)?.contract
}

function checkHead(trail: Trail, revision: Revision, report: Report): void {
  const { object } = revision.entry
  const { pilot } = trail.bundle
  const ask = askAbout(revision.entry, report)
  ask.form(object.object_type === 'agent_task_run', 'object_type')
  ask.form(isOneOf(TASK_RUN_STATES, object.state), 'state')
  ask.form(timeOf(object.created_at) !== undefined, 'created_at')
  ask.equal('requested_tool', pilot.tool)
  ask.equal('revision', revision.number)
  ask.equal('requested_capability', trail.order.object.requested_capability)
  ask.form(isText(object.agent_task_run_id), 'agent_task_run_id')
  ask.check(object.task_token === undefined, 'ENTRY', 'it holds a task handle')
  const contract = contractAt(trail, revision)?.object
  const verdict = trail.ending ?? contract?.result_status
  ask.check(object.verdict === verdict, 'VERDICT', `the verdict should be ${String(verdict)}`)
  const machine = contract && objectAt(contract, 'machine_result')
  ask.equal('evidence_status', machine?.evidence_status)
  checkPilot(trail, revision, report)
}

function checkPilot(trail: Trail, { entry, number }: Revision, report: Report): void {
  const { bundle, revisions } = trail
  const pilot = parsePilot(entry.object.pilot)
  if (pilot === undefined) {
    report.fail('PILOT', 'it has no pilot header', entry.name)
    return
  }
  for (const fault of pilotFaults(pilot, number)) report.fail('PILOT', fault, entry.name)
  const { runtime_state: _, ...fixed } = pilot
  const { runtime_state: __, ...expected } = bundle.pilot
  const newest = number === revisions.length - 1
  const fits = newest ? same(pilot, bundle.pilot) : same(fixed, expected)
  report.check(fits, 'PILOT', 'its pilot header is not the bundle’s', entry.name)
}

function checkEvents(trail: Trail, entry: Link, report: Report): void {
  const ask = askAbout(entry, report)
  const { events } = entry.object
  if (!ask.form(Array.isArray(events) && events.every(isObject), 'events')) return
  const list = Array.isArray(events) ? events.filter(isObject) : []
  ask.form(trail.ending === 'refused' || list.length > 0, 'events')
  let last = Number.NEGATIVE_INFINITY
  for (const { event_type, to_state, occurred_at, agent_task_run_id: run } of list) {
    const at = timeOf(occurred_at)
    ask.form(isOneOf(RUN_EVENT_TYPES, event_type), 'events.event_type')
    ask.form(isOneOf(LIFECYCLE_STATES, to_state), 'events.to_state')
    ask.check(run === entry.object.agent_task_run_id, 'OBJECT_ID', 'an event is of another run')
    ask.check(at !== undefined && at >= last, 'OBJECT_TIME', 'its events are not in order of time')
    last = at ?? last
  }
}

/** The links since the entry before it, entries and seals left out: each is recorded once. */
function checkObjects(revision: Revision, report: Report): void {
  const { entry, facts } = revision
  const expected = facts.map(({ name, digest, statement_digest, key_id }) => ({
    name,
    digest,
    statement_digest,
    key_id,
  }))
  const fits = same(entry.object.objects, expected)
  report.check(fits, 'ENTRY', 'its objects are not the links that it closes', entry.name)
}

/** The totals of the run so far. */
function checkCredits(trail: Trail, revision: Revision, report: Report): void {
  const { entry } = revision
  const ask = askAbout(entry, report)
  const { credits } = entry.object
  if (!isObject(credits)) {
    ask.check(false, 'CREDITS', 'it records no credits')
    return
  }
  const { held, debited, released } = credits
  const counts = isCount(held) && isCount(debited) && isCount(released)
  ask.check(
    counts && held === debited + released,
    'CREDITS',
    'held is not debited and released together',
  )
  const usages = trail.results.filter((result) => result.revision <= revision.number)
  const total = (member: string) =>
    usages.reduce((sum, { usage }) => sum + Number(usage.object[member]), 0)
  const fits =
    held === total('credits_held') &&
    debited === total('credits_debited') &&
    released === total('credits_released')
  ask.check(fits, 'CREDITS', 'its credits are not those of the usage receipts')
}

/** A revision names the entry before it, which stands earlier in the log. */
function checkFollows(trail: Trail, { entry, number }: Revision, report: Report): void {
  const { follows } = entry.object
  const before = trail.revisions[number - 1]
  if (before === undefined) {
    report.check(follows === undefined, 'ENTRY', 'the first entry follows none', entry.name)
    return
  }
  const { name, digest, index } = objectAt(entry.object, 'follows')
  const fits = name === before.entry.name && digest === before.entry.digest
  report.check(fits, 'ENTRY', `it does not follow ${before.entry.name}`, entry.name)
  const own = indexOf(trail, number)
  const later = isCount(index) && isCount(own) && index < own
  report.check(later, 'ENTRY', 'the entry it follows stands later in the log', entry.name)
}

function indexOf({ revisions, bundle }: Trail, number: number): unknown {
  const next = revisions[number + 1]
  return next === undefined ? bundle.log.index : objectAt(next.entry.object, 'follows').index
}

function checkSeal(trail: Trail, revision: Revision, report: Report): void {
  const { entry, seal } = revision
  const pilot = parsePilot(entry.object.pilot)
  const { requested_tool, issued_at } = entry.object
  if (pilot === undefined || !isText(requested_tool) || !isText(issued_at)) return
  const links = trail.links.slice(0, seal.position)
  const contract = contractAt(trail, revision)?.object
  const machine = contract && objectAt(contract, 'machine_result')
  // a contract without a package has been reported; it has no seal
  if (machine !== undefined && machine.result_package === undefined) return
  const statement = sealStatement({
    links: links.map(({ name, digest }) => ({ name, digest })),
    entry: {
      work_order_id: trail.bundle.work_order_id,
      ...{ pilot, requested_tool, issued_at, revision: revision.number },
      // compared as it stands; whether it is a verdict is asked of the entry
      verdict: entry.object.verdict as TrailVerdict,
    },
    // likewise
    contract: (contract && { ...contract, machine_result: machine }) as SealedContract | undefined,
  })
  const isDerived = canonicalize(statement) === seal.payload
  report.check(isDerived, 'SEAL', 'it is not the seal of this trail', seal.name)
}
