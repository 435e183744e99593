import { topicFor } from '@prooftrail/contracts'
import { describe, expect, it } from 'vitest'
import type { Doc } from '../documents/document.ts'
import type { RoundInput } from '../round-input.ts'
import { type Input, Refusal } from '../service.ts'
import { fakeDatabase, Instance, jsonCodec, message } from './fake-round.fixtures.ts'
import { funding, makeToy, type ToyInput, type ToyState, toyEffect } from './toy.fixtures.ts'

const receipts = 'settlement-receipt.issued'

function setUp(options: Parameters<typeof makeToy>[0] = {}) {
  const db = fakeDatabase<ToyState>()
  const toy = makeToy(options)
  return { db, toy, one: new Instance(toy, db), other: new Instance(toy, db) }
}

function due(doc: string, at: string): RoundInput<ToyInput> {
  return { doc, input: { id: `due:${doc}:${at}`, type: 'due', at, data: {} } }
}

function stateOf(db: { docs: Map<string, Doc<ToyState>> }, id: string): ToyState | undefined {
  return db.docs.get(id)?.state
}

describe('a round', () => {
  it('given several inputs of one document, when it runs, then one save holds them in order', async () => {
    const { db, one } = setUp()
    await one.round(message(funding('a', '1')), message(funding('a', '2')))
    expect(db.docs.get('a')).toMatchObject({ version: 1, state: { credits: 20, receipts: 2 } })
    expect(one.said(receipts).map(({ object }) => object.settlement_id)).toEqual(['a/1', 'a/2'])
  })

  it('given the same message twice, in one round and later, then it counts once', async () => {
    const { db, one, other } = setUp()
    const twice = message(funding('a', '1'))
    await one.round(twice, { ...twice })
    await one.round(twice)
    await other.round(twice)
    expect(stateOf(db, 'a')?.credits).toBe(10)
    expect(one.said(receipts)).toHaveLength(1)
    expect(other.said(receipts)).toHaveLength(0)
  })

  it('given two instances that remember the same version, when both save, then the loser decides again', async () => {
    const { db, one, other } = setUp()
    await one.round(message(funding('a', '0')))
    await other.round(message(funding('a', '1')))
    await Promise.all([
      one.round(message(funding('a', '2'))),
      other.round(message(funding('a', '3'))),
    ])
    expect(stateOf(db, 'a')).toMatchObject({ credits: 40, receipts: 4 })
  })

  it('given a stale memory, when a decision saves nothing, then it is made again on what is stored', async () => {
    const db = fakeDatabase<ToyState>()
    const toy = makeToy()
    const picky: typeof toy = {
      ...toy,
      // Says nothing unless the document holds two receipts.
      decide: (state, input, context) =>
        input.type === 'funding.received' && input.data.reference === 'third' && state.receipts < 2
          ? []
          : toy.decide(state, input, context),
    }
    const [one, other] = [new Instance(picky, db), new Instance(picky, db)]
    await one.round(message(funding('a', '1')))
    await other.round(message(funding('a', '2')))
    await one.round(message(funding('a', 'third')))
    expect(stateOf(db, 'a')?.receipts).toBe(3)
  })

  it('given a document that `creates` takes for new, when it exists and the decision refuses, then what is stored decides', async () => {
    const { db, toy, one } = setUp()
    const message1 = message(funding('a', '1'))
    await one.round(message1)
    const eager = {
      ...toy,
      creates: () => true,
      decide: (state: ToyState, input: ToyInput, context: undefined) => {
        if (state.receipts === 0) return []
        return toy.decide(state, input, context)
      },
    }
    await new Instance(eager, db).round(message(funding('a', '2')))
    expect(stateOf(db, 'a')?.receipts).toBe(2)
  })

  it('given a publish that fails, when the round runs again, then the saved bytes go out once', async () => {
    const { db, one } = setUp()
    one.publishFaults = [new Error('broker away')]
    const work = message(funding('a', '1'))
    await expect(one.round(work)).rejects.toThrow('broker away')
    expect(db.docs.get('a')?.outbox).toHaveLength(1)
    await one.round(work)
    expect(one.said(receipts)).toHaveLength(1)
    expect(stateOf(db, 'a')?.credits).toBe(10)
  })

  it('given a process that died after the save, when the message comes to another, then that one publishes', async () => {
    const { one, other } = setUp()
    one.publishFaults = [new Error('died')]
    const work = message(funding('a', '1'))
    await one.round(work).catch(() => undefined)
    await other.round(work)
    expect(other.said(receipts)).toHaveLength(1)
  })

  it('given events that were said before, when they are said again, then they do not go out again', async () => {
    const { db, one, other } = setUp()
    const work = message(funding('a', '1'))
    await one.round(work)
    const doc = db.docs.get('a')
    expect(doc?.publishedIds).toHaveLength(1)
    // As after a restored backup that kept what was said, and not which input was handled.
    if (doc)
      db.docs.set('a', { ...doc, handledIds: [], outbox: [], state: { ...doc.state, receipts: 0 } })
    await other.round(work)
    expect(other.said(receipts)).toHaveLength(0)
  })

  it('given a topic that is missing, when the round ends, then its document is published again later', async () => {
    const { db, one } = setUp()
    one.absent.add(topicFor(receipts))
    await one.round(message(funding('a', '1')))
    await one.outbox.republish()
    expect(db.docs.get('a')?.outbox).toHaveLength(1)
    one.absent.clear()
    await one.outbox.republish()
    expect(one.said(receipts)).toHaveLength(1)
    expect(db.docs.get('a')?.outbox).toEqual([])
  })

  it('given a schema id that is not known yet, when an event needs it, then it is looked up and the input decided', async () => {
    const db = fakeDatabase<ToyState>()
    const one = new Instance(makeToy(), db, jsonCodec(new Set()))
    await one.round(message(funding('a', '1')))
    expect(one.said(receipts)).toHaveLength(1)
  })
})

