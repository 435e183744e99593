import { type AnswerOf, doorUrl, type ListedAct, type QueryOf } from '@prooftrail/contracts/doors'
import { bareTable } from '../bare-table.ts'
import { ask } from '../http.ts'
import { colour, type Output } from '../output.ts'
import { serviceUrl } from '../world.ts'
import { sayMore } from './runs.ts'

/** What the trail of acts is selected by, as the console's door takes it. */
export type ActFilter = QueryOf<'GET /v1/acts'>

const HEAD = ['when', 'who', 'what', 'on', 'answer', 'reason', 'way on']

/** Acts with their answers, newest first, each with the command that shows more. */
export async function acts(filter: ActFilter, out: Output): Promise<void> {
  const url = doorUrl(serviceUrl('console'), 'GET /v1/acts', {}, filter)
  const { body } = await ask<AnswerOf<'GET /v1/acts'>>('GET', url)
  const rows = body.acts.map((act) => ({ ...act, way_on: wayOnOfAct(act) }))
  out.document({ ...body, acts: rows })
  const table = bareTable(HEAD)
  for (const { at, by, action, code = '', answer, reason = '', way_on, ...act } of rows) {
    const on = act.work_order_id ?? act.batch_id ?? act.parked_id ?? ''
    table.push([at, by, action, on, `${answer} ${code}`.trim(), reason, colour.dim(way_on)])
  }
  out.say(rows.length === 0 ? 'no such act' : table.toString())
  sayMore(body.next_cursor, 'acts', out)
}

/** The command that shows what was acted on. */
export function wayOnOfAct({ work_order_id, batch_id, parked_id }: ListedAct): string {
  if (work_order_id !== undefined) return `prooftrail report ${work_order_id}`
  if (batch_id !== undefined) return `prooftrail batch show ${batch_id}`
  return `prooftrail parked show ${parked_id ?? ''}`
}
