import { CODE_TABLE } from '@prooftrail/contracts'
import type { Row } from './row.ts'
import type { ParkedRows } from './tools.ts'

/** What the agent of a run is told of a parked message: nothing of its contents. */
export interface ToldOfParked
  extends Pick<
    Row,
    'parked_id' | 'state' | 'code' | 'service' | 'topic' | 'since' | 'times' | 'blocks'
  > {
  title: string
  what_to_do: string
}

const MOST = 100

/**
 * What of a run is parked, oldest first: what services wrote about it, and what its agent or its tool
 * signed. What a stranger says is about it is not among it.
 */
export async function toldOf(
  { work_order_id }: { work_order_id: string },
  rows: Pick<ParkedRows, 'page'>,
): Promise<{ work_order_id: string; parked: ToldOfParked[] }> {
  const found = await rows.page({ document: work_order_id }, { limit: MOST })
  return {
    work_order_id,
    parked: found.map(({ parked_id, state, code, service, topic, since, times, blocks }) => {
      const { title = code, action = '' } = CODE_TABLE[code] ?? {}
      const what_to_do = state === 'open' ? action : 'Nothing.'
      return { parked_id, state, code, service, topic, since, times, blocks, title, what_to_do }
    }),
  }
}
