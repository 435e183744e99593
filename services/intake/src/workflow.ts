import { checkForeign, type Manifest, type WorkOrder } from '@prooftrail/contracts'
import type { Digest } from '@prooftrail/trail/encoding'
import type { Fault } from './codes.ts'
import { describeFaults } from './describe-faults.ts'

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
  const key = `${manifestDigest}/workflow_context_schema`
  const errors = checkForeign(key, () => workflow_context_schema, workflow_context)
  if (errors.length === 0) return []
  const faults = errors.map(({ instancePath, message, params }) => ({
    path: instancePath,
    detail: [message, params.additionalProperty].filter(Boolean).join(' '),
  }))
  return [{ code: 'PT-1033', detail: describeFaults(faults, 'workflow_context') }]
}
