import { ask } from '../http.ts'
import { colour, type Output, pad } from '../output.ts'
import { serviceUrl } from '../world.ts'

/** How many runs stand where, and which of each state has waited longest, as the console tells it. */
interface QueueAnswer {
  lifecycle_counts: Record<string, number>
  waiting: number
  open_exceptions: number
  oldest_waiting: { lifecycle_state: string; work_order_id: string; seconds: number }[]
}

/** Prints the console's view of all runs. */
export async function queue(out: Output): Promise<void> {
  const { body } = await ask<QueueAnswer>('GET', `${serviceUrl('console')}/v1/queue`)
  out.document(body)
  out.say(`${body.waiting} wait for a service, ${body.open_exceptions} for somebody to settle them`)
  const oldest = new Map(body.oldest_waiting.map((one) => [one.lifecycle_state, one]))
  for (const [state, count] of Object.entries(body.lifecycle_counts)) {
    if (count === 0) continue
    const first = oldest.get(state)
    const since = first ? `oldest ${first.work_order_id}, ${first.seconds} s` : ''
    out.say(`  ${pad(state, 20)} ${String(count).padStart(6)}  ${colour.dim(since)}`.trimEnd())
  }
}
