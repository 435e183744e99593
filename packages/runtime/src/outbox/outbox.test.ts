import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import type { DocumentDatabase, Published } from '../documents/database.ts'
import { type Doc, freshDoc, type Outgoing } from '../documents/document.ts'
import { DocumentCache } from '../documents/document-cache.ts'
import { makeMetrics } from '../metrics.ts'
import { Outbox } from './outbox.ts'

/** An outbox on a database whose emptying ends when the test says so. */
function setUp(stored: Doc<object>[] = []) {
  const asked: Published[][] = []
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = []
  const published: Outgoing[] = []
  const absent = new Set<string>()
  const database: DocumentDatabase<object> = {
    read: async (ids) =>
      stored.filter(({ id }) => ids.includes(id)).map((doc) => ({ doc, bytes: 512 })),
    versions: async () => new Map(),
    save: async () => ({ lost: new Set(), refused: new Map(), bytes: new Map() }),
    emptyOutboxes(page) {
      asked.push([...page])
      return new Promise<void>((resolve, reject) => ends.push({ resolve, reject }))
    },
    async *pending() {},
  }
  const cache = new DocumentCache<object>()
  const outbox = new Outbox({
    ...{ database, cache, metrics: makeMetrics('test', false), log: pino({ level: 'silent' }) },
    publisher: {
      async publish(messages) {
        published.push(...messages.filter(({ topic }) => !absent.has(topic)))
        return new Set(messages.map(({ topic }) => topic).filter((topic) => absent.has(topic)))
      },
    },
  })
  return { asked, ends, published, absent, cache, outbox }
}

function message(id: string, topic = 'events'): Outgoing {
  return { id, topic, key: 'k', value: Buffer.from(id), headers: {} }
}

/** A document as a save with one message left it. */
function filled(id: string, version: number, saveId: string, ...outbox: Outgoing[]): Doc<object> {
  return { ...freshDoc<object>(id, {}), version, saveId, outbox }
}

const first = filled('a', 1, 's1', message('m1'))
const second = filled('b', 4, 's2', message('m2'))

describe('outboxes that were published', () => {
  it('given the database is still emptying them, then what is read meanwhile counts as emptied', async () => {
    const { ends, cache, outbox } = setUp()
    await outbox.publish([first])
    const emptied = outbox.empty()
    expect(cache.read(first, 512).outbox).toEqual([])
    ends[0]?.resolve()
    await emptied
    expect(outbox.full).toBe(0)
    expect(cache.read(first, 512).outbox).toHaveLength(1)
  })

  it('given the database fails, then they are left for the next time', async () => {
    const { asked, ends, cache, outbox } = setUp()
    await outbox.publish([first])
    const failed = outbox.empty()
    ends[0]?.reject(new Error('away'))
    await failed
    expect(cache.read(first, 512).outbox).toEqual([])
    const emptied = outbox.empty()
    ends[1]?.resolve()
    await emptied
    expect(outbox.full).toBe(0)
    expect(asked[1]).toEqual(asked[0])
  })

  it('given a later save is published meanwhile, then that one is still to be emptied', async () => {
    const { ends, cache, outbox } = setUp()
    await outbox.publish([first])
    const emptied = outbox.empty()
    const later = filled('a', 2, 's3', message('m3'))
    await outbox.publish([later])
    ends[0]?.resolve()
    await emptied
    expect(cache.read(later, 512).outbox).toEqual([])
    expect(outbox.full).toBe(1)
  })

  it('given some were replaced by a later save, then only the others are asked for', async () => {
    const { asked, ends, cache, outbox } = setUp()
    await outbox.publish([first, second])
    cache.saved({ ...first, version: 2, outbox: [] }, 512)
    const emptied = outbox.empty()
    ends[0]?.resolve()
    await emptied
    expect(outbox.full).toBe(0)
    expect(asked.map((page) => page.map(({ id }) => id))).toEqual([['b']])
  })
})

describe('outboxes that could not be published whole', () => {
  it('given one waits for its topic, then its age is told until it is out', async () => {
    const doc = filled('a', 1, 's1', message('m2', 'absent'))
    const { ends, absent, outbox } = setUp([doc])
    absent.add('absent')
    await outbox.publish([doc])
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(outbox.waiting()).toMatchObject({ waiting: 1 })
    expect(outbox.waiting().ageSeconds).toBeGreaterThan(0)
    absent.clear()
    const again = outbox.republish()
    await new Promise((resolve) => setImmediate(resolve))
    ends[0]?.resolve()
    await again
    expect(outbox.waiting()).toEqual({ waiting: 0, ageSeconds: 0 })
  })

  it('given a topic that is missing, when it is there, then they go out as they are stored', async () => {
    const doc = filled('a', 1, 's1', message('m1'), message('m2', 'absent'))
    const { ends, published, absent, outbox } = setUp([doc, second])
    absent.add('absent')
    await outbox.publish([doc, second])
    expect(outbox.full).toBe(1)
    absent.clear()
    const again = outbox.republish()
    await new Promise((resolve) => setImmediate(resolve))
    ends[0]?.resolve()
    await again
    expect(outbox.full).toBe(0)
    expect(published.map(({ id }) => id)).toEqual(['m1', 'm2', 'm1', 'm2'])
  })
})