describe('a change that nobody waits for', () => {
  const HOUR = 3_600_000

  function holding() {
    const db = fakeDatabase<ToyState>()
    const make = () => new Instance(makeToy(), db, jsonCodec(), HOUR)
    return { db, one: make(), other: make() }
  }

  it('given a later event that goes out, then one save holds both', async () => {
    const { db, one } = holding()
    const first = message(funding('a', 'later'))
    await one.round(first)
    expect(db.docs.get('a')).toBeUndefined()
    expect(one.due.get('a')?.at).toBeDefined()
    const saved = one.cache.writes.whenSaved([first])
    await one.round(message(funding('a', '1')))
    await saved
    expect(db.docs.get('a')).toMatchObject({
      version: 1,
      handledIds: [expect.any(String), expect.any(String)],
    })
    expect(one.cache.openCount).toBe(0)
  })

  it('given nothing that follows, when its time has come, then a round saves it', async () => {
    const { db, one } = holding()
    const first = message(funding('a', 'later'))
    await one.round(first)
    const saved = one.cache.writes.whenSaved([first])
    one.cache.writes.disable()
    await one.round()
    await saved
    expect(stateOf(db, 'a')?.due_at).toBeDefined()
  })

  it('given a process that dies before its save, when the message comes again, then another decides it', async () => {
    const { db, one, other } = holding()
    const first = message(funding('a', 'later'))
    await one.round(first)
    await other.round(first, message(funding('a', '1')))
    expect(db.docs.get('a')?.handledIds).toContain(first.input.id)
  })

  it('given somebody who saves meanwhile, then its inputs are decided again on what is stored', async () => {
    const { db, one, other } = holding()
    const held = message(funding('a', 'later'))
    await one.round(held)
    await other.round(message(funding('a', '1')))
    const saved = one.cache.writes.whenSaved([held])
    await one.round(message(funding('a', '2')))
    await saved
    expect(stateOf(db, 'a')?.receipts).toBe(2)
    expect(db.docs.get('a')?.handledIds).toContain(held.input.id)
  })

  it('given an input that is decided again and refused, when parking fails, then its offset waits and it is parked later', async () => {
    const db = fakeDatabase<ToyState>()
    const toy = makeToy()
    const picky: typeof toy = {
      ...toy,
      decide(state, input, context) {
        const isLate = input.type === 'funding.received' && input.data.reference === 'later'
        if (isLate && state.receipts > 0) throw new Refusal('PT-4001', 'too late')
        return toy.decide(state, input, context)
      },
    }
    const make = () => new Instance(picky, db, jsonCodec(), HOUR)
    const [one, other] = [make(), make()]
    const [late, next] = [message(funding('a', 'later')), message(funding('a', '2'))]
    await one.round(late)
    await other.round(message(funding('a', '1')))
    one.publishFaults = [undefined, new Error('broker away')]
    await expect(one.round(next)).rejects.toThrow('broker away')
    expect(one.cache.writes.whenSaved([late])).toBeDefined()
    await one.round(next)
    expect(one.said('parked')).toMatchObject([{ reason_code: 'PT-4001', document: 'a' }])
    expect(one.cache.writes.whenSaved([late])).toBeUndefined()
  })

  it('given a message again that a held change rests on, then its offset waits as well', async () => {
    const { one } = holding()
    const first = message(funding('a', 'later'))
    await one.round(first)
    const again = { ...first }
    await one.round(again)
    expect(one.cache.writes.whenSaved([again])).toBeDefined()
  })

  it('given a round that fails after a lost race, when it runs again, then nothing is forgotten', async () => {
    const { db, one, other } = holding()
    const held = message(funding('a', 'later'))
    await one.round(held)
    await other.round(message(funding('a', '1')))
    const next = message(funding('a', '2'))
    const outage = new Error('away')
    const { database } = one
    const read = database.read.bind(database)
    let reads = 0
    database.read = (...given) => {
      reads += 1
      return reads === 1 ? Promise.reject(outage) : read(...given)
    }
    await expect(one.round(next)).rejects.toThrow(outage)
    await one.round(next)
    expect(db.docs.get('a')?.handledIds).toEqual(
      expect.arrayContaining([held.input.id, next.input.id]),
    )
  })
})

