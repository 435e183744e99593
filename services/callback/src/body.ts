import type { Json, UsageReceiptIssued } from '@prooftrail/contracts'
import { type BundleLink, bundleLink, type Link, type Ref } from '@prooftrail/trail'
import { canonicalize, digestOfBytes } from '@prooftrail/trail/encoding'

/** A callback's body is under 1 MB (wire format section 8), in bytes of UTF-8. */
export const MAX_BODY_BYTES = 1_000_000

/** Public base addresses, without a slash at the end. */
export interface Addresses {
  /** Where tasks are read (the console's read API). */
  results: string
  /** Where trails are read (attestation). */
  trails: string
}

/** The bytes of a callback, the same at every attempt. */
export interface Body {
  /** JCS text. */
  text: string
  /** `sha256:<hex>` over its UTF-8 bytes. */
  hash: string
  event_type: string
  /** The objects that the callback reports: result contract and usage receipt. */
  reports: Ref[]
}

/**
 * Builds the body of a callback: the agent_callback_payload with the result contract, the
 * receipts and their links, so that the receiver can check it alone. A function of the event and
 * the public addresses only: said again, the bytes are the same.
 *
 * A body that would reach 1 MB leaves out, in this order and only as far as needed, what the rest
 * still holds or leads to, and names it in `left_out`: `result_package` (it is in the contract),
 * `result_contract` (it is in its envelope), then that envelope (`trail_url` leads to it).
 * @param due whether an attempt will be made (callback_status pending, else ready)
 */
export function buildBody(event: UsageReceiptIssued, addresses: Addresses, due: boolean): Body {
  const payload = payloadOf(event, addresses, due)
  const text = firstThatFits(payload)
  const reports = payload.links
    .filter(({ name }) => name !== 'settlement_receipt')
    .map(({ name, digest }) => ({ name, digest }))
  return { text, hash: digestOfBytes(text), event_type: payload.event_type, reports }
}

function payloadOf(event: UsageReceiptIssued, addresses: Addresses, due: boolean) {
  const contract = event.result_contract.object
  const receipt = event.usage_receipt.object
  const task = `${addresses.results}/v1/tasks/${encodeURIComponent(contract.task_token)}`
  return {
    payload_type: 'agent_callback_payload',
    event_type: `task_result_${contract.result_status}`,
    callback_event_id: event.callback.callback_event_id,
    work_order_id: event.work_order_id,
    agent_task_run_id: contract.agent_task_run_id,
    requested_tool: contract.requested_tool,
    requested_capability: contract.requested_capability,
    result_status: contract.result_status,
    result_url: `${task}/result-contract`,
    receipt_url: `${task}/usage-receipt`,
    trail_url: `${addresses.trails}/v1/trails/${encodeURIComponent(event.work_order_id)}`,
    issued_at: receipt.issued_at,
    delivery: { callback_status: due ? 'pending' : 'ready', attempt_count: 0 },
    sealed: false,
    result_contract: contract,
    usage_receipt: receipt,
    result_package: contract.machine_result.result_package,
    links: linksOf(event),
  }
}

function linksOf(event: UsageReceiptIssued): BundleLink[] {
  const { result_contract, settlement_receipt, usage_receipt } = event
  const links: Link[] = [
    result_contract,
    ...(settlement_receipt ? [settlement_receipt] : []),
    usage_receipt,
  ]
  return links.map((link) => bundleLink({ name: link.kind, link }))
}

function firstThatFits(payload: ReturnType<typeof payloadOf>): string {
  const whole = canonicalize(payload)
  if (fits(whole)) return whole
  const { result_package: _package, ...lighter } = payload
  const second = canonicalize({ ...lighter, left_out: ['result_package'] })
  if (fits(second)) return second
  const { result_contract: _contract, ...light } = lighter
  const third = canonicalize({ ...light, left_out: ['result_package', 'result_contract'] })
  if (fits(third)) return third
  const links = light.links.filter(({ name }) => name !== 'result_contract')
  const left_out: Json = ['result_package', 'result_contract', 'links/result_contract']
  return canonicalize({ ...light, links, left_out })
}

function fits(text: string): boolean {
  return Buffer.byteLength(text) < MAX_BODY_BYTES
}
