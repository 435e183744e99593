/** Ids are derived, and a member that names an object of the trail names one that is there (wire format section 2). */
import { deriveId, idOfKind, settlementId, ticketId, workOrderId } from '../../ids.ts'
import { isObject, isText, type JsonObject } from '../../shape.ts'
import { ID_MEMBERS, isLinkName, kindOf, type LinkName } from '../kinds.ts'
import { MAX_TICKETS } from '../limits.ts'
import { Faults, type RuleFault } from './faults.ts'

/** What all objects of one trail say alike. */
export interface TaskIds {
  readonly work_order_id: string
  readonly tool: string
  /** Undefined: no object of the trail has said one. */
  readonly task_token: unknown
}

/** The ids that members of objects may hold, by the kind that they name. */
export type KnownIds = ReadonlyMap<LinkName, ReadonlySet<unknown>>

/**
 * The ids that a first result may name: those allocated for its trail, the decision that no proof
 * trail lists, and the commands of earlier attempts.
 * @param ids link name to id, as `allocateIds` answers them
 */
export function knownIdsOf(
  workOrderId: string,
  ids: Readonly<Record<string, string>>,
  attempt: number,
): KnownIds {
  const known = new Map<LinkName, Set<unknown>>()
  for (const [name, id] of Object.entries(ids)) {
    if (isLinkName(name)) known.set(name, new Set([id]))
  }
  addUnlisted(known, workOrderId, attempt)
  return known
}

/** Adds what no proof trail lists though it is of the run: its acceptance, earlier commands. */
export function addUnlisted(
  known: Map<LinkName, Set<unknown>>,
  workOrderId: string,
  attempts: number,
): void {
  known.set('intake_decision', new Set([idOfKind('intake_decision', workOrderId, 0)]))
  const commands = known.get('execution_command')
  for (let n = 0; commands !== undefined && n < attempts; n++) {
    commands.add(idOfKind('execution_command', workOrderId, n))
  }
}

/**
 * Whether an object is of this work order and has its own id.
 * @param n which one of its kind it is; undefined: it does not say, so its id derives from nothing
 */
export function ownIdFaults(
  kind: LinkName,
  object: JsonObject,
  workOrder: string,
  n: number | undefined,
): RuleFault[] {
  const faults = new Faults()
  if (kind !== 'settlement_receipt') {
    const fits = object.work_order_id === workOrder
    faults.check(fits, 'OBJECT_ID', '/work_order_id', 'it is about another work order')
  }
  const { id: member } = kindOf(kind)
  if (member === undefined && kind !== 'exception_ticket') return faults.all
  const derived = isDerived(kind, object, workOrder, n)
  const detail = `its ${member ?? 'id'} does not derive from this trail`
  faults.check(derived, 'OBJECT_ID', `/${member ?? 'exception_id'}`, detail)
  return faults.all
}

function isDerived(
  kind: LinkName,
  object: JsonObject,
  workOrder: string,
  n: number | undefined,
): boolean {
  switch (kind) {
    case 'work_order': {
      const { agent_id: agent, idempotency_key: key, work_order_id } = object
      return isText(agent) && isText(key) && work_order_id === workOrderId(agent, key)
    }
    case 'settlement_receipt': {
      const { agent_account_id: account, provider_reference: reference, settlement_id } = object
      if (!isText(account) || !isText(reference)) return false
      return someNumber((at) => settlement_id === settlementId(account, reference, at))
    }
    case 'exception_ticket': {
      const { exception_id, exception_type } = object
      return isText(exception_type) && isTicket(workOrder, exception_id, exception_type)
    }
  }
  const own = object[kindOf(kind).id ?? '']
  return n !== undefined && own !== undefined && own === idOfKind(kind, workOrder, n)
}

/** Whether an exception id is the work order's n-th of its type. */
export function isTicket(workOrder: string, id: unknown, type: string): boolean {
  return someNumber((n) => id === ticketId(workOrder, type, n))
}

function someNumber(fits: (n: number) => boolean): boolean {
  for (let n = 0; n < MAX_TICKETS; n++) if (fits(n)) return true
  return false
}

/** The id of the one run of a work order. */
export function idOfRun(workOrder: string): string {
  return deriveId('run', workOrder, 0)
}

/** One task token, one run, one binding and one tool in all objects. */
export function taskFaults(object: JsonObject, task: TaskIds): RuleFault[] {
  const { work_order_id, tool, task_token } = task
  const faults = new Faults()
  const expect = (member: string, expected: () => unknown) => {
    const found = object[member]
    const fits = found === undefined || found === expected()
    faults.check(fits, 'OBJECT_ID', `/${member}`, `its ${member} is not the trail's`)
  }
  const binding = () => deriveId('eb', work_order_id, 0)
  expect('agent_task_run_id', () => idOfRun(work_order_id))
  expect('execution_binding_id', binding)
  expect('binding_id', binding)
  expect('requested_tool', () => tool)
  expect('operating_tool', () => tool)
  expect('task_token', () => task_token)
  const { task_token: token } = object
  const isHandle = token === undefined || (isText(token) && /^tt_[a-z2-7]{32}$/.test(token))
  faults.check(isHandle, 'OBJECT_ID', '/task_token', 'its task_token is no handle')
  return faults.all
}

/**
 * Members named like an id of the trail, wherever they stand, hold one that is known. Ids from
 * elsewhere stand below a member whose name begins with `evidence`.
 */
export function foreignIds(object: JsonObject, known: KnownIds): RuleFault[] {
  const faults = new Faults()
  // paths are worked out where something is wrong, which is seldom
  if (areKnown(object, known)) return faults.all
  const walk = (value: unknown, path: string): void => {
    if (Array.isArray(value)) {
      for (const [i, item] of value.entries()) walk(item, `${path}/${i}`)
    } else if (isObject(value)) {
      for (const [key, member] of Object.entries(value)) {
        const kind = ID_MEMBERS.get(key)
        const here = `${path}/${key}`
        if (kind !== undefined) {
          const fits = known.get(kind)?.has(member) === true
          faults.check(fits, 'OBJECT_ID', here, `its ${key} names nothing of this trail`)
        } else if (!key.startsWith('evidence')) walk(member, here)
      }
    }
  }
  walk(object, '')
  return faults.all
}

function areKnown(value: unknown, known: KnownIds): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every((item) => areKnown(item, known))
  return Object.keys(value).every((key) => {
    const kind = ID_MEMBERS.get(key)
    const member: unknown = Reflect.get(value, key)
    if (kind !== undefined) return known.get(kind)?.has(member) === true
    return key.startsWith('evidence') || areKnown(member, known)
  })
}