describe('what cannot be decided', () => {
  it('given a refusal, then the message is parked with its code and bytes, and the document goes on', async () => {
    const { db, one } = setUp()
    const refused = message(funding('a', 'refuse'))
    await one.round(refused, message(funding('a', '1')))
    expect(one.said('parked')).toMatchObject([
      {
        reason_code: 'PT-4001',
        document: 'a',
        value: refused.origin?.value?.toString('base64'),
      },
    ])
    expect(stateOf(db, 'a')?.credits).toBe(10)
  })

  it('given a quiet refusal, then it is counted by its code, parked nowhere, and the document goes on', async () => {
    const { db, one } = setUp()
    await one.round(message(funding('a', 'hush')), message(funding('a', '2')))
    expect(stateOf(db, 'a')?.receipts).toBe(1)
    expect(one.said('parked')).toEqual([])
    expect((await one.tools.metrics.refused.get()).values).toMatchObject([
      { value: 1, labels: { code: 'PT-4003' } },
    ])
  })

  it('given many inputs in one round, then each kind of input and of event is counted as often as it was', async () => {
    const { one } = setUp()
    const { inputs, events } = one.tools.metrics
    inputs.reset()
    events.reset()
    const twice = message(funding('a', '1'))
    await one.round(twice, message(funding('a', '2')), message(funding('b', 'refuse')))
    await one.round({ ...twice }, message(funding('c', 'nothing')))
    const counted = async (counter: typeof inputs | typeof events) =>
      (await counter.get()).values.map(({ labels, value }) => ({ ...labels, value }))
    const type = 'funding.received'
    expect(await counted(inputs)).toEqual([
      { type, outcome: 'decided', value: 2 },
      { type, outcome: 'parked', value: 1 },
      { type, outcome: 'seen', value: 1 },
      { type, outcome: 'nothing', value: 1 },
    ])
    expect(await counted(events)).toEqual([{ type: 'settlement-receipt.issued', value: 2 }])
  })

  it('given a decision that fails twice, then it is parked and what follows its document is parked behind it', async () => {
    const { db, one } = setUp()
    await one.round(message(funding('a', 'throw')), message(funding('b', '1')))
    await one.round(message(funding('a', '1')))
    expect(one.said('parked').map(({ reason_code }) => reason_code)).toEqual(['PT-9005', 'PT-9006'])
    expect(stateOf(db, 'a')?.credits).toBe(0)
    expect(stateOf(db, 'b')?.credits).toBe(10)
  })

  it('given an outsider’s message that cannot be decided, then it alone is parked and its document goes on', async () => {
    const db = fakeDatabase<ToyState>()
    const one = new Instance({ ...makeToy(), claimed: ['funding.received'] }, db)
    await one.round(message(funding('a', 'throw')), message(funding('a', '1')))
    await one.round(message(funding('a', '2')))
    expect(one.said('parked').map(({ reason_code }) => reason_code)).toEqual(['PT-9005'])
    expect(stateOf(db, 'a')?.credits).toBe(20)
  })

  it('given parked messages, when they are sent again in order after the cure, then the document goes on', async () => {
    let broken = true
    const { db, one } = setUp({ broken: () => broken })
    const [first, second] = [message(funding('a', 'throw')), message(funding('a', '1'))]
    await one.round(first, second)
    broken = false
    await one.round(second)
    expect(stateOf(db, 'a')?.credits).toBe(0)
    await one.round(first)
    await one.round(second)
    await one.round(message(funding('a', '2')))
    expect(stateOf(db, 'a')?.credits).toBe(30)
    expect(db.docs.get('a')?.parked).toEqual([])
  })

  it('given parked messages of one document, then each says its place, and those that block nothing say none', async () => {
    const one = new Instance(makeToy(), fakeDatabase())
    const inputs = ['refuse 0', 'throw 1', 'pay 2', 'pay 3'].map((text) =>
      message(funding('a', text)),
    )
    await one.round(...inputs)
    const said = one
      .said('parked')
      .map(({ reason_code, position, input }) => [...[reason_code, position, input]])
    expect(said).toEqual([
      ['PT-4001', undefined, inputs[0]?.input.id],
      ['PT-9005', 0, inputs[1]?.input.id],
      ['PT-9006', 1, inputs[2]?.input.id],
      ['PT-9006', 2, inputs[3]?.input.id],
    ])
  })

  it('given a parked message that is sent again and refused, then it holds up nothing any more', async () => {
    const db = fakeDatabase<ToyState>()
    let isRefused = false
    const toy = makeToy({ broken: () => !isRefused })
    const decide: typeof toy.decide = (state, input, context) => {
      const isIt = input.type === 'funding.received' && input.data.reference === 'throw 1'
      if (isIt && isRefused) throw new Refusal('PT-4001', 'no')
      return toy.decide(state, input, context)
    }
    const one = new Instance({ ...toy, decide }, db)
    const [first, second] = [message(funding('a', 'throw 1')), message(funding('a', 'pay 2'))]
    await one.round(first, second)
    isRefused = true
    await one.round(first)
    await one.round(second)
    expect(one.said('parked').map(({ reason_code }) => reason_code)).toEqual([
      ...['PT-9005', 'PT-9006', 'PT-4001'],
    ])
    expect(db.docs.get('a')).toMatchObject({ parked: [], state: { credits: 10 } })
  })

  it('given a parked message, when it is discarded, then what follows is decided', async () => {
    const { db, one } = setUp()
    const first = message(funding('a', 'throw'))
    await one.round(first)
    const discarded = { id: 'discard', type: 'parked.discarded', at: '', data: {} } as Input
    await one.round({ doc: 'a', input: discarded as ToyInput, discards: first.input.id })
    await one.round(message(funding('a', '1')))
    expect(stateOf(db, 'a')?.credits).toBe(10)
    await one.round(first)
    expect(one.said('parked')).toHaveLength(1)
  })

  it('given a failure of one try alone, when it is decided again, then nothing is parked', async () => {
    let tries = 0
    const { db, one } = setUp({ broken: () => tries++ === 0 })
    await one.round(message(funding('a', 'throw')))
    expect(one.said('parked')).toEqual([])
    expect(stateOf(db, 'a')?.credits).toBe(10)
  })

  it('given an effect’s outcome that is refused, then it is parked with its data, and blocks nothing', async () => {
    const { db, toy } = setUp()
    const picky: typeof toy = {
      ...toy,
      decide(state, input, context) {
        if (input.type === 'ran') throw new Error('broken')
        return toy.decide(state, input, context)
      },
    }
    const one = new Instance(picky, db)
    const at = '2026-01-01T00:00:00.000Z'
    await one.round({ doc: 'a', input: { id: 'o', type: 'ran', at, data: { by: 'x' } } })
    await one.round(message(funding('a', '1')))
    expect(one.said('parked')).toMatchObject([{ reason_code: 'PT-9005', topic: 'ran' }])
    expect(stateOf(db, 'a')?.credits).toBe(10)
  })
})

