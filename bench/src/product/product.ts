import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPublisher } from '@prooftrail/agent-sdk'
import { topicFor, type WorkOrderSubmitted } from '@prooftrail/contracts'
import { parseKeySet, verifyTrail } from '@prooftrail/trail'
import { startChild } from '../child.ts'
import type { Running } from '../floor/floor.ts'
import { listenKeys, openKafka } from '../kafka.ts'
import type { Feed } from '../load.ts'
import { wayTopic } from '../recording.ts'
import { type Agent, makeAgent } from './agents.ts'
import { call } from './http.ts'
import type { WorldPlace, WorldPlan } from './process.ts'
import { startReceiver } from './receiver.ts'
import { threeTools, tokenopsAlone } from './workload.ts'

/** The product under way. */
export interface RunningProduct extends Running {
  place: WorldPlace
  /** Lets one agent's single account take all orders from now on, or all agents' again. */
  useHot(hot: boolean): void
  /** Starts a CPU profile of the services' process; what it answers ends and writes it. */
  profile(): Promise<(file: string) => Promise<void>>
  /** Sends one prepared order through the HTTP door, once. */
  post(id: string): Promise<{ status: number; retryAfter: number | undefined }>
  /** Fetches and verifies the trails of some finished orders; answers the faults. */
  verifySome(count: number): Promise<string[]>
  callbacks(): number
}

/** Starts the stack and the real services, with registered agents that have credits. */
export async function startProduct(
  options: Omit<WorldPlan, 'callbackPort' | 'dir' | 'tools'> & { agents: number; mix?: boolean },
): Promise<RunningProduct> {
  const { agents: agentCount, mix = false, ...world } = options
  const workload = mix ? threeTools : tokenopsAlone
  const dir = await mkdtemp(join(tmpdir(), 'prooftrail-bench-'))
  const receiver = await startReceiver()
  const child = startChild('product/process', 64)
  const tools = [...new Set(workload.map(({ tool }) => tool))]
  const plan: WorldPlan = { ...world, dir, tools, callbackPort: receiver.port }
  const place = await child.ask<WorldPlace>({ type: 'start', plan })
  const { urls } = place
  const kafka = { brokers: place.brokers }
  const registry = { url: place.registry }
  const publisher = await openPublisher({ kafka, registry })
  const run = Date.now().toString(36)
  const names = Array.from({ length: agentCount }, (_, i) => `agent_bench_${run}_${i}`)
  const agents: Agent[] = await Promise.all(names.map((name) => makeAgent(urls, name)))
  const orders = new Map<string, WorkOrderSubmitted>()
  const toolOf = new Map<string, string>()
  const finished: string[] = []
  let using = agents
  let turn = 0
  const feed: Feed = {
    onDone: () => {},
    ...(mix ? { toolOf: (id: string) => toolOf.get(id) ?? 'unknown' } : {}),
    prepare: (count) =>
      Array.from({ length: count }, () => {
        const agent = using[turn % using.length]
        const wanted = workload[turn % workload.length]
        turn += 1
        if (!agent || !wanted) throw new Error('there is no agent, or no work')
        const order = agent.order(wanted.asked, receiver.url)
        const id = order.object.work_order_id
        if (mix) toolOf.set(id, wanted.tool)
        orders.set(id, order)
        return id
      }),
    async send(ids) {
      const wanted = ids.flatMap((id) => orders.get(id) ?? [])
      for (const id of ids) orders.delete(id)
      await publisher.publish(...wanted)
    },
  }
  const bus = openKafka(kafka.brokers, 'bench-driver')
  const silence = await listenKeys(bus, topicFor('trail.attested'), (id) => {
    finished.push(id)
    if (finished.length > 10_000) finished.splice(0, 5_000)
    feed.onDone(id)
    toolOf.delete(id)
  })
  return {
    feed,
    place,
    way: { kafka: bus, topicOf: wayTopic },
    roles: {
      work: [child.pid],
      servers: Object.values(place.servers),
      parts: { ...place.services, ...place.servers },
    },
    useHot(hot) {
      using = hot ? agents.slice(0, 1) : agents
    },
    async post(id) {
      const body = JSON.stringify(orders.get(id))
      orders.delete(id)
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(`${urls.intake}/v1/work-orders`, { method: 'POST', headers, body })
      await answer.arrayBuffer()
      const seconds = answer.headers.get('retry-after')
      return { status: answer.status, retryAfter: seconds === null ? undefined : Number(seconds) }
    },
    async profile() {
      await child.ask({ type: 'profile' })
      return (file) => child.ask({ type: 'profiled', file })
    },
    async verifySome(count) {
      const keys = parseKeySet(await call(`GET`, `${urls.attestation}/keys.json`))
      const step = Math.max(1, Math.floor(finished.length / count))
      const faults: string[] = []
      for (let i = 0; i < finished.length; i += step) {
        const id = finished[i]
        const verdict = verifyTrail(await call('GET', `${urls.attestation}/v1/trails/${id}`), keys)
        const isWanted = verdict.verdict === 'ready' || (mix && verdict.verdict === 'partial')
        if (!verdict.ok || !isWanted) {
          faults.push(`${id}: ${verdict.verdict} ${JSON.stringify(verdict.problems[0])}`)
        }
      }
      return faults
    },
    callbacks: receiver.count,
    async stop() {
      await Promise.allSettled([silence(), publisher.close()])
      await child.stop()
      await receiver.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
