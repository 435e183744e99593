/** Ids are derived, and a member that names an object of the trail names one that is there (wire format section 2). */
import { ID_MEMBERS, kindOf, type LinkName } from '../format/kinds.ts'
import { deriveId, idOfKind, settlementId, ticketId, workOrderId } from '../ids.ts'
import { isCount, isObject, isText } from '../shape.ts'
import type { Link, Trail } from './trail.ts'
import type { Report } from './verdict.ts'

/** How many ids of a kind are tried where the object does not say which number it has. */
const MAX_NUMBER = 64
const MAX_ATTEMPTS = 1000

export function checkIds(trail: Trail, report: Report): void {
  for (const link of trail.links) checkOwnId(trail, link, report)
  const known = knownIds(trail)
  for (const link of trail.links) {
    checkTask(trail, link, report)
    checkMembers(link.object, link, known, report)
  }
}

function checkOwnId(trail: Trail, link: Link, report: Report): void {
  const { kind, object, name } = link
  const { work_order_id } = trail.bundle
  if (kind !== 'settlement_receipt') {
    const fits = object.work_order_id === work_order_id
    report.check(fits, 'OBJECT_ID', 'it is about another work order', name)
  }
  const { id: member } = kindOf(kind)
  const own = member === undefined ? undefined : object[member]
  const derived = (fits: boolean) =>
    report.check(fits, 'OBJECT_ID', `its ${member ?? 'id'} does not derive from this trail`, name)
  if (kind === 'work_order') {
    const { agent_id, idempotency_key } = object
    derived(
      isText(agent_id) && isText(idempotency_key) && own === workOrderId(agent_id, idempotency_key),
    )
  } else if (kind === 'settlement_receipt') {
    const { agent_account_id: account, provider_reference: reference } = object
    const fits = (n: number) =>
      isText(account) && isText(reference) && own === settlementId(account, reference, n)
    derived(isText(own) && someNumber(fits))
  } else if (kind === 'exception_ticket') {
    const { exception_id, exception_type } = object
    derived(isText(exception_type) && isTicket(work_order_id, exception_id, exception_type))
  } else if (member !== undefined) {
    const n = numberOf(trail, link)
    derived(n !== undefined && own === idOfKind(kind, work_order_id, n))
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

/** The id of the one run of a work order. */
export function idOfRun(workOrderId: string): string {
  return deriveId('run', workOrderId, 0)
}

/** Whether an exception id is the work order's n-th of its type. */
export function isTicket(workOrder: string, id: unknown, type: string): boolean {
  return someNumber((n) => id === ticketId(workOrder, type, n))
}

function someNumber(fits: (n: number) => boolean): boolean {
  for (let n = 0; n < MAX_NUMBER; n++) if (fits(n)) return true
  return false
}

function knownIds(trail: Trail): Map<LinkName, Set<unknown>> {
  const known = new Map<LinkName, Set<unknown>>()
  for (const { kind, object } of trail.links) {
    const { id } = kindOf(kind)
    if (id === undefined) continue
    const ids = known.get(kind) ?? new Set()
    known.set(kind, ids.add(object[id]))
  }
  // a run's acceptance has a decision that no proof trail lists; earlier attempts have commands
  const { work_order_id } = trail.bundle
  known.set('intake_decision', new Set([idOfKind('intake_decision', work_order_id, 0)]))
  const attempts = trail.results.map(({ command }) => Number(command.object.attempt))
  const commands = known.get('execution_command')
  for (
    let n = 0;
    commands !== undefined && n < Math.min(Math.max(...attempts), MAX_ATTEMPTS);
    n++
  ) {
    commands.add(idOfKind('execution_command', work_order_id, n))
  }
  return known
}

/** One task token, one run, one binding and one tool in all objects. */
function checkTask(trail: Trail, link: Link, report: Report): void {
  const { work_order_id, pilot } = trail.bundle
  const run = idOfRun(work_order_id)
  const binding = deriveId('eb', work_order_id, 0)
  const expected: Record<string, unknown> = {
    agent_task_run_id: run,
    execution_binding_id: binding,
    binding_id: binding,
    requested_tool: pilot.tool,
    operating_tool: pilot.tool,
    task_token: trail.links.find(({ object }) => object.task_token !== undefined)?.object
      .task_token,
  }
  for (const [member, value] of Object.entries(expected)) {
    const found = link.object[member]
    const fits = found === undefined || found === value
    report.check(fits, 'OBJECT_ID', `its ${member} is not the trail's`, link.name)
  }
  const token = link.object.task_token
  const isHandle = token === undefined || (isText(token) && /^tt_[a-z2-7]{32}$/.test(token))
  report.check(isHandle, 'OBJECT_ID', 'its task_token is no handle', link.name)
}

/** Ids from elsewhere stand below a member whose name begins with `evidence`. */
function checkMembers(
  value: unknown,
  link: Link,
  known: Map<LinkName, Set<unknown>>,
  report: Report,
): void {
  if (Array.isArray(value)) {
    for (const item of value) checkMembers(item, link, known, report)
  } else if (isObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      const kind = ID_MEMBERS.get(key)
      if (kind !== undefined) {
        const fits = known.get(kind)?.has(member) === true
        report.check(fits, 'OBJECT_ID', `its ${key} names nothing of this trail`, link.name)
      } else if (!key.startsWith('evidence')) {
        checkMembers(member, link, known, report)
      }
    }
  }
}
