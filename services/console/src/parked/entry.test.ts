import { type Parked, type ParkedDecided, topicFor } from '@prooftrail/contracts'
import { RetryLater } from '@prooftrail/runtime'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { context } from '../console.fixtures.ts'
import { consoleService } from '../service.ts'
import type { ConsoleInput, Context, State } from '../state.ts'
import { parkedOf } from './decide.ts'
import { isClaim, type ParkedState, queueOf, standingOf } from './entry.ts'
import { at, claimed, decided, entryOf, parked } from './parked.fixtures.ts'
import { indexOfParked, rowOf } from './row.ts'

const NOBODY: Context = {
  ...context,
  genuine: { has: () => false },
  genuineParked: { has: () => false },
}

function saysParked(data: Parked, seconds: number): ConsoleInput {
  return { id: `p${seconds}`, type: 'parked', at: at(seconds), key: data.document ?? '', data }
}

function saysDecided(data: ParkedDecided): ConsoleInput {
  return {
    id: `d${data.number}`,
    type: 'parked.decided',
    at: data.decided_at,
    key: data.parked_id,
    data,
  }
}

function asks(act: 'send' | 'discard', seconds: number, by = 'ann'): ConsoleInput {
  const data = { act, by, ...(act === 'discard' ? { reason: 'noise' } : {}) }
  return { id: `a${seconds}`, type: 'parked.asked', at: at(seconds), data }
}

/** The entry after these, and what was published. */
function after(inputs: readonly ConsoleInput[], from: State = { status: 'absent' }) {
  let state = from
  const said: ParkedDecided[] = []
  for (const input of inputs) {
    for (const event of consoleService.decide(state, input, NOBODY)) {
      if (event.type === 'parked.decided') said.push(event.data)
      state = consoleService.evolve(state, event)
    }
  }
  const entry = parkedOf(state)
  return { entry, said, state, standing: entry && standingOf(entry) }
}

const again = (sent_again: number, offset: string) => parked({ sent_again, offset })

describe('a parked message', () => {
  test('is one entry, however often the same record comes', () => {
    const { entry, standing } = after([saysParked(parked(), 1), saysParked(parked(), 2)])
    expect(entry).toMatchObject({ times: 1, since: at(1), service: 'dispatch', document: 'wo_1' })
    expect(standing).toBe('open')
  })

  test('when it is sent again, then one decision is published, and it waits', () => {
    const { said, standing } = after([
      saysParked(parked(), 1),
      asks('send', 5),
      asks('send', 6, 'bob'),
    ])
    expect(standing).toBe('sent')
    expect(said).toEqual([decided({ decided_by: 'ann', decided_at: at(5) })])
  })

  test('when it is parked a second time, then it is the same one, open again', () => {
    const { entry, said, standing } = after([
      ...[saysParked(parked(), 1), asks('send', 5), saysParked(again(1, '19'), 8)],
      ...[asks('send', 9), saysParked(again(1, '19'), 10)],
    ])
    expect(said.map(({ number, offset }) => [number, offset])).toEqual([
      [1, '7'],
      [2, '19'],
    ])
    expect({ standing, times: entry?.times, since: entry?.since }).toEqual({
      ...{ standing: 'sent', times: 2, since: at(1) },
    })
  })

  test('when an earlier copy is set aside after a later one, then each counts once, and the later one stands', () => {
    const { entry, standing } = after([
      ...[saysParked(parked(), 1), asks('send', 5), saysParked(again(1, '25'), 8)],
      ...[saysParked(again(1, '19'), 9), saysParked(again(1, '19'), 10)],
    ])
    expect(entry).toMatchObject({ times: 3, last: { offset: '25' } })
    expect(standing).toBe('open')
  })

  test('when its original is not there any more, then it is open again, and blocks as before', () => {
    const gone = parked({ reason_code: 'PT-9060', detail: 'nothing is there', sent_again: 1 })
    const { position: _, value: __, ...rest } = gone
    const { entry, standing } = after([
      ...[saysParked(parked(), 1), asks('send', 5), saysParked(rest, 6), saysParked(rest, 7)],
    ])
    expect({ standing, last: entry?.last }).toMatchObject({
      standing: 'open',
      last: { code: 'PT-9060', blocks: true },
    })
    expect(entry?.original.value).toBe(parked().value)
    expect(after([asks('send', 8)], { ...entryState(entry) }).standing).toBe('sent')
  })

  test('when it is discarded, then nothing opens it again', () => {
    const { said, standing, entry } = after([
      ...[saysParked(parked(), 1), asks('discard', 5), asks('send', 6), asks('discard', 7)],
      saysParked(parked({ offset: '30' }), 8),
    ])
    expect({ standing, times: entry?.times }).toEqual({ standing: 'discarded', times: 2 })
    expect(said).toMatchObject([{ act: 'discard', reason: 'noise', document: 'wo_1' }])
  })

  test('what was discarded and blocked nothing takes nothing out of any document', () => {
    const { said } = after([saysParked(claimed(), 1), asks('discard', 5)])
    expect(said).toHaveLength(1)
    expect(said[0]?.document).toBeUndefined()
  })

  test('is sent again sixteen times at most', () => {
    const rounds = Array.from({ length: 20 }, (_, n) => [
      asks('send', 10 + 2 * n),
      saysParked(again(n + 1, String(100 + n)), 11 + 2 * n),
    ]).flat()
    expect(after([saysParked(parked(), 1), ...rounds]).said).toHaveLength(16)
  })

  test('of what came too late nobody has to do anything', () => {
    const late = claimed({ reason_code: 'PT-2003', service: 'dispatch', party: 'tool/tokenops' })
    expect(standingOf(entryOf(late))).toBe('noted')
  })

  test('about parked messages is not gathered: it would be parked again for ever', () => {
    for (const name of ['parked', 'tool.parked', 'parked.decided'] as const) {
      expect(after([saysParked(parked({ topic: topicFor(name) }), 1)]).entry).toBeUndefined()
    }
  })

  test('nobody acts on what nobody parked', () => {
    expect(after([asks('send', 1)])).toMatchObject({ said: [], state: { status: 'absent' } })
    const heard = after([saysDecided(decided())])
    expect(after([asks('send', 20)], heard.state).said).toEqual([])
  })
})

