import { randomBytes } from 'node:crypto'
import { type EventTypes, type TopicName, topicFor } from '@prooftrail/contracts'
import type { IHeaders } from 'kafkajs'
import { onTestFinished, vi } from 'vitest'
import { type HostConfig, readHostConfig } from './config.ts'
import { connectHost, type Host, produce } from './host.ts'
import { makeLog } from './log.ts'
import {
  funding,
  makeToy,
  type ToyEvent,
  type ToyInput,
  type ToyState,
} from './rounds/toy.fixtures.ts'
import { type Running, runService } from './run-service.ts'

/** A toy service on a real stack, with names of its own; everything ends with the test. */
export interface World {
  name: string
  host: Host
  /** An account that only this world's services take. */
  account(name: string): string
  connect(): Promise<Host>
  start(options?: Parameters<typeof makeToy>[0], host?: Host): Promise<Running>
  send(account: string, reference: string, credits?: number): Promise<void>
  state(account: string): Promise<ToyState | undefined>
  /** Parked messages of this world's accounts, in order of arrival. */
  parked(): EventTypes['parked'][]
  /** What the world's services published, by topic, in order of arrival. */
  said<N extends TopicName>(name: N): { value: EventTypes[N]; headers: IHeaders }[]
}

/** @param config default: the stack of the test run */
export async function openWorld(config?: HostConfig): Promise<World> {
  const name = `toy-${randomBytes(5).toString('hex')}`
  const within = { SAVE_WITHIN_MS: '100' }
  const base = config ?? readHostConfig({ ...process.env, ...within, MONGODB_DATABASE: name })
  const used = { ...base, mongodb: { ...base.mongodb, database: name } }
  const connect = async () => {
    const host = await connectHost(used, name, makeLog(name, process.env.TOY_LOG ?? 'silent'))
    onTestFinished(() => host.close())
    return host
  }
  const host = await connect()
  onTestFinished(async () => {
    await host.db.dropDatabase().catch(() => undefined)
  })
  const heard = await listen(host, name)
  const account = (local: string) => `${name}.${local}`
  return {
    name,
    host,
    account,
    connect,
    async start(options = {}, on = host) {
      const toy = makeToy({ ...options, name })
      const own = {
        ...toy,
        route: (input: ToyInput) =>
          input.type === 'funding.received' && input.data.account.startsWith(`${name}.`)
            ? input.data.account
            : undefined,
      }
      const running = await runService<ToyState, ToyInput, ToyEvent, undefined, undefined>(
        on,
        own,
        { port: 0 },
      )
      // a test that asks how it stops has done so
      onTestFinished(() => running.stop().catch(() => undefined))
      return running
    },
    send: (local, reference, credits) =>
      produce(host, 'test', 'funding.received', funding(account(local), reference, credits)),
    async state(local) {
      const raw = await host.db
        .collection<{ _id: string; state: string }>(name)
        .findOne({ _id: account(local) })
      return raw ? JSON.parse(raw.state) : undefined
    },
    parked() {
      const all = heard('parked').map(({ value }) => value as EventTypes['parked'])
      return all.filter(({ key = '' }) =>
        Buffer.from(key, 'base64').toString().startsWith(`${name}.`),
      )
    },
    // What is heard on a topic is what its schema holds.
    said: (topic) => heard(topic) as never,
  }
}

async function listen(host: Host, name: string) {
  const topics: TopicName[] = ['settlement-receipt.issued', 'parked']
  const heard = new Map<string, { value: unknown; headers: IHeaders }[]>()
  const consumer = host.kafka.consumer({ groupId: `${name}.listener`, maxWaitTimeInMs: 100 })
  onTestFinished(() => consumer.disconnect())
  await consumer.connect()
  await consumer.subscribe({ topics: topics.map((one) => topicFor(one)), fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ topic, message: { value, headers = {} } }) => {
      if (headers.ce_source?.toString() !== `/prooftrail/${name}` || !value) return
      const decoded = await host.codec.decode(topic, value)
      heard.set(topic, [...(heard.get(topic) ?? []), { value: decoded, headers }])
    },
  })
  return (topic: TopicName) => heard.get(topicFor(topic)) ?? []
}

/** Waits for a fact. */
export function until(check: () => void | Promise<void>, ms = 30_000): Promise<void> {
  return vi.waitFor(check, { timeout: ms, interval: 25 })
}
