/** What makes an object well-formed on its own: its members, its closed lists, the rules over them. */
import { parseLinkName } from '@prooftrail/trail'
import type { ValidateFunction } from 'ajv/dist/2020.js'
import { checkBySchema, compileOwn } from './check.ts'
import type { Fault } from './faults.ts'
import { objectSchemas } from './generated/object-schemas.ts'
import type { LedgerEntry, ResultContract } from './generated/types.ts'

/** Objects whose form can be checked. */
export type CheckedObject = keyof typeof objectSchemas

/** Every fault of an object's form: members, types, closed lists (PT-9013). */
export function checkForm(record: CheckedObject, object: unknown): Fault[] {
  return checkBySchema(validatorOf(record), object, 'PT-9013')
}

/**
 * Every fault of a work order's form (wire format section 5): PT-9013. What a tool, an agent or the
 * time says about it is intake's to judge.
 */
export function checkWorkOrder(object: unknown): Fault[] {
  return checkForm('WorkOrder', object)
}

/**
 * Every fault of a result contract that shows on the contract alone (wire format section 5): its
 * form (PT-9013), else the rules over its members (PT-9014). What was commanded is dispatch's to
 * compare.
 */
export function checkResultContract(object: unknown): Fault[] {
  const faults = checkForm('ResultContract', object)
  if (faults.length > 0) return faults
  // the form passed
  const contract = object as ResultContract
  return [
    ...proofFaults(contract),
    ...statusFaults(contract),
    ...ticketFaults(contract),
    ...packageFaults(contract),
  ]
}

/** Every fault of a ledger entry that shows on the entry alone: PT-9013, else PT-9014. */
export function checkLedgerEntry(object: unknown): Fault[] {
  const faults = checkForm('LedgerEntry', object)
  if (faults.length > 0) return faults
  // the form passed
  const entry = object as LedgerEntry
  return [...entryFaults(entry), ...eventFaults(entry), ...entryObjectFaults(entry)]
}

function proofFaults({
  proof_objects,
  receipts,
  callback,
  result_contract_id,
  work_order_id,
}: ResultContract): Fault[] {
  const check = collect()
  check(proof_objects.result_contract === undefined, '/proof_objects', 'it does not name itself')
  const required = ['work_order', 'execution_command', 'ledger_entry', 'attestation']
  for (const name of required) {
    check(proof_objects[name] !== undefined, `/proof_objects/${name}`, 'missing')
  }
  const equal = (name: string, id: string | undefined, path: string) =>
    check(proof_objects[name] === id, `/proof_objects/${name}`, `is not ${path}`)
  equal('work_order', work_order_id, 'work_order_id')
  equal('usage_receipt', receipts.usage_receipt, 'receipts.usage_receipt')
  equal('settlement_receipt', receipts.settlement_receipt, 'receipts.settlement_receipt')
  equal('callback_delivery', callback.callback_event_id, 'callback.callback_event_id')
  const ids = [...Object.values(proof_objects), result_contract_id]
  check(new Set(ids).size === ids.length, '/proof_objects', 'an id stands for two objects')
  const due = callback.callback_status === 'pending'
  check(
    !due || callback.callback_url !== undefined,
    '/callback/callback_url',
    'missing though a callback is pending',
  )
  return check.faults
}

/** sufficient ⇔ 100; ready ⇒ sufficient; partial ⇔ partial evidence; insufficient ⇒ failed. */
function statusFaults({ result_status, machine_result, requested_tool }: ResultContract): Fault[] {
  const check = collect()
  const { evidence_status, evidence_score, tool } = machine_result
  const path = '/machine_result'
  check(tool === requested_tool, `${path}/tool`, 'is not requested_tool')
  check(
    (evidence_status === 'sufficient') === (evidence_score === 100),
    `${path}/evidence_score`,
    'is 100 exactly when the evidence is sufficient',
  )
  const expected = { ready: ['sufficient'], partial: ['partial'], failed: undefined }[result_status]
  check(
    expected === undefined || expected.includes(evidence_status),
    '/result_status',
    `${result_status} does not go with ${evidence_status} evidence`,
  )
  return check.faults
}

