import { createTopics, registerSchemas } from '@prooftrail/contracts'
import { type Stack, startStack } from '@prooftrail/stack'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HostConfig } from './config.ts'
import { mongodDialect } from './documents/dialect.ts'
import { standInDialect } from './documents/stand-in-dialect.ts'
import { openWorld, until } from './real-toy.fixtures.ts'
import type { Running } from './run-service.ts'
import { StopIncomplete } from './shutdown.ts'

const receipts = 'settlement-receipt.issued'
let stack: Stack

beforeAll(async () => {
  stack = await startStack({ ephemeral: true, source: 'embedded' })
  const kafka = new Kafka({ brokers: stack.kafka.brokers, logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  await Promise.all([createTopics(admin, { partitions: 4 }), registerSchemas(stack.registry)])
  await admin.disconnect()
})

afterAll(() => stack.stop())

function config(): HostConfig {
  const dialect = stack.mongodb.standIn ? standInDialect : mongodDialect
  return {
    kafka: { brokers: stack.kafka.brokers, ssl: false },
    registry: { url: stack.registry.url },
    mongodb: { url: stack.mongodb.url, database: '', dialect },
    saveWithinMs: 200,
    stopWithinMs: 20_000,
    logLevel: 'silent',
    host: '127.0.0.1',
    access: { open: true },
  }
}

async function statusOf({ url }: Running, path: string): Promise<number> {
  return (await fetch(`${url}${path}`)).status
}

describe('outages', () => {
  it('given a database that is away, then the round is held, alive but not ready, and goes on when it is back', async () => {
    const world = await openWorld(config())
    const running = await world.start()
    await world.send('a', '1')
    await until(async () => expect((await world.state('a'))?.receipts).toBe(1))
    await stack.parts?.mongodb.kill('SIGTERM')
    for (let n = 2; n <= 20; n += 1) await world.send('a', String(n))
    await until(async () => expect(await statusOf(running, '/readyz')).toBe(503))
    expect(await statusOf(running, '/healthz')).toBe(200)
    await stack.parts?.mongodb.restart()
    await until(async () => expect((await world.state('a'))?.receipts).toBe(20))
    await until(async () => expect(await statusOf(running, '/readyz')).toBe(200))
    await until(() => {
      const ids = world.said(receipts).map(({ headers }) => String(headers.ce_id))
      expect(new Set(ids).size).toBe(20)
    })
  })

  it('given a broker that is away, then what is saved goes out when it is back, and consuming goes on', async () => {
    const world = await openWorld(config())
    const running = await world.start()
    // A due time comes once what was on the topic at the start has been read (loop.ts, L5).
    await world.send('first', 'later')
    await until(async () => expect((await world.state('first'))?.receipts).toBe(1))
    await world.send('a', 'later')
    await until(async () => expect((await world.state('a'))?.due_at).toBeDefined())
    await stack.parts?.kafka.kill('SIGTERM')
    // The due time comes, is saved, and cannot be published.
    await until(async () => expect((await world.state('a'))?.receipts).toBe(1))
    await until(async () => expect(await statusOf(running, '/readyz')).toBe(503))
    expect(await statusOf(running, '/healthz')).toBe(200)
    await stack.parts?.kafka.restart()
    await until(async () => expect(await statusOf(running, '/readyz')).toBe(200), 45_000)
    await until(() => world.send('b', '1'))
    await until(async () => expect((await world.state('b'))?.receipts).toBe(1), 45_000)
  }, 120_000)

  it('given a database that is killed under load, when service and database start again, then nothing is lost or said twice', async () => {
    const world = await openWorld(config())
    const first = await world.start()
    const send = async (from: number, to: number) => {
      for (let n = from; n < to; n += 1) await world.send(`a${n % 10}`, String(n))
    }
    await send(0, 100)
    await until(() => expect(world.said(receipts).length).toBeGreaterThan(50))
    const sending = send(100, 200)
    await stack.parts?.mongodb.kill('SIGKILL')
    await sending
    // without the database it ends in its time, and says what it left
    await first.stop().catch((error: unknown) => expect(error).toBeInstanceOf(StopIncomplete))
    await stack.parts?.mongodb.restart()
    await world.start()
    await until(async () => {
      const states = await Promise.all(Array.from({ length: 10 }, (_, n) => world.state(`a${n}`)))
      for (const state of states) expect(state?.receipts).toBe(20)
    })
    await until(() => {
      const said = world.said(receipts)
      expect(new Set(said.map(({ headers }) => String(headers.ce_id))).size).toBe(200)
      const named = said.map(({ value }) => value.object.settlement_id)
      expect(new Set(named).size).toBe(200)
    })
  })
})
