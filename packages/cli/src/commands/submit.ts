import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  makeWorkOrder,
  type OrderPublisher,
  type OrderRequest,
  openPublisher,
  postOrder,
  signWorkOrder,
} from '@prooftrail/agent-sdk'
import { topicFor, type WorkOrder, type WorkOrderSubmitted } from '@prooftrail/contracts'
import { findRunningStack, readAddresses, type StackAddresses } from '@prooftrail/stack'
import { Link, type PrivateJwk, thumbprint, type WireLink } from '@prooftrail/trail'
import { digestOf } from '@prooftrail/trail/encoding'
import { home } from '../checkout.ts'
import { CommandError } from '../fault.ts'
import { readJsonFile } from '../files.ts'
import { reach } from '../http.ts'
import { colour, mark, type Output } from '../output.ts'
import { serviceUrl } from '../world.ts'

export interface SubmitOptions {
  key?: string
  agent?: string
  fresh?: boolean
  http?: boolean
}

/** The stack's addresses: the environment's, else those of the running stack of this checkout. */
export async function stackAddresses(): Promise<StackAddresses> {
  const found = readAddresses(process.env) ?? (await findRunningStack(join(home, 'data')))
  if (found) return found
  throw new CommandError(
    'PT-8002',
    'no running stack found. Start one with `npm start`, or set KAFKA_BROKERS, SCHEMA_REGISTRY_URL and MONGODB_URL.',
    3,
  )
}

/** A request without an address for a callback asks for none. */
export function withCallbackPolicy<T extends object>(request: T): T {
  if ('callback_url' in request || 'callback_policy' in request) return request
  return { ...request, callback_policy: 'status_polling_only' }
}

/**
 * A signed order out of a file: a signed link as it is, or a request that is completed and signed.
 * A request without idempotency_key gets the digest of the file's content. What was signed is kept,
 * so that submitting the same file again says the same order, to the byte.
 * @param kept folder of orders that were signed here
 */
export function orderFromFile(
  path: string,
  options: SubmitOptions,
  kept = join(home, 'orders'),
): WorkOrderSubmitted {
  const value = readJsonFile(path)
  const members = Object(value)
  // Intake judges the whole order; here only its kind is told apart.
  if ('signature' in members) return value as WorkOrderSubmitted
  if (!options.key) {
    throw new CommandError(
      'PT-8006',
      `${path} is not signed: give the agent's private key with --key`,
      2,
    )
  }
  const request: OrderRequest = {
    ...withCallbackPolicy(members),
    agent_id: options.agent ?? members.agent_id,
    idempotency_key: options.fresh ? randomUUID() : (members.idempotency_key ?? digestOf(value)),
  }
  if (!request.agent_id) {
    throw new CommandError('PT-8006', `${path} names no agent_id; give --agent`, 2)
  }
  const key = readJsonFile(options.key) as PrivateJwk
  const file = join(kept, `${digestOf({ request, key: thumbprint(key) }).slice(-40)}.json`)
  // Nobody but this function writes there.
  if (existsSync(file)) {
    return Link.fromWire('work_order', readJsonFile(file) as WireLink<WorkOrder>)
  }
  const order = signWorkOrder(makeWorkOrder(request), key)
  mkdirSync(kept, { recursive: true })
  writeFileSync(file, `${JSON.stringify(order)}\n`)
  return order
}

/** Publishes to the intake topic; resolves when the broker has it. */
export async function publishOrder(order: WorkOrderSubmitted): Promise<void> {
  const { kafka, registry } = await stackAddresses()
  const publisher: OrderPublisher = await openPublisher({ kafka, registry })
  try {
    await publisher.publish(order)
  } finally {
    await publisher.close()
  }
}

/** Through the HTTP door; comes again when that says so. */
async function postThrough(
  order: WorkOrderSubmitted,
  key: PrivateJwk | undefined,
  out: Output,
): Promise<string | undefined> {
  const intake = serviceUrl('intake')
  const { status, accepted, problem } = await reach(intake, () =>
    postOrder(order, {
      intake,
      ...(key ? { key } : {}),
      onWait: (seconds) =>
        out.say(colour.dim(`  too many orders wait; again in ${seconds.toFixed(0)} s`)),
    }),
  )
  if (status === 202) return accepted?.task_token
  throw new CommandError(problem?.code ?? `HTTP ${status}`, problem?.detail ?? 'no reason given')
}

export async function submit(path: string, options: SubmitOptions, out: Output): Promise<void> {
  const order = orderFromFile(path, options)
  const id = order.object.work_order_id
  const key = options.key ? (readJsonFile(options.key) as PrivateJwk) : undefined
  let task_token: string | undefined
  if (options.http) task_token = await postThrough(order, key, out)
  else await publishOrder(order)
  const through = options.http ? 'the HTTP door' : topicFor('work-order.submitted')
  out.document({ work_order_id: id, agent_id: order.object.agent_id, through, task_token })
  out.say(`${mark('ok')} ${colour.bold(id)} submitted through ${through}`)
  out.say(colour.dim(`  follow it: prooftrail watch ${id}`))
}
