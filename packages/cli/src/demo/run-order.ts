import { randomUUID } from 'node:crypto'
import { basename, relative } from 'node:path'
import {
  followTask,
  makeWorkOrder,
  type OrderRequest,
  signWorkOrder,
  type TaskEvent,
} from '@prooftrail/agent-sdk'
import { type PrivateJwk, parseKeySet, verifyTrail } from '@prooftrail/trail'
import { checkout } from '../checkout.ts'
import { runPage } from '../commands/console.ts'
import { fetchKeys, fetchTrail } from '../commands/trail.ts'
import { eventLine, reasonLines } from '../commands/watch.ts'
import { readJsonFile } from '../files.ts'
import { colour, mark, type Output } from '../output.ts'
import { trailTree, verdictLines } from '../trail-tree.ts'
import { serviceUrl } from '../world.ts'
import type { DemoOrder } from './orders.ts'

/** A run that was shown: its newest bundle, and whether that verified as expected. */
export interface Shown {
  id: string
  bundle: unknown
  ok: boolean
}

/** What every order of the demo is sent with. */
export interface OrderContext {
  agent: string
  out: Output
  own: PrivateJwk
  receiver: string
  publish(signed: ReturnType<typeof signWorkOrder>): Promise<void>
}

/** Sends an order, tells what happens to it, and verifies its trail. */
export async function runOrder(order: DemoOrder, context: OrderContext): Promise<Shown> {
  const { id } = await followOrder(order, context)
  const bundle = await fetchTrail(id)
  return { id, bundle, ok: await showTrail(bundle, order.expect, context.out) }
}

/** Sends an order and tells what happens to it, until its trail is sealed. */
export async function followOrder(
  order: DemoOrder,
  context: OrderContext,
): Promise<{ id: string; started: number }> {
  const { out, publish } = context
  const file = relative(checkout, order.file)
  out.say(`${colour.bold(order.title)} ${colour.dim(file)}`)
  // The examples are requests; makeWorkOrder completes them.
  const request = readJsonFile(order.file) as OrderRequest
  const signed = signWorkOrder(
    makeWorkOrder({
      ...request,
      agent_id: context.agent,
      callback_url: request.callback_url ?? context.receiver,
      idempotency_key: `${basename(order.file, '.json')}-${randomUUID()}`,
    }),
    context.own,
  )
  const id = signed.object.work_order_id
  const started = Date.now()
  await publish(signed)
  out.say(eventLine(fact('agent', `signed and published ${id}`, started), started))
  out.say(colour.dim(`${' '.repeat(12)}${runPage(serviceUrl('console'), id)}`))
  const following = followTask(id, { console: serviceUrl('console'), everyMs: 40 })
  let next = await following.next()
  for (; !next.done; next = await following.next()) out.say(eventLine(next.value, started))
  for (const line of reasonLines(next.value)) out.say(line)
  return { id, started }
}

/** Prints a trail and its verdict; answers whether it verifies as expected. */
export async function showTrail(bundle: unknown, expect: string, out: Output): Promise<boolean> {
  const keys = parseKeySet(await fetchKeys())
  const before = performance.now()
  const verdict = verifyTrail(bundle, keys)
  const took = performance.now() - before
  out.say('')
  for (const line of trailTree(verdict)) out.say(`  ${line}`)
  for (const line of verdictLines(verdict, took)) out.say(`  ${line}`)
  if (verdict.ok && verdict.verdict !== expect) out.say(`  ${mark('no')} expected ${expect}`)
  out.say('')
  return verdict.ok && verdict.verdict === expect
}

function fact(stage: string, summary: string, at: number): TaskEvent {
  return { sequence: 0, type: stage, at: new Date(at).toISOString(), stage, summary }
}
