import { type AnswerOf, doorUrl, type QueryOf, type RunRow } from '@prooftrail/contracts/doors'
import { bareTable } from '../bare-table.ts'
import { ask } from '../http.ts'
import { colour, type Output } from '../output.ts'
import { serviceUrl } from '../world.ts'
import { wayOnOfRun, wayOnOfTicket } from './way-on.ts'

/** What a list of runs is selected by, as the console's door takes it. */
export type RunFilter = QueryOf<'GET /v1/runs'>

type Runs = AnswerOf<'GET /v1/runs'>

const HEAD = ['work order', 'state', 'waits for', 'tool', 'agent', 'result', 'way on']

/** Runs, newest change first unless asked otherwise, each with the command that helps. */
export async function runs(filter: RunFilter, out: Output): Promise<void> {
  const body = await page(filter)
  const rows = body.runs.map((run) => ({ ...run, way_on: wayOnOfRun(run) }))
  out.document({ ...body, runs: rows })
  const table = bareTable(HEAD)
  for (const { way_on, ...run } of rows) table.push([...cells(run), colour.dim(way_on)])
  out.say(rows.length === 0 ? 'no such run' : table.toString())
  sayMore(body.next_cursor, 'runs', out)
}

function cells(run: RunRow): string[] {
  const { work_order_id, lifecycle_state, waits_for, requested_tool, agent_id } = run
  const { result_status = '' } = run
  return [
    ...[work_order_id, lifecycle_state, waits_for],
    ...[requested_tool ?? '', agent_id ?? '', result_status],
  ]
}

/** What tickets are selected by. */
export interface ExceptionFilter extends Pick<RunFilter, 'tool' | 'agent' | 'limit' | 'cursor'> {
  type?: RunFilter['ticket']
  state?: RunFilter['state']
}

type Ticket = AnswerOf<'GET /v1/tasks/:token/exceptions'>['exceptions'][number]

/** Open tickets of the runs that wait for somebody to settle them, each with the command that helps. */
export async function exceptions(filter: ExceptionFilter, out: Output): Promise<void> {
  const { type, state, ...others } = filter
  // a ticket of a type is open in other states too: an order that waits for credits has one
  const wanted = type === undefined ? { state: state ?? 'exception_open' } : { ticket: type }
  const { runs: found, next_cursor } = await page({
    ...(state === undefined ? {} : { state }),
    ...wanted,
    ...others,
  })
  const open = (await Promise.all(found.map(ticketsOf))).flat()
  const rows = open
    .filter(({ exception_type }) => type === undefined || exception_type === type)
    .map((ticket) => ({ ...ticket, way_on: wayOnOfTicket(ticket) }))
  out.document({ exceptions: rows, ...(next_cursor === undefined ? {} : { next_cursor }) })
  const table = bareTable(['work order', 'type', 'severity', 'since', 'missing', 'way on'])
  for (const {
    work_order_id,
    exception_type,
    severity,
    created_at,
    missing_items = [],
    way_on,
  } of rows) {
    const missing = missing_items.join(', ')
    table.push([work_order_id, exception_type, severity, created_at, missing, colour.dim(way_on)])
  }
  const none =
    type === undefined && state === undefined
      ? 'no ticket waits for somebody to settle it; others: --type or --state'
      : 'no such ticket is open'
  out.say(rows.length === 0 ? none : table.toString())
  sayMore(next_cursor, 'exceptions', out)
}

async function ticketsOf({ work_order_id: token }: RunRow): Promise<Ticket[]> {
  const url = doorUrl(serviceUrl('console'), 'GET /v1/tasks/:token/exceptions', { token })
  const { body } = await ask<AnswerOf<'GET /v1/tasks/:token/exceptions'>>('GET', url)
  return body.exceptions.filter(({ settled }) => !settled)
}

async function page(filter: RunFilter): Promise<Runs> {
  const url = doorUrl(serviceUrl('console'), 'GET /v1/runs', {}, filter)
  return (await ask<Runs>('GET', url)).body
}

/** Where a list goes on. */
export function sayMore(next: string | undefined, list: string, out: Output): void {
  if (next === undefined) return
  out.say(colour.dim(`more: prooftrail ${list} … --cursor ${next}`))
}
