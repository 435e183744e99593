import type { AnswerOf } from '@prooftrail/contracts/doors'
import { bareTable } from '../bare-table.ts'
import { ask } from '../http.ts'
import { colour, type Output } from '../output.ts'
import { serviceUrl } from '../world.ts'

type Queue = AnswerOf<'GET /v1/queue'>

/** Prints the console's view of all runs: how many stand where, by tool, and which stand still. */
export async function queue(out: Output): Promise<void> {
  const { body } = await ask<Queue>('GET', `${serviceUrl('console')}/v1/queue`)
  out.document(body)
  for (const part of queueParts(body)) out.say(part)
}

/** The same for people, part by part: tables whose columns stand under each other. */
export function queueParts(body: Queue): string[] {
  const counted = Object.entries(body.lifecycle_counts).filter(([, count]) => count > 0)
  const watched = body.monitor.filter(({ runs, processed }) => runs > 0 || processed > 0)
  return [
    `${body.waiting} wait for a service, ${body.open_exceptions} for somebody to settle them`,
    ...(counted.length > 0 ? [statesOf(counted, body.oldest_waiting)] : []),
    ...(watched.length > 0 ? [`\n${monitorOf(watched)}`] : []),
    ...(body.stuck > 0 ? [`\n${body.stuck} stuck\n${stuckOf(body.stuck_runs)}`] : []),
  ]
}

function statesOf(counted: [string, number][], waiting: Queue['oldest_waiting']): string {
  const oldest = new Map<string, Queue['oldest_waiting'][number]>(
    waiting.map((one) => [one.lifecycle_state, one]),
  )
  const table = bareTable(['state', right('runs', 6), 'oldest', ''])
  for (const [state, count] of counted) {
    const first = oldest.get(state)
    const age = first ? span(first.seconds) : ''
    table.push([state, right(count, 6), colour.dim(first?.work_order_id ?? ''), age])
  }
  return table.toString()
}

/** Per tool and state; times are ages, and until when nothing needs to be done. */
function monitorOf(rows: Queue['monitor']): string {
  const names = ['runs', 'came', 'went', 'stuck', 'ready']
  const head = ['tool', 'state', ...names.map((name) => right(name, 6))]
  const table = bareTable([...head, 'last', 'next', 'heartbeat', 'why'])
  for (const row of rows) {
    const { requested_tool, state, runs, processed, advanced, stuck, retry_ready } = row
    const numbers = [runs, processed, advanced, stuck, retry_ready].map((n) => right(n, 6))
    const why = row.stuck_reasons.map((one) => `${one.reason} (${one.runs})`).join(', ')
    const help = row.recommended_action === undefined ? '' : ` → ${row.recommended_action}`
    table.push([
      ...[requested_tool, state, ...numbers],
      ...[clock(row.last_at), clock(row.next_at), heartbeat(row), colour.dim(`${why}${help}`)],
    ])
  }
  return table.toString()
}

function stuckOf(stuck: Queue['stuck_runs']): string {
  const table = bareTable(['work order', 'state', 'reason', 'since', 'way on'])
  for (const one of stuck) {
    const { work_order_id, state, stuck_reason, seconds } = one
    const help = colour.dim(one.command ?? one.recommended_action)
    table.push([work_order_id, state, stuck_reason, span(seconds), help])
  }
  return table.toString()
}

function heartbeat({ heartbeat: how, heartbeat_at: at }: Queue['monitor'][number]): string {
  return how === undefined ? '' : `${how === 'late' ? 'late' : 'on time'} ${clock(at)}`
}

/** A time as people compare them: UTC, the day where it is not today's. */
function clock(at: string | undefined): string {
  if (at === undefined || at === '') return ''
  const isToday = at.slice(0, 10) === new Date().toISOString().slice(0, 10)
  return isToday ? at.slice(11, 19) : at.slice(0, 16).replace('T', ' ')
}

function span(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`
}

function right(value: string | number, width: number): string {
  return String(value).padStart(width)
}
