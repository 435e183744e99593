/** What makes an object well-formed on its own: its members, its closed lists, the rules over them. */
import {
  type ContractTerms,
  contractFaults,
  idOfKind,
  isLinkName,
  kindsWhere,
  type LinkName,
  MAX_TICKETS,
} from '@prooftrail/trail/format'
import type { ValidateFunction } from 'ajv/dist/2020.js'
import { checkBySchema, compileOwn } from './check.ts'
import type { Fault } from './faults.ts'
import { objectSchemas } from './generated/object-schemas.ts'
import type { ResultContract } from './generated/types.ts'

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
  return contractFaults({ ...contract }, termsOf(contract)).map(
    ({ path, detail }): Fault => ({ code: 'PT-9014', path, detail }),
  )
}

/** What a contract says itself of its order, its command and its trail, as terms to hold it against. */
function termsOf(contract: ResultContract): ContractTerms {
  const { work_order_id, requested_tool, requested_capability, task_token } = contract
  const { callback, proof_objects, receipts } = contract
  const { callback_url = '', callback_status } = callback
  const due = callback_status === 'pending' ? { callback_url } : {}
  const named = Object.keys(proof_objects).filter((name) => !RUN_LINKS.includes(name))
  const { settlement_receipt } = proof_objects
  return {
    order: { work_order_id, ...due },
    command: { requested_tool, requested_capability, task_token },
    proof_trail: [...RUN_LINKS, ...named],
    isAllocated(name, id) {
      if (name === 'work_order') return id === work_order_id
      if (name === 'settlement_receipt') return id === receipts.settlement_receipt
      return isLinkName(name) && isIdOf(name, work_order_id, id)
    },
    settlement_id: settlement_receipt,
    receipt_id: proof_objects.usage_receipt,
  }
}

/** The links that every run has. */
const RUN_LINKS: readonly string[] = kindsWhere(({ place }) => place === 'run')

/** Which one of its kind it is, the contract alone does not say. */
function isIdOf(kind: LinkName, workOrder: string, id: unknown): boolean {
  if (id === undefined) return false
  for (let n = 0; n < MAX_TICKETS; n++) if (id === idOfKind(kind, workOrder, n)) return true
  return false
}

const validators = new Map<CheckedObject, ValidateFunction>()

function validatorOf(record: CheckedObject): ValidateFunction {
  const known = validators.get(record)
  if (known !== undefined) return known
  const validator = compileOwn(objectSchemas[record])
  validators.set(record, validator)
  return validator
}
