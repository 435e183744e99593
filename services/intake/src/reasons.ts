import {
  type AgentRegistered,
  checkWorkOrder,
  type Manifest,
  type ManifestVersion,
  type Pins,
  type ToolRegistered,
  type WorkOrder,
  type WorkOrderLink,
} from '@prooftrail/contracts'
import { callbackFaults, callbackPolicyOf } from './callback-rules.ts'
import type { Fault, IntakeCode } from './codes.ts'
import { describeFaults, listed } from './describe-faults.ts'
import { evidenceFaults, evidenceSchemaDigest } from './evidence.ts'
import { MAX_ORDER_BYTES, POLICY_VERSION, type Policy } from './policy.ts'
import { versionForOrders } from './versions.ts'
import { workflowFaults } from './workflow.ts'

/** An authenticated order with everything that its judgement rests on. */
export interface Case {
  link: WorkOrderLink
  agent: AgentRegistered
  /** The registered tool that the order asks for, if there is one. */
  tool: ToolRegistered | undefined
  /** RFC 3339: when the order reached the broker. */
  at: string
  /** Size of the order in JCS form. */
  bytes: number
  policy: Policy
}

/** All reasons against an order; without any, what later stages need of it. */
export interface Judgement {
  reasons: Fault[]
  pins?: Pins
}

/** Checks everything and reports once. Rules that need the tool wait for a tool that is known. */
export function judge(subject: Case): Judgement {
  const { link, agent, tool, at, bytes, policy } = subject
  const order = link.object
  const version = versionForOrders(tool)
  // a manifest is registered only after checkManifest found no fault in it
  const manifest = version?.manifest as Manifest | undefined
  const reasons = [
    ...formReasons(order),
    ...timeReasons(order, at, policy.maxOrderMs),
    ...(bytes > MAX_ORDER_BYTES ? [reason('PT-1009', `${bytes} bytes as JSON`)] : []),
    ...scopeReasons(order, agent),
    ...callbackFaults(order, policy),
    ...toolReasons(order, tool, version),
    ...priceReasons(order, manifest),
    ...(version && manifest ? manifestReasons(order, version, manifest) : []),
  ]
  if (reasons.length > 0 || !version || !manifest) return { reasons }
  return { reasons, pins: pinsOf(link, agent, version, manifest) }
}

/** Members whose form has a code of its own. */
const CODE_OF: Readonly<Record<string, IntakeCode>> = {
  '/schema_version': 'PT-1021',
  '/evidence': 'PT-1026',
}

function formReasons(order: WorkOrder): Fault[] {
  const faults = checkWorkOrder(order)
  const codeOf = (path: string) => CODE_OF[path] ?? 'PT-1020'
  const found = [...new Set(faults.map(({ path }) => codeOf(path)))]
  return found.map((code) => {
    const own = faults.filter(({ path }) => codeOf(path) === code)
    return reason(code, describeFaults(own, 'order'))
  })
}

function timeReasons({ issued_at, expires_at }: WorkOrder, at: string, maxMs: number): Fault[] {
  const expiry = Date.parse(expires_at)
  if (expiry <= Date.parse(at)) {
    return [reason('PT-1032', `expires_at ${expires_at}, arrived ${at}`)]
  }
  if (expiry <= Date.parse(issued_at)) {
    return [reason('PT-1032', `expires_at ${expires_at}, issued_at ${issued_at}`)]
  }
  if (expiry - Date.parse(issued_at) > maxMs) {
    const days = maxMs / (24 * 3_600_000)
    const detail = `expires_at ${expires_at} is more than ${days} days after issued_at ${issued_at}`
    return [reason('PT-1032', detail)]
  }
  return []
}

function scopeReasons({ requested_tool }: WorkOrder, { tools }: AgentRegistered): Fault[] {
  if (tools === undefined || tools.includes(requested_tool)) return []
  return [reason('PT-1024', `allowed: ${listed(tools) || 'none'}`)]
}

function toolReasons(
  { requested_tool }: WorkOrder,
  tool: ToolRegistered | undefined,
  version: ManifestVersion | undefined,
): Fault[] {
  if (tool === undefined) return [reason('PT-1022', `${requested_tool} is not registered`)]
  if (tool.retired_at !== undefined) {
    return [reason('PT-1035', `${requested_tool} takes no orders since ${tool.retired_at}`)]
  }
  if (version === undefined) return [reason('PT-1023', `all of ${requested_tool} is withdrawn`)]
  return []
}

/** What the agent is ready to pay is part of what it signed. */
function priceReasons({ max_credits }: WorkOrder, manifest: Manifest | undefined): Fault[] {
  const price = manifest?.price.credits
  const isSaid = max_credits !== undefined && max_credits >= 0
  if (!isSaid || price === undefined || price <= max_credits) return []
  return [reason('PT-1034', `the price is ${price} credits, max_credits ${max_credits}`)]
}

function manifestReasons(order: WorkOrder, version: ManifestVersion, manifest: Manifest): Fault[] {
  const { capabilities, proof_trail } = manifest
  const { requested_capability, proof_requirements } = order
  const faults = [
    ...evidenceFaults(order.evidence, manifest),
    ...workflowFaults(order, version.manifest_digest, manifest),
  ]
  if (!capabilities.includes(requested_capability)) {
    faults.push(reason('PT-1025', `offered: ${listed(capabilities)}`))
  }
  if (proof_requirements && !isSameList(proof_requirements, proof_trail)) {
    faults.push(reason('PT-1031', `the tool gives: ${listed(proof_trail)}`))
  }
  return faults
}

function pinsOf(
  { object, key_id }: WorkOrderLink,
  { account }: AgentRegistered,
  { version, manifest_digest }: ManifestVersion,
  manifest: Manifest,
): Pins {
  const { callback_url } = object
  return {
    agent_key_id: key_id,
    account,
    ...(callback_url === undefined ? {} : { callback_url }),
    callback_policy: callbackPolicyOf(object),
    tool: manifest.tool,
    ...(object.execution_mode === 'controlled_pilot'
      ? { pilot_id: object.pilot_id ?? manifest.pilot_id }
      : {}),
    manifest_version: version,
    manifest_digest,
    price: manifest.price.credits,
    limits: manifest.limits,
    proof_trail: [...manifest.proof_trail],
    evidence_schema_digest: evidenceSchemaDigest(manifest_digest, manifest),
    policy_version: POLICY_VERSION,
  }
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i])
}

function reason(code: IntakeCode, detail: string): Fault {
  return { code, detail }
}