describe('a collection that was dropped', () => {
  const facts: ConsoleInput[] = [
    saysParked(parked(), 1),
    saysDecided(decided()),
    saysParked(again(1, '19'), 12),
    saysDecided(decided({ number: 2, offset: '19', decided_at: at(14) })),
    saysParked(again(2, '25'), 16),
    saysDecided(decided({ number: 3, act: 'discard', reason: 'gone', offset: '25' })),
  ]
  const [said, acts] = [facts.filter(isSaid), facts.filter((one) => !isSaid(one))]

  test.each(facts.map((_, n) => n + 1))('is built again from both topics, %i facts long', (n) => {
    const some = facts.slice(0, n)
    const live = after(some)
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: n, maxLength: n }), (turns) => {
        // each topic in its order, the two in any
        const [one, other] = [some.filter(isSaid), some.filter((input) => !isSaid(input))]
        const mixed: ConsoleInput[] = []
        for (const turn of turns) mixed.push(...(turn ? one : other).splice(0, 1))
        mixed.push(...one, ...other)
        const built = after(mixed)
        expect(built.standing).toBe(live.standing)
        expect(built.entry?.acts).toEqual(live.entry?.acts)
        expect(built.entry?.times).toBe(live.entry?.times)
      }),
    )
    expect(said.length + acts.length).toBe(facts.length)
  })
})

describe('who says what of whom', () => {
  test('what an outsider wrote and nobody signed claims its document, and stands in no queue', () => {
    const entry = entryOf(claimed())
    expect(isClaim(entry)).toBe(true)
    expect(queueOf(entry)).toBeUndefined()
    expect(rowOf(entry)).toMatchObject({ document: 'wo_1', claimed: true })
    expect(indexOfParked(entry).parked_document).toBeUndefined()
  })

  test('what was signed concerns its agent, and is for its document', () => {
    const entry = entryOf(claimed({ party: 'agent/agent-1', reason_code: 'PT-1065' }))
    expect(rowOf(entry)).toMatchObject({ agent: 'agent-1', document: 'wo_1' })
    expect(rowOf(entry).claimed).toBeUndefined()
    expect(queueOf(entry)).toBe('intake wo_1')
    expect(indexOfParked(entry)).toMatchObject({ parked_document: 'wo_1', parked_agent: 'agent-1' })
  })

  test('what a service wrote is for the document that its reader named', () => {
    expect(queueOf(entryOf(parked()))).toBe('dispatch wo_1')
  })

  test('a tool speaks of its own commands alone, and only signed', () => {
    const data = {
      ...{ tool: 'energyops', reason_code: 'PT-9004', detail: 'd', partition: 0, offset: '1' },
      ...{ headers: {}, first_time: at(0), attempts: 1, document: 'wo_1', key_id: 'k' },
      topic: topicFor('execution.commanded', 'energyops'),
    }
    const input = (more: object, waited = 30): ConsoleInput => ({
      ...{ id: 't', type: 'tool.parked', at: at(1), key: 'energyops', waited },
      data: { ...data, ...more },
    })
    const decide = (one: ConsoleInput, context = NOBODY) =>
      consoleService.decide({ status: 'absent' }, one, context)
    expect(() => decide(input({}))).toThrow(
      expect.objectContaining({ code: 'PT-7048', isQuiet: true }),
    )
    expect(() => decide(input({}, 0))).toThrow(RetryLater)
    expect(() => decide(input({ topic: topicFor('credits.held') }))).toThrow('PT-7048')
    const genuine: Context = { ...NOBODY, genuineParked: { has: () => true } }
    const [event] = decide(input({}), genuine)
    const state = event && consoleService.evolve({ status: 'absent' }, event)
    const entry = parkedOf(state ?? { status: 'absent' })
    expect(entry && rowOf(entry)).toMatchObject({ service: 'tool/energyops', claimed: true })
  })
})

function isSaid({ type }: ConsoleInput): boolean {
  return type === 'parked'
}

function entryState(entry: ParkedState | undefined): State {
  return entry ?? { status: 'absent' }
}
