import { openCodec, topicFor } from '@prooftrail/contracts'
import { startFakeRegistry, workOrder } from '@prooftrail/testing/contracts'
import { Link } from '@prooftrail/trail'
import { pino } from 'pino'
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { readMessage } from '../consumer/read-message.ts'
import type { RoundInput } from '../round-input.ts'
import type { Input } from '../service.ts'
import type { Waiting } from './waiting-messages.ts'
import { WaitingRoom } from './waiting-room.ts'

const log = pino({ level: 'silent' })

function aMessage(
  id: string,
  { wanted, bytes = 10, ...rest }: Partial<Waiting> & { bytes?: number } = {},
): Waiting {
  return {
    ...{ id, topic: 't', partition: 0, offset: '0', key: null, headers: {} },
    ...{ value: Buffer.alloc(bytes), at: new Date().toISOString(), isClaim: true, wanted },
    ...rest,
  }
}

/** A room whose database and whose questions the test watches. */
function aRoom(known: (names: readonly string[]) => readonly string[] = () => []) {
  const kept = new Map<string, Waiting>()
  const reads: string[][] = []
  const asked: (readonly string[])[] = []
  const inputs: RoundInput<Input>[] = []
  let isReading = 0
  let mostReading = 0
  const made = new WaitingRoom<Input>({
    messages: {
      keep: async (messages) => {
        for (const one of messages) kept.set(one.id, one)
      },
      drop: async (ids) => {
        for (const id of ids) kept.delete(id)
      },
      read: async (ids) => {
        reads.push([...ids])
        return ids.flatMap((id) => kept.get(id) ?? [])
      },
    },
    read: async (origin, at) => ({
      input: { id: '', type: 'claim', at, data: origin.value?.length },
      origin,
    }),
    async enqueue(given) {
      isReading += 1
      mostReading = Math.max(mostReading, isReading)
      await new Promise((done) => setImmediate(done))
      inputs.push(...given)
      isReading -= 1
    },
    known: async (names) => {
      asked.push(names)
      return new Set(known(names))
    },
    log,
  })
  onTestFinished(() => made.stop())
  return {
    ...{ made, kept, reads, asked, inputs },
    mostReading: () => mostReading,
    async wait(...messages: Waiting[]) {
      const refusals = messages.map((one) => made.refusal(one)?.code)
      await made.keep(messages.filter((_, n) => refusals[n] === undefined))
      return refusals
    },
  }
}

const second = () => vi.advanceTimersByTimeAsync(1_000)

