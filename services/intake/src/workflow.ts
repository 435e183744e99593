import type { Manifest, WorkOrder } from '@prooftrail/contracts'
import type { Digest } from '@prooftrail/trail'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { Fault } from './codes.ts'
import { describeFaults } from './describe-faults.ts'

const ajv = new Ajv2020({ allErrors: true, strictTypes: false, strictRequired: false })
addFormats.default(ajv)

const compiled = new Map<Digest, ValidateFunction>()
const MAX_COMPILED = 200

/**
 * What is wrong with the workflow context for this tool. An order without one is checked as if it
 * were empty, so that a schema can ask for members. The schema is harmless: the manifest was checked.
 */
export function workflowFaults(
  { workflow_context = {} }: WorkOrder,
  manifestDigest: Digest,
  { workflow_context_schema }: Manifest,
): Fault[] {
  if (workflow_context_schema === undefined) return []
  let validate = compiled.get(manifestDigest)
  if (validate === undefined) {
    if (compiled.size >= MAX_COMPILED) compiled.clear()
    validate = ajv.compile(workflow_context_schema)
    compiled.set(manifestDigest, validate)
  }
  if (validate(workflow_context)) return []
  const faults = (validate.errors ?? []).map(({ instancePath, message, params }) => ({
    path: instancePath,
    detail: [message, params.additionalProperty].filter(Boolean).join(' '),
  }))
  return [{ code: 'PT-1033', detail: describeFaults(faults, 'workflow_context') }]
}
