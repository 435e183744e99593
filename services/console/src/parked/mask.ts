import { createHash } from 'node:crypto'
import { maskText } from '@prooftrail/runtime'

/**
 * What of a parked message people may read. Handles and secrets nobody; the contents of evidence an
 * operator alone: a viewer sees that it is there, how much, and its digest.
 */

const SECRET_NAMES = /^(authorization|cookie|password|secret|webhook_secret|d)$/i
const EVIDENCE = /^(evidence|new_evidence_items|evidence_items|workflow_context)$/

/** A decoded value as it is shown. @param showsEvidence whether contents of evidence are shown */
export function maskValue(value: unknown, showsEvidence: boolean): unknown {
  if (typeof value === 'string') return maskText(value)
  if (Array.isArray(value)) return value.map((one) => maskValue(one, showsEvidence))
  if (typeof value !== 'object' || value === null) return value
  const plain = toPlain(value)
  return Object.fromEntries(
    Object.entries(plain).map(([name, one]) => {
      if (SECRET_NAMES.test(name)) return [name, '…']
      if (!showsEvidence && EVIDENCE.test(name)) return [name, summaryOf(one)]
      return [name, maskValue(one, showsEvidence)]
    }),
  )
}

/** Links say themselves what they are as JSON. */
function toPlain(value: object): object {
  return 'toJSON' in value && typeof value.toJSON === 'function' ? Object(value.toJSON()) : value
}

function summaryOf(value: unknown): unknown {
  if (value === undefined || value === null) return value
  const text = JSON.stringify(value) ?? ''
  const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`
  return { masked: 'needs the role operator', bytes: Buffer.byteLength(text), digest }
}
