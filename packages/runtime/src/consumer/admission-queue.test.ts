import type { EachBatchPayload, KafkaMessage } from 'kafkajs'
import { describe, expect, test, vi } from 'vitest'
import { type Input, Refusal } from '../service.ts'
import type { AdmissionControl, Hands } from './admission.ts'
import { AdmissionQueue } from './admission-queue.ts'

/** Messages say who signed them; `?`: an unknown agent, `#`: a wrong signature, `!`: unreadable. */
interface Options {
  room?: number
  /** Orders that one sender may have waiting. */
  most?: number
  /** Whether the registry is away now. */
  outage?: () => boolean
}

/** A queue whose partitions, parked messages and offsets the test watches. */
function aQueue({ room = 0, most = 1_000, outage = () => false }: Options = {}) {
  let onRoom: () => void = () => {}
  let left = room
  let inHand = 0
  const [taken, parked]: [string[], string[]] = [[], []]
  const committed: string[] = []
  const resolved: string[] = []
  const paused = new Set<number>()
  const pauses: number[] = []
  const added: Promise<void>[] = []
  const holding = { isOn: false, release: () => {} }
  const control: AdmissionControl = {
    topic: 'orders',
    sendersOf: async (inputs) =>
      inputs.map(({ data }) => {
        const [name = '', work = ''] = String(data).split('/')
        if (name === '#') return new Refusal('PT-1005', work)
        return name === '?' ? undefined : { name, work: `${name}/${work}` }
      }),
    refusal: (sender, { count }) => (count >= most ? new Refusal('PT-1065', sender) : undefined),
    mayServe: (sender) => sender !== 'poor',
    grant() {
      if (left === 0) return false
      left -= 1
      inHand += 1
      return true
    },
    taken(count) {
      inHand -= count
    },
    assigned() {},
    watch() {},
    onRoom(listener) {
      onRoom = listener
    },
    readings: () => ({ closedSeconds: 0, waitSeconds: 0, waiting: 0, shed: 0 }),
  }
  const hands: Hands<Input> = {
    async read(_batch, { value }) {
      if (outage()) return { outage: new Error('registry') }
      const data = String(value)
      const input = { id: data, type: 'orders', at: '', data }
      // of what is parked, the test looks at its input only
      if (data.startsWith('!')) return { poison: { input: data } as never, code: 'PT-9001' }
      return { input: { input } }
    },
    async handOn(inputs, poison) {
      parked.push(...poison.map(({ input }) => input))
      taken.push(...inputs.map(({ input }) => String(input.data)))
      if (holding.isOn) await new Promise<void>((done) => (holding.release = done))
      return { saved: undefined }
    },
    refuse: ({ input }, { code }) => ({ input: `${code} ${input.data}` }) as never,
    keepTrying: (act) => act(),
    moved: (_payload, offset) => void committed.push(offset),
    pause: ({ batch }) => void paused.add(batch.partition),
    left: () => {},
  }
  const queue = new AdmissionQueue(control, hands)
  return {
    ...{ queue, taken, parked, paused, pauses, added, committed, resolved, holding },
    inHand: () => inHand,
    async open(more: number) {
      left += more
      onRoom()
      await settled()
    },
    /** A fetch with these messages, one offset and one millisecond after the other. */
    async fetch(partition: number, texts: string[], { first = 0, end = -1 } = {}) {
      const messages = texts.map((text, n) => ({
        ...{ offset: String(first + n), timestamp: String(1_000 + first + n), key: null },
        value: Buffer.from(text),
      }))
      // of a payload, a queue looks at these only
      const adding = queue.add({
        batch: {
          ...{ topic: 'orders', partition, messages: messages as unknown as KafkaMessage[] },
          lastOffset: () => String(end < 0 ? first + texts.length - 1 : end),
        },
        resolveOffset: (offset: string) => void resolved.push(offset),
        pause() {
          pauses.push(partition)
          paused.add(partition)
          return () => paused.delete(partition)
        },
      } as unknown as EachBatchPayload)
      added.push(adding)
      await settled()
    },
  }
}

/** Resolves when nothing goes on that does not wait for the test. */
async function settled(): Promise<void> {
  for (let n = 0; n < 60; n += 1) await new Promise((done) => setImmediate(done))
}

