import { makeWorkOrder, type OrderRequest, signWorkOrder } from '@prooftrail/agent-sdk'
import { evidenceClasses, type Json, type Manifest, type WorkOrder } from '@prooftrail/contracts'
import type { Case, CommandOverrides } from '@prooftrail/executor-sdk/testing'
import type { Link, PrivateJwk } from '@prooftrail/trail'

/** What an order asks for, taken out of a tool's own cases. */
export type Asked = Pick<
  CommandOverrides,
  'evidence' | 'workflow_context' | 'requested_output' | 'requested_capability' | 'pilot_controls'
>

/** A case's command is of this time unless it says otherwise. */
const CASES_TIME = '2026-03-02T09:00:00.000Z'

/** What the first case with that result asks for, its dates moved to now; undefined without one. */
export function askedIn(
  cases: readonly Case[],
  result_status: string | undefined,
  now: string,
): Asked | undefined {
  const found = cases.find(({ result }) => {
    const status = Object(result).result_status
    return result_status === undefined ? result !== undefined : status === result_status
  })
  if (found === undefined) return undefined
  const { evidence, workflow_context, requested_output, requested_capability, pilot_controls } =
    found.command
  const shift = Date.parse(now) - Date.parse(found.command.issued_at ?? CASES_TIME)
  return {
    evidence: moved(evidence ?? {}, shift),
    ...(workflow_context === undefined ? {} : { workflow_context }),
    ...(requested_output === undefined ? {} : { requested_output }),
    ...(requested_capability === undefined ? {} : { requested_capability }),
    ...(pilot_controls === undefined ? {} : { pilot_controls }),
  }
}

/** The same evidence without one required class, so that some is left; undefined where there is one only. */
export function withoutOne(manifest: Manifest, asked: Asked): Asked | undefined {
  const evidence: { [name: string]: Json } = { ...Object(asked.evidence) }
  const required = evidenceClasses(manifest).filter(
    ({ name, required }) => required && Object.hasOwn(evidence, name),
  )
  const [least] = required.sort((a, b) => a.weight - b.weight)
  if (least === undefined || required.length < 2) return undefined
  delete evidence[least.name]
  return { ...asked, evidence }
}

/** A signed order; without a callback, because nobody listens for one. */
export function orderOf(
  tool: string,
  capability: string,
  asked: Asked,
  agent: string,
  key: PrivateJwk,
  idempotency_key: string,
): Link<'work_order', WorkOrder> {
  const request: OrderRequest = {
    requested_capability: capability,
    ...asked,
    evidence: asked.evidence ?? {},
    agent_id: agent,
    idempotency_key,
    requested_tool: tool,
    execution_mode: 'controlled_pilot',
    callback_policy: 'status_polling_only',
  }
  return signWorkOrder(makeWorkOrder(request), key)
}

/** Every `issued_at` moved by the same time, so that what was fresh is fresh. */
function moved(value: Json, ms: number): Json {
  if (Array.isArray(value)) return value.map((item) => moved(item, ms))
  if (typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const time = name === 'issued_at' && typeof member === 'string' ? Date.parse(member) : NaN
      return [name, Number.isNaN(time) ? moved(member, ms) : new Date(time + ms).toISOString()]
    }),
  )
}
