import { type OrderPublisher, openPublisher } from '@prooftrail/agent-sdk'
import {
  type ExecutionCommand,
  type ExecutionProgressed,
  type Manifest,
  type Parked,
  type ResultAccepted,
  type ResultProduced,
  type TopicName,
  topicFor,
} from '@prooftrail/contracts'
import { startExecutor, type Tool } from '@prooftrail/executor-sdk'
import type { Host, Running } from '@prooftrail/runtime'
import { publicJwk, type SigningKey } from '@prooftrail/trail'
import { addAgent, provenJwk } from '../../commands/agents.ts'
import { fundAccount } from '../../commands/credits.ts'
import { type Heard, type Listener, listen } from '../bus.ts'
import { deployTopic } from '../host.ts'
import { ownJwk, signingKey } from '../keys.ts'
import { announce } from '../registry.ts'
import { type Asked, orderOf } from './orders.ts'
import { makeProbe, type Plan, type Probe, probeManifest } from './probe.ts'

/** The agent whose orders the suite sends; they and their trails stay, as all orders do. */
export const CHECK_AGENT = 'tools-check'

/** The line as the suite sees it: the probe registered and running, an agent with credits. */
export interface Stage {
  host: Host
  manifest: Manifest
  key: SigningKey
  probe: Probe
  /** Sends an order that the probe meets with this plan; answers the order's id. */
  send(what: string, asked: Asked, plan: Plan): Promise<string>
  /** The id of an order that was sent under that word. @throws Error when none was */
  sent(what: string): string
  listener: Listener
  /** The executor that runs now; `restart` stops it in mid-work and starts another. */
  executor(): Running
  restart(): Promise<void>
  close(): Promise<void>
}

/** Orders that one suite sends. */
const ORDERS = 8

export async function openStage(host: Host, tool: Tool, slowestMs: number): Promise<Stage> {
  const jwk = ownJwk(`check-${tool.manifest.tool}`)
  const manifest = probeManifest(tool.manifest, publicJwk(jwk), Date.now(), slowestMs)
  const key = signingKey(jwk, manifest.tool, 'executor')
  const probe = makeProbe(tool)
  const ends: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const end of ends.splice(0).reverse()) await end().catch(() => undefined)
  }
  try {
    await deployTopic(host, manifest.tool, { partitions: 1 })
    await announce(host, manifest, key, { forced: true }, ({ versions }) =>
      versions.some(({ version }) => version === manifest.version),
    )
    ends.push(() =>
      announce(host, manifest, key, { withdraw: true }, ({ versions }) =>
        versions.some((one) => one.version === manifest.version && one.withdrawn_at !== undefined),
      ),
    )
    const agent = ownJwk(CHECK_AGENT)
    const { account } = await addAgent(CHECK_AGENT, provenJwk(CHECK_AGENT, agent))
    await fundAccount(account, ORDERS * manifest.price.credits + 1)
    const listener = await listen(host, [
      topicFor('execution.commanded', manifest.tool),
      ...HEARD.map((name) => topicFor(name)),
    ])
    ends.push(() => listener.close())
    const { kafka, registry } = host.config
    const publisher: OrderPublisher = await openPublisher({ kafka, registry })
    ends.push(() => publisher.close())
    const start = () =>
      startExecutor(host, { manifest, execute: probe.execute, key, port: 0, announce: false })
    // what the probe's executor kept is nobody's once the suite is over
    ends.push(() => host.db.collection(`${manifest.tool}_executions`).drop())
    let running = await start()
    ends.push(() => running.stop())
    const sent = new Map<string, string>()
    const run = `${manifest.version}-${host.instance}`
    return {
      ...{ host, manifest, key, probe, listener },
      async send(what, asked, plan) {
        const [capability = ''] = manifest.capabilities
        const name = `${run}-${what}`
        const order = orderOf(manifest.tool, capability, asked, CHECK_AGENT, agent, name)
        const { work_order_id } = order.object
        probe.plan(work_order_id, plan)
        sent.set(what, work_order_id)
        await publisher.publish(order)
        return work_order_id
      },
      sent(what) {
        const id = sent.get(what)
        if (id === undefined) throw new Error(`no order was sent: ${what}`)
        return id
      },
      executor: () => running,
      async restart() {
        await running.stop()
        running = await start()
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

const HEARD: readonly TopicName[] = [
  'result.produced',
  'result.accepted',
  'execution.progressed',
  'work-order.rejected',
  'parked',
]

// What follows reads messages that their topics' schemas decoded.

/** The command of an attempt, and its bytes as dispatch wrote them. */
export async function commandOf(
  { listener }: Stage,
  id: string,
  attempt = 1,
): Promise<{ command: ExecutionCommand; heard: Heard }> {
  const isIt = ({ name, key, value }: Heard) =>
    key === id &&
    ((name === 'execution.commanded' && Object(value).object.attempt === attempt) ||
      name === 'work-order.rejected')
  const heard = await listener.find(`command ${attempt} of ${id}`, isIt)
  const { object, decision } = Object(heard.value)
  if (decision) throw new Error(`the order was refused: ${JSON.stringify(decision.object.reasons)}`)
  return { command: object as ExecutionCommand, heard }
}

export function resultsOf({ listener }: Stage, id: string): ResultProduced[] {
  const all = listener.all(({ name, key }) => name === 'result.produced' && key === id)
  return all.map(({ value }) => value as ResultProduced)
}

/** @throws Error with dispatch's words where it refuses a result of the order */
export async function acceptedOf({ listener }: Stage, id: string): Promise<ResultAccepted> {
  const { name, value } = await listener.find(
    `the accepted result of ${id}`,
    (one) => (one.name === 'result.accepted' && one.key === id) || isRefusedResult(one, id),
  )
  if (name === 'result.accepted') return value as ResultAccepted
  const { reason_code, detail } = value as Parked
  throw new Error(`dispatch refused the result: ${reason_code} ${detail}`)
}

/** A result that dispatch parked; the late one that the suite sends itself is expected (PT-2003). */
export function isRefusedResult({ name, value }: Heard, id: string, code?: string): boolean {
  if (name !== 'parked') return false
  const { document, topic, reason_code } = value as Parked
  if (document !== id || topic !== topicFor('result.produced')) return false
  return code === undefined ? reason_code !== 'PT-2003' : reason_code === code
}

export function progressOf({ listener }: Stage, id: string): ExecutionProgressed[] {
  const all = listener.all(({ name, key }) => name === 'execution.progressed' && key === id)
  return all.map(({ value }) => value as ExecutionProgressed)
}
