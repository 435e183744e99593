import { topicFor, type WorkOrderSubmitted } from '@prooftrail/contracts'
import { digestOfBytes } from '@prooftrail/trail/encoding'

/** A message as a Kafka producer takes it. */
export interface OrderMessage {
  key: string
  value: Buffer
  headers: Record<string, string>
}

/**
 * The message of an order: the work order's id as key, and CloudEvents 1.0 headers (Kafka binary
 * mode) with a W3C traceparent, which begins the trace. All of it follows from the order, so that
 * an order said twice is the same message.
 * @param value the framed Avro bytes of the order
 */
export function messageOf({ object }: WorkOrderSubmitted, value: Buffer): OrderMessage {
  const { work_order_id, agent_id, issued_at } = object
  const id = hexOf(value)
  const trace = hexOf(Buffer.from(work_order_id)).slice(0, 32)
  return {
    key: work_order_id,
    value,
    headers: {
      ce_specversion: '1.0',
      ce_id: id,
      ce_source: `/agents/${encodeURIComponent(agent_id)}`,
      ce_type: topicFor('work-order.submitted'),
      ce_time: issued_at,
      ce_subject: work_order_id,
      traceparent: `00-${trace}-${id.slice(0, 16)}-01`,
    },
  }
}

function hexOf(bytes: Uint8Array): string {
  return digestOfBytes(bytes).slice('sha256:'.length)
}
