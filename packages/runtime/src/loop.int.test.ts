import { topicFor } from '@prooftrail/contracts'
import { describe, expect, it } from 'vitest'
import { openWorld, until, type World } from './real-toy.fixtures.ts'
import { type ToyInput, toyEffect } from './rounds/toy.fixtures.ts'
import type { Input } from './service.ts'

const receipts = 'settlement-receipt.issued'

async function committedAll(world: World): Promise<void> {
  const admin = world.host.kafka.admin()
  await admin.connect()
  try {
    const topic = topicFor('funding.received')
    const ends = await admin.fetchTopicOffsets(topic)
    const [{ partitions } = { partitions: [] }] = await admin.fetchOffsets({
      groupId: `prooftrail.${world.name}`,
      topics: [topic],
    })
    const committed = new Map(partitions.map(({ partition, offset }) => [partition, offset]))
    for (const { partition, high } of ends) {
      if (high !== '0') expect(committed.get(partition)).toBe(high)
    }
  } finally {
    await admin.disconnect()
  }
}

describe('the loop on a real stack', () => {
  it('given fundings, some of them twice, then each has one receipt and the outboxes are empty', async () => {
    const world = await openWorld()
    const running = await world.start()
    for (let n = 0; n < 20; n += 1) {
      await world.send(`a${n % 5}`, String(n))
      await world.send(`a${n % 5}`, String(n))
    }
    await until(() => expect(world.said(receipts)).toHaveLength(20))
    await running.idle()
    for (let n = 0; n < 5; n += 1) expect((await world.state(`a${n}`))?.credits).toBe(40)
    const docs = await world.host.db.collection(world.name).find({}).toArray()
    expect(docs.flatMap(({ outbox }) => outbox)).toEqual([])
  })

  it('given a graceful stop, then the last round is published and its offsets are committed', async () => {
    const world = await openWorld()
    const running = await world.start()
    await Promise.all(Array.from({ length: 50 }, (_, n) => world.send(`a${n}`, '1')))
    await until(async () => expect(await world.state('a49')).toBeDefined())
    await running.stop()
    await committedAll(world)
  })

  it('given two instances on the same documents, then no funding is lost or counted twice', async () => {
    const world = await openWorld()
    const [one, two] = [await world.start(), await world.start({}, await world.connect())]
    const direct = (n: number): Input => ({
      id: `direct:${n}`,
      type: 'ran',
      at: '2026-01-01T00:00:00.000Z',
      data: { by: String(n) },
    })
    for (let n = 0; n < 30; n += 1) {
      await Promise.all([
        one.submit(world.account('a'), direct(n)),
        two.submit(world.account('a'), direct(n)),
        world.send('a', String(n)),
      ])
    }
    await until(async () => expect((await world.state('a'))?.receipts).toBe(30))
    expect((await world.state('a'))?.ran).toHaveLength(30)
    await until(() => {
      const ids = world.said(receipts).map(({ headers }) => String(headers.ce_id))
      expect(new Set(ids).size).toBe(30)
    })
  })

  it('given poison bytes and an unknown schema id, then both are parked as they were and the partition goes on', async () => {
    const world = await openWorld()
    await world.start()
    const topic = topicFor('funding.received')
    const poison = Buffer.from(`not a frame ${world.name}`)
    const unknown = Buffer.concat([Buffer.from([0, 0, 0x7f, 0xff, 0xff]), Buffer.from(world.name)])
    const headers = { 'x.$odd': Buffer.from([0xff, 0x00]) }
    for (const value of [poison, unknown]) {
      await world.host.producer.send({
        topic,
        messages: [{ key: world.account('a'), value, headers }],
      })
    }
    await world.send('a', '1')
    await until(async () => expect((await world.state('a'))?.credits).toBe(10))
    await until(() => expect(world.parked()).toHaveLength(2))
    expect(world.parked()).toMatchObject([
      {
        reason_code: 'PT-9001',
        value: poison.toString('base64'),
        headers: { 'x.$odd': '/wA=' },
      },
      { reason_code: 'PT-9002', value: unknown.toString('base64') },
    ])
  })

  it('given a message that must wait, when what it needs comes, then it is decided; else it is parked', async () => {
    const world = await openWorld()
    const known = new Set<string>()
    await world.start({ unknown: () => known.size === 0 })
    await world.send('a', 'wait 1')
    await world.send('a', 'wait 2')
    await until(() => expect(world.parked()).toHaveLength(2))
    expect(world.parked()[0]?.reason_code).toBe('PT-4002')
    await world.send('b', 'wait 3')
    await world.send('b', '4')
    await until(async () => expect((await world.state('b'))?.credits).toBe(10))
    known.add('b')
    await until(async () => expect((await world.state('b'))?.credits).toBe(20))
    const waiting = world.host.db.collection(`${world.name}.waiting`)
    await until(async () => expect(await waiting.countDocuments()).toBe(0))
  })

  it('given a due time, then it is decided then, also by an instance that starts later', async () => {
    const world = await openWorld()
    const first = await world.start()
    await world.send('a', 'later')
    await until(async () => expect((await world.state('a'))?.due_at).toBeDefined())
    await first.stop()
    await world.start()
    await until(async () => expect((await world.state('a'))?.receipts).toBe(1))
  })

  it('given an effect, when two instances meet its start, then one runs it and its outcome is kept', async () => {
    const world = await openWorld()
    const ran: string[] = []
    const instance = (by: string) => ({
      run: {
        of: toyEffect,
        concurrency: 4,
        async run({ id }: { id: string }): Promise<ToyInput> {
          ran.push(id)
          const at = new Date().toISOString()
          return { id: `ran:${id}`, type: 'ran', at, data: { by } }
        },
      },
    })
    await world.start(instance('one'))
    await world.start(instance('two'), await world.connect())
    await Promise.all(Array.from({ length: 12 }, (_, n) => world.send(`a${n}`, `act ${n}`)))
    await until(async () => {
      for (let n = 0; n < 12; n += 1) expect((await world.state(`a${n}`))?.ran).toHaveLength(1)
    })
    expect(ran.sort()).toEqual(Array.from({ length: 12 }, (_, n) => `act ${n}`).sort())
  })

  it('given a process that died after its save, then the next one publishes the same bytes', async () => {
    const world = await openWorld()
    const dying = await world.connect()
    const running = await world.start({}, dying)
    await world.send('a', '1')
    await until(() => expect(world.said(receipts)).toHaveLength(1))
    // Its broker connection is gone for good; the save still works.
    dying.producer.sendBatch = async () => Promise.reject(new Error('died'))
    await world.send('a', '2')
    await until(async () => expect((await world.state('a'))?.receipts).toBe(2))
    expect(world.said(receipts)).toHaveLength(1)
    await running.stop()
    await world.start()
    await until(() => expect(world.said(receipts)).toHaveLength(2))
    expect((await world.state('a'))?.receipts).toBe(2)
  })

  it('given a decision that keeps failing, when it is mended and sent again, then its document goes on', async () => {
    const world = await openWorld()
    let broken = true
    await world.start({ broken: () => broken })
    await world.send('a', 'throw')
    await world.send('a', '1')
    await until(() =>
      expect(world.parked().map(({ reason_code }) => reason_code)).toEqual(['PT-9005', 'PT-9006']),
    )
    broken = false
    for (const value of world.parked()) {
      await world.host.producer.send({
        topic: value.topic,
        messages: [
          {
            key: Buffer.from(value.key ?? '', 'base64'),
            value: Buffer.from(value.value ?? '', 'base64'),
          },
        ],
      })
    }
    await until(async () => expect((await world.state('a'))?.credits).toBe(20))
  })
})