describe('given a topic with admission control', () => {
  test('when there is room for all, then all are taken, committed, and no partition stays paused', async () => {
    const { fetch, taken, paused, committed, inHand } = aQueue({ room: 10 })
    await fetch(0, ['a/1', 'a/2'])
    await fetch(1, ['b/1'])
    expect(taken).toEqual(['a/1', 'a/2', 'b/1'])
    expect(committed.at(0)).toBe('2')
    expect([...paused]).toEqual([])
    expect(inHand()).toBe(0)
  })

  test('when a fetch is read at once, then the next one asks for its partition too', async () => {
    const { fetch, pauses, taken, added } = aQueue({ room: 10 })
    await fetch(0, ['a/1', 'a/2'])
    await Promise.all(added)
    expect(taken).toEqual(['a/1', 'a/2'])
    expect(pauses).toEqual([])
  })

  test('when reading takes long, then its partition is paused until it ends, and others go on', async () => {
    const { fetch, paused, taken, holding } = aQueue({ room: 10 })
    holding.isOn = true
    await fetch(0, ['?/1'])
    await vi.waitFor(() => expect([...paused]).toEqual([0]))
    const end = holding.release
    holding.isOn = false
    await fetch(1, ['b/1'])
    expect(taken).toEqual(['?/1', 'b/1'])
    end()
    await vi.waitFor(() => expect([...paused]).toEqual([]))
  })

  test('when there is none, then reading goes on all the same, and nothing is committed', async () => {
    const { fetch, taken, paused, committed, resolved } = aQueue()
    await fetch(0, ['a/1', 'a/2'])
    expect(taken).toEqual([])
    expect([...paused]).toEqual([])
    expect(resolved).toEqual(['1'])
    expect(committed).toEqual([])
  })

  test('when thousands of bad messages come first, then they spend no grant, and the good one waits behind none', async () => {
    const { fetch, taken, parked, committed, inHand } = aQueue({ room: 1 })
    const bad = Array.from({ length: 3_000 }, (_, n) => `${'?!#'[n % 3]}/${n}`)
    await fetch(0, [...bad, 'a/1'])
    await vi.waitFor(() => expect(committed.at(-1)).toBe('3001'))
    expect(parked).toHaveLength(2_000)
    expect(taken.filter((one) => one.startsWith('?'))).toHaveLength(1_000)
    expect(taken).toContain('a/1')
    expect(inHand()).toBe(0)
  })

  test('when the bad are being parked still, then the good one among them is on its way', async () => {
    const { fetch, taken, holding } = aQueue({ room: 1 })
    holding.isOn = true
    await fetch(0, ['!/1', 'a/1', '!/2'])
    expect(taken).toEqual(['a/1'])
    holding.isOn = false
    holding.release()
    await settled()
  })

  test('when room comes, then senders take turns, however much one of them sent', async () => {
    const { fetch, taken, open } = aQueue()
    await fetch(
      0,
      Array.from({ length: 500 }, (_, n) => `a/${n}`),
    )
    await fetch(1, ['b/1'], { first: 9_000 })
    await open(2)
    expect(taken).toEqual(['a/0', 'b/1'])
    await open(2)
    expect(taken).toEqual(['a/0', 'b/1', 'a/1', 'a/2'])
  })

  test('when one is taken before those in front of it, then its partition is committed behind them only', async () => {
    const { fetch, committed, open } = aQueue()
    await fetch(0, ['a/1', 'a/2', 'b/1'])
    await open(2)
    expect(committed).toEqual(['1'])
    await open(1)
    expect(committed).toEqual(['1', '3'])
  })

  test('when a sender has used its quota up, then the others go on', async () => {
    const { fetch, taken, open } = aQueue()
    await fetch(0, ['poor/1', 'a/1'])
    await open(5)
    expect(taken).toEqual(['a/1'])
  })

  test('when more of one sender waits than may, then the rest is refused, and others are kept', async () => {
    const { fetch, parked, open, taken } = aQueue({ most: 2 })
    await fetch(0, ['a/1', 'a/2', 'a/3', 'b/1'])
    expect(parked).toEqual(['PT-1065 a/3'])
    await open(5)
    expect([...taken].sort()).toEqual(['a/1', 'a/2', 'b/1'])
  })

  test('when one is sent again while it waits, then it waits once; once taken, it spends no turn', async () => {
    const { fetch, taken, open, committed, inHand } = aQueue()
    await fetch(0, ['a/1', 'a/1', 'a/2'])
    await open(1)
    expect(taken).toEqual(['a/1'])
    expect(committed).toEqual(['2'])
    await fetch(0, ['a/1'], { first: 3 })
    expect(taken).toEqual(['a/1', 'a/1'])
    await open(1)
    expect(taken).toEqual(['a/1', 'a/1', 'a/2'])
    expect(inHand()).toBe(0)
  })

  test('when a fetch ends with records that are no messages, then they are passed', async () => {
    const { fetch, committed, resolved } = aQueue({ room: 5 })
    await fetch(0, ['a/1'], { end: 4 })
    expect(resolved).toEqual(['4'])
    expect(committed.at(-1)).toBe('5')
  })

  test('when the registry is away, then what was read is kept, and the partition stays paused', async () => {
    let isAway = true
    const { fetch, paused, resolved, taken } = aQueue({ room: 5, outage: () => isAway })
    await fetch(0, ['a/1', 'a/2'])
    expect([...paused]).toEqual([0])
    expect(resolved).toEqual([])
    isAway = false
    paused.clear()
    await fetch(0, ['a/1', 'a/2'])
    expect(taken).toEqual(['a/1', 'a/2'])
  })

  test('when the group is joined again, then what waits is let go, and its offsets too', async () => {
    const { fetch, taken, queue, open, committed } = aQueue()
    await fetch(0, ['a/1', 'a/2'])
    queue.drop()
    await open(5)
    expect(taken).toEqual([])
    await fetch(0, ['a/1', 'a/2'])
    expect(taken).toEqual(['a/1', 'a/2'])
    expect(committed.at(-1)).toBe('2')
  })

  test('when it stops, then nothing more is taken, and what is in hand ends', async () => {
    const { fetch, taken, queue, open, holding } = aQueue()
    await fetch(0, ['a/1', 'a/2'])
    holding.isOn = true
    await open(1)
    const stopped = queue.stop()
    holding.release()
    await stopped
    await open(5)
    expect(taken).toEqual(['a/1'])
  })
})