describe('given messages that wait', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] })
    onTestFinished(() => void vi.useRealTimers())
  })

  test('while what they wait for is unknown, it is asked for by name, once for all, and nothing is read', async () => {
    const { wait, asked, reads } = aRoom()
    await wait(...Array.from({ length: 100 }, (_, n) => aMessage(`m${n}`, { wanted: 'agent/a' })))
    await second()
    await second()
    expect(asked).toEqual([['agent/a'], ['agent/a']])
    expect(reads).toEqual([])
  })

  test('when it becomes known, then its messages are read back, and no others', async () => {
    const { wait, reads, inputs } = aRoom(() => ['agent/a'])
    await wait(aMessage('m1', { wanted: 'agent/a' }), aMessage('m2', { wanted: 'agent/b' }))
    await second()
    await vi.waitFor(() => expect(inputs.map(({ input }) => input.id)).toEqual(['m1']))
    expect(reads).toEqual([['m1']])
  })

  test('when 30 seconds are over, then a message is read back, with how long it waited', async () => {
    const { wait, inputs, reads } = aRoom()
    await wait(aMessage('m1', { wanted: 'agent/a' }))
    for (let n = 0; n < 29; n += 1) await second()
    expect(reads).toEqual([])
    await second()
    await vi.waitFor(() => expect(inputs.map(({ input }) => input.waited)).toEqual([30]))
  })

  test('when it names nothing, then it is read back less and less often, and when its time is over', async () => {
    const { wait, inputs } = aRoom()
    await wait(aMessage('m1'))
    for (let n = 0; n < 30; n += 1) {
      await second()
      await new Promise((done) => setImmediate(done))
    }
    expect(inputs.map(({ input }) => input.waited)).toEqual([1, 2, 4, 8, 16, 30])
  })

  test('when it was decided elsewhere, or here, then its place is free', async () => {
    const { made, wait, kept } = aRoom(() => ['a'])
    await wait(aMessage('m1', { wanted: 'a' }), aMessage('m2', { wanted: 'b' }))
    kept.delete('m1')
    await second()
    await vi.waitFor(() => expect(made.size).toBe(1))
    await made.drop(['m2'])
    expect(made.size).toBe(0)
    expect(kept.size).toBe(0)
  })

  test('when it goes on waiting for something else, then that is asked for', async () => {
    const { made, wait, asked } = aRoom()
    await wait(aMessage('m1', { wanted: 'agent/a' }))
    made.waits('m1', 'tool/t')
    await second()
    expect(asked).toEqual([['tool/t']])
  })

  test('when a process begins, then it takes up what another left, without its bytes', async () => {
    const { made, kept, inputs, reads } = aRoom(() => ['agent/a'])
    const left = aMessage('m1', { wanted: 'agent/a' })
    kept.set('m1', left)
    made.takeUp([{ ...left, wanted: 'agent/a', size: 10 }])
    made.takeUp([{ ...left, wanted: 'agent/a', size: 10 }])
    await second()
    await vi.waitFor(() => expect(inputs).toHaveLength(1))
    expect(reads).toEqual([['m1']])
  })

  test('when a partition is full, then an outsider’s message is refused, in count and in bytes', async () => {
    const { wait, made } = aRoom()
    await wait(...Array.from({ length: 1_000 }, (_, n) => aMessage(`m${n}`)))
    expect(await wait(aMessage('late'))).toEqual(['PT-9008'])
    expect(await wait(aMessage('m7'))).toEqual([undefined])
    expect(await wait(aMessage('own', { isClaim: false }))).toEqual([undefined])
    expect(await wait(aMessage('elsewhere', { partition: 1, bytes: 16_000_000 }))).toEqual([
      undefined,
    ])
    expect(await wait(aMessage('too many bytes', { partition: 1, bytes: 1_000_000 }))).toEqual([
      'PT-9008',
    ])
    await made.drop(['m7', 'own'])
    expect(await wait(aMessage('later'))).toEqual([undefined])
  })
})

test('given 60 messages of 1.5 MB, when all are read back, then one at a time', async () => {
  const registry = await startFakeRegistry()
  onTestFinished(() => registry.close())
  const codec = openCodec({ url: registry.url })
  await codec.ready(['work-order.submitted'])
  const texts = Array.from({ length: 15_000 }, (_, n) => `${n}`.padEnd(100, 'x'))
  const object = { ...workOrder, evidence: { x: texts } }
  const link = Link.fromWire('work_order', { object, after: [], key_id: 'k', signature: 's' })
  const value = codec.encode('work-order.submitted', link)
  expect(value.length).toBeGreaterThan(1_500_000)
  const topic = topicFor('work-order.submitted')
  const at = new Date(Date.now() - 60_000).toISOString()
  const all = Array.from({ length: 60 }, (_, n) => `m${n}`)
  const sizes: number[] = []
  let [inHand, most] = [0, 0]
  const room = new WaitingRoom<Input>({
    messages: {
      keep: async () => {},
      drop: async () => {},
      read: async (ids) => {
        sizes.push(ids.length)
        return ids.map((id) => aMessage(id, { topic, value, at }))
      },
    },
    async read(origin) {
      // Six of them are read for good, so that the test does not take a minute.
      if (sizes.length > 6) return { input: { id: '', type: 'claim', at, data: undefined } }
      inHand += 1
      most = Math.max(most, inHand)
      const read = await readMessage({ name: 'intake', codec }, origin, at)
      if (!('input' in read)) throw new Error('not readable')
      return read.input
    },
    async enqueue(inputs) {
      await new Promise((done) => setImmediate(done))
      inHand -= Math.min(inHand, inputs.length)
      await room.drop(inputs.map(({ input }) => input.id))
    },
    log,
  })
  onTestFinished(() => room.stop())
  room.takeUp(
    all.map((id) => ({ id, topic, partition: 0, at, wanted: 'agent/a', size: value.length })),
  )
  await vi.waitFor(() => expect(room.size).toBe(0), { timeout: 60_000, interval: 100 })
  expect(most).toBe(1)
  expect(sizes).toEqual(all.map(() => 1))
}, 90_000)
