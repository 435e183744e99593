import { checkHttpBody, type WorkOrder, type WorkOrderLink } from '@prooftrail/contracts'
import { Link, TrailError, verifiedLinks, type WireLink } from '@prooftrail/trail'
import { parseStrict } from '@prooftrail/trail/encoding'
import { authenticityFault, formFault, keyOfOrder } from './authenticate.ts'
import type { Fault } from './codes.ts'
import { describeFaults } from './describe-faults.ts'
import { MAX_ORDER_BYTES } from './policy.ts'
import type { Registry } from './registry.ts'
import type { State } from './state.ts'

/** What the door says to an order before the loop judges it. */
export type Reception =
  | { outcome: 'fresh'; link: WorkOrderLink }
  /** The very same order was decided already. */
  | { outcome: 'known'; link: WorkOrderLink }
  | Refused

export interface Refused {
  outcome: 'refused'
  fault: Fault
  /** Digest of the order that holds the id. */
  firstDigest?: string
}

export interface Reading {
  registry: Registry
  stateOf(workOrderId: string): Promise<State | undefined>
  /** RFC 3339. */
  at: string
}

/**
 * Judges form, size and signature of the body of a request; the loop judges everything again.
 * @param body the bytes of the signed link { object, after, key_id, signature } as JSON
 */
export async function receiveOrder(body: Uint8Array, reading: Reading): Promise<Reception> {
  const parsed = parseLink(body)
  if ('outcome' in parsed) return parsed
  const { link } = parsed
  const form = formFault(link)
  if (form) return { outcome: 'refused', fault: form }
  const { agent_id, work_order_id } = link.object
  const bytes = Buffer.byteLength(link.text)
  if (bytes > MAX_ORDER_BYTES) return refused('PT-1009', `${bytes} bytes as JSON`)

  const { agents } = await reading.registry.find({ agents: [agent_id], tools: [] })
  const agent = agents.get(agent_id)
  if (!agent) return refused('PT-1003', `${agent_id} is not registered`)
  const verified = await verifiedLinks([link], () => keyOfOrder(link, agent))
  const fault = authenticityFault(link, agent, reading.at, verified)
  if (fault) return { outcome: 'refused', fault }

  const state = await reading.stateOf(work_order_id)
  if (state?.status !== 'order') return { outcome: 'fresh', link }
  if (state.digest === link.digest) return { outcome: 'known', link }
  return { ...refused('PT-1008', `${work_order_id} is another order`), firstDigest: state.digest }
}

function parseLink(body: Uint8Array): { link: WorkOrderLink } | Refused {
  let value: unknown
  try {
    value = parseStrict(body)
  } catch (error) {
    if (!(error instanceof TrailError)) throw error
    return refused('PT-1010', `${error.code}: ${error.message}`)
  }
  const faults = checkHttpBody('work-order', value)
  if (faults.some(({ path }) => !path.startsWith('/object/'))) {
    return refused('PT-1010', describeFaults(faults, 'body'))
  }
  const version = faults.filter(({ path }) => path === '/object/schema_version')
  if (version.length > 0) return refused('PT-1021', describeFaults(version, 'body'))
  if (faults.length > 0) return refused('PT-1020', describeFaults(faults, 'body'))
  // the schema is that of a signed work order
  return { link: Link.fromWire('work_order', value as WireLink<WorkOrder>) }
}

function refused(code: Fault['code'], detail: string): Refused {
  return { outcome: 'refused', fault: { code, detail } }
}