/** Tickets are this run's own; a partial result has one `evidence_gap` that names open items. */
function ticketFaults(contract: ResultContract): Fault[] {
  const check = collect()
  const { exceptions, machine_result, result_status } = contract
  for (const [i, ticket] of exceptions.entries()) {
    for (const member of ['work_order_id', 'agent_task_run_id', 'requested_tool'] as const) {
      const path = `/exceptions/${i}/${member}`
      check(ticket[member] === contract[member], path, `is not the contract's`)
    }
  }
  const ids = exceptions.map(({ exception_id }) => exception_id)
  check(new Set(ids).size === ids.length, '/exceptions', 'an exception_id is given twice')
  if (result_status !== 'partial') return check.faults
  const gaps = exceptions.filter(({ exception_type }) => exception_type === 'evidence_gap')
  check(gaps.length === 1, '/exceptions', 'a partial result has one evidence_gap')
  const open = new Set(machine_result.open_items.map(({ about }) => about))
  const missing = gaps.flatMap(({ missing_items }) => missing_items ?? [])
  check(missing.length > 0, '/exceptions', 'an evidence_gap names its missing_items')
  for (const item of missing.filter((one) => !open.has(one))) {
    check(false, '/machine_result/open_items', `does not name ${item}`)
  }
  return check.faults
}

/** TokenOps' package says four things again (objects, section 4.11). */
function packageFaults({ requested_tool, machine_result }: ResultContract): Fault[] {
  const check = collect()
  if (requested_tool !== 'tokenops') return check.faults
  const { result_package, evidence_status, evidence_score } = machine_result
  const expected: [string, unknown][] = [
    ['package_type', 'tokenops_result_package'],
    ['operating_tool', 'tokenops'],
    ['evidence_status', evidence_status],
    ['evidence_score', evidence_score],
  ]
  for (const [member, value] of expected) {
    const found: unknown = Object.getOwnPropertyDescriptor(Object(result_package), member)?.value
    const path = `/machine_result/result_package/${member}`
    check(found === value, path, `must be ${String(value)}`)
  }
  return check.faults
}

function entryFaults(entry: LedgerEntry): Fault[] {
  const check = collect()
  const { credits, pilot, verdict, revision, follows } = entry
  const { held, debited, released } = credits
  check(held === debited + released, '/credits', 'held is not debited + released')
  check(pilot.tool === entry.requested_tool, '/pilot/tool', 'is not requested_tool')
  const refused = verdict === 'refused'
  check(
    refused === (pilot.runtime_state === 'refused'),
    '/pilot/runtime_state',
    'is refused exactly when the verdict is',
  )
  check(revision > 0 === (follows !== undefined), '/follows', 'is there from revision 1 on')
  check(
    entry.pilot.proof_trail.slice(-2).join() === 'ledger_entry,attestation',
    '/pilot/proof_trail',
    'ends in ledger_entry, attestation',
  )
  return check.faults
}

function eventFaults({ events, verdict, agent_task_run_id }: LedgerEntry): Fault[] {
  const check = collect()
  check(events.length > 0 || verdict === 'refused', '/events', 'a run has one event at least')
  for (const [i, event] of events.entries()) {
    const before = events[i - 1]?.occurred_at ?? ''
    check(event.occurred_at >= before, `/events/${i}/occurred_at`, 'is before the one before')
    const run = `/events/${i}/agent_task_run_id`
    check(event.agent_task_run_id === agent_task_run_id, run, "is not the entry's")
  }
  return check.faults
}

function entryObjectFaults({ objects }: LedgerEntry): Fault[] {
  const check = collect()
  const seen = new Set<string>()
  for (const [i, { name }] of objects.entries()) {
    const path = `/objects/${i}/name`
    const kind = parseLinkName(name)?.kind
    check(kind !== undefined, path, `${name} is no name of a link`)
    const own = kind === 'ledger_entry' || kind === 'attestation'
    check(!own, path, 'an entry holds no entries and no seals')
    check(!seen.has(name), path, `${name} is given twice`)
    seen.add(name)
  }
  return check.faults
}

interface Collect {
  (holds: boolean, path: string, detail: string): void
  readonly faults: Fault[]
}

function collect(): Collect {
  const faults: Fault[] = []
  const check = (holds: boolean, path: string, detail: string): void => {
    if (!holds) faults.push({ code: 'PT-9014', path, detail })
  }
  return Object.assign(check, { faults })
}

const validators = new Map<CheckedObject, ValidateFunction>()

function validatorOf(record: CheckedObject): ValidateFunction {
  const known = validators.get(record)
  if (known !== undefined) return known
  const validator = compileOwn(objectSchemas[record])
  validators.set(record, validator)
  return validator
}