describe('what waits', () => {
  it('given RetryLater, then the message is kept, and leaves its place when it is decided', async () => {
    let unknown = true
    const { db, one } = setUp({ unknown: () => unknown })
    const work = message(funding('a', 'wait'))
    await one.round(work)
    expect([...db.waiting.keys()]).toEqual([work.input.id])
    expect(one.waits).toEqual([work.input.id])
    unknown = false
    await one.round(message(funding('a', 'wait'), 1))
    expect(db.waiting.size).toBe(0)
    expect(stateOf(db, 'a')?.credits).toBe(10)
  })

  it('given a race that is lost, when the message must wait after all, then its place is kept', async () => {
    let asked = 0
    const { db, one, other } = setUp({ unknown: () => ++asked > 1 })
    await one.round(message(funding('a', '0')))
    await other.round(message(funding('a', '1')))
    await one.round(message(funding('a', 'wait')))
    expect(db.waiting.size).toBe(1)
  })

  it('given the time is over, when it is refused, then it is parked and leaves its place', async () => {
    const { db, one } = setUp()
    await one.round(message(funding('a', 'wait')))
    await one.round(message(funding('a', 'wait'), 2))
    expect(db.waiting.size).toBe(0)
    expect(one.said('parked')).toMatchObject([{ reason_code: 'PT-4002' }])
  })
})

describe('due times and effects', () => {
  it('given a due time that moved on elsewhere, when the old one fires, then the document’s own is set', async () => {
    const { one, other } = setUp()
    await one.round(message(funding('a', 'later')))
    const at = one.due.get('a')?.at ?? ''
    await other.round(due('a', at))
    await one.round(due('a', at))
    expect(one.said(receipts)).toHaveLength(0)
    expect(other.said(receipts)).toHaveLength(1)
    expect(one.due.get('a')?.at).toBeUndefined()
  })

  it('given two instances, when both decide the start, then the winner alone runs the effect', async () => {
    const { one, other } = setUp({
      run: { of: toyEffect, run: async () => Promise.reject(new Error('unused')), concurrency: 1 },
    })
    const work = message(funding('a', 'act'))
    await Promise.all([one.round(work), other.round(work)])
    expect([...one.effects, ...other.effects]).toHaveLength(1)
  })

  it('given a save whose answer was lost, when the round runs again, then its effect runs once', async () => {
    const { one, db } = setUp({
      run: { of: toyEffect, run: async () => Promise.reject(new Error('unused')), concurrency: 1 },
    })
    const { database } = one
    const save = database.save.bind(database)
    let faults = 1
    database.save = async (docs, saveId) => {
      const saved = await save(docs, saveId)
      if (faults-- > 0) throw new Error('connection lost')
      return saved
    }
    const work = message(funding('a', 'act'))
    await expect(one.round(work)).rejects.toThrow('connection lost')
    expect(one.effects).toHaveLength(0)
    await one.round(work)
    expect(one.effects).toHaveLength(1)
    expect(db.docs.get('a')?.version).toBe(1)
  })

  it('given a rule of the database that a document breaks, then its input is parked, not tried for ever', async () => {
    const { one, db } = setUp()
    const { database } = one
    const save = database.save.bind(database)
    database.save = async (docs, saveId) => {
      const bad = docs.filter(({ state }) => state.credits > 15)
      const saved = await save(
        docs.filter((doc) => !bad.includes(doc)),
        saveId,
      )
      return { ...saved, refused: new Map(bad.map(({ id }) => [id, new Error('unique')])) }
    }
    await one.round(message(funding('a', '1', 20)), message(funding('b', '1')))
    expect(one.said('parked')).toMatchObject([{ reason_code: 'PT-9005', document: 'a' }])
    expect(stateOf(db, 'b')?.credits).toBe(10)
    expect(db.docs.get('a')?.parked).toHaveLength(1)
  })
})

describe('prepare', () => {
  it('given one input whose preparation is a defect, then it alone is parked', async () => {
    const { db, toy } = setUp()
    const fragile: typeof toy = {
      ...toy,
      async prepare(wave) {
        for (const { input } of wave) {
          if (input.type === 'funding.received' && input.data.reference === 'bad')
            throw new TypeError('no such member')
        }
        return undefined
      },
    }
    const one = new Instance(fragile, db)
    await one.round(message(funding('a', 'bad')), message(funding('b', '1')))
    expect(one.said('parked')).toMatchObject([{ reason_code: 'PT-9005', document: 'a' }])
    expect(stateOf(db, 'b')?.credits).toBe(10)
  })

  it('given an outage, then the round fails whole', async () => {
    const { db, toy } = setUp()
    const away: typeof toy = {
      ...toy,
      prepare: async () => Promise.reject(new Error('registry away')),
    }
    const one = new Instance(away, db)
    await expect(one.round(message(funding('a', '1')), message(funding('b', '1')))).rejects.toThrow(
      'registry away',
    )
    expect(db.docs.size).toBe(0)
  })
})
