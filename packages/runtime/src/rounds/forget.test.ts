import { signAtDoor } from '@prooftrail/contracts'
import { exampleKey, exampleTrailKey } from '@prooftrail/testing/trail'
import { describe, expect, it } from 'vitest'
import type { RoundInput } from '../round-input.ts'
import type { Input } from '../service.ts'
import { fakeDatabase, Instance, message } from './fake-round.fixtures.ts'
import { FORGOTTEN, heedingOperators } from './forget.ts'
import {
  funding,
  makeToy,
  type ToyInput,
  type ToyState,
  toyEffect,
  toyInitial,
} from './toy.fixtures.ts'

/** A toy that keeps how many receipts there were, and nothing of what was said. */
function setUp() {
  const db = fakeDatabase<ToyState>()
  const toy = {
    ...makeToy(),
    forget: ({ receipts }: ToyState): ToyState => ({ ...toyInitial, receipts }),
  }
  return { db, one: new Instance(toy, db), other: new Instance(toy, db) }
}

/** The message that has a document forgotten, as every service gets it. */
function forget(doc: string, id = 'forget'): RoundInput<ToyInput> {
  const input = { id, type: FORGOTTEN, at: '2026-01-01T00:00:00.000Z', data: {} }
  return { doc, input: input as unknown as ToyInput }
}

const receipts = 'settlement-receipt.issued'

describe('a document that is forgotten', () => {
  it('keeps what the service says, and what it handled and published', async () => {
    const { db, one } = setUp()
    await one.round(message(funding('a', '1')), message(funding('a', 'later')))
    const before = db.docs.get('a')
    await one.round(forget('a'))
    const after = db.docs.get('a')
    expect(after).toMatchObject({ forgotten: true, due_at: undefined })
    expect(after?.state).toEqual({ credits: 0, receipts: 1, ran: [] })
    expect(after?.publishedIds).toEqual(before?.publishedIds)
    expect(after?.handledIds).toEqual([...(before?.handledIds ?? []), 'forget'])
  })

  it('takes nothing in any more: what comes again, late, or from another process that knew it before', async () => {
    const { db, one, other } = setUp()
    await other.round(message(funding('a', '1')))
    await one.round(forget('a'))
    const after = db.docs.get('a')
    await one.round(message(funding('a', '1')), message(funding('a', '2')))
    await other.round(message(funding('a', '3')), forget('a', 'again'))
    expect(db.docs.get('a')?.state).toEqual(after?.state)
    expect(db.docs.get('a')?.handledIds).toEqual(after?.handledIds)
    expect([one.said(receipts).length, other.said(receipts).length]).toEqual([0, 1])
  })

  it('is made where there was none, so that nothing is made later', async () => {
    const { db, one } = setUp()
    await one.round(forget('a'))
    await one.round(message(funding('a', '1')))
    expect(db.docs.get('a')).toMatchObject({ forgotten: true, state: toyInitial })
    expect(one.said(receipts)).toEqual([])
  })

  it('has no effect begun that an input of the same round asked for', async () => {
    const db = fakeDatabase<ToyState>()
    const started: string[] = []
    const effect = {
      of: toyEffect,
      run: async ({ id }: { id: string }) => {
        started.push(id)
        return { id, type: 'ran' as const, at: '', data: { by: id } }
      },
      concurrency: 1,
    }
    const toy = { ...makeToy({ run: effect }), forget: () => toyInitial }
    const one = new Instance(toy, db)
    await one.round(message(funding('a', 'act')), forget('a'))
    expect(one.effects).toEqual([])
    expect(started).toEqual([])
  })
})

describe('that a run is forgotten', () => {
  const AT = '2026-03-01T00:00:00.000Z'
  const operator = exampleKey('console', ['operator'])
  const former = exampleKey('console', ['operator'], 'the one before')
  const intake = exampleKey('intake', ['intake'])
  const listed = [
    exampleTrailKey(operator),
    exampleTrailKey(former, { exp: Date.parse('2026-02-01') / 1000 }),
    exampleTrailKey(intake),
  ]
  const said = { work_order_id: 'a', decided_by: 'ops', reason: 'they left', decided_at: AT }
  const service = { name: 'toy', forget: () => toyInitial, route: (_: Input) => 'a' }
  const told = (data: object, at = AT): Input => ({ id: 'm', type: FORGOTTEN, at, data })
  const heeding = heedingOperators(service, listed)

  it('is taken from an operator, by a key that counted when it arrived', () => {
    expect(heeding.route(told(signAtDoor(said, operator)))).toBe('a')
    expect(heeding.route(told(signAtDoor(said, former), '2026-01-31T23:59:59.999Z'))).toBe('a')
  })

  it.each<[string, object]>([
    ['nobody signed', said],
    ['another service signed', signAtDoor(said, intake)],
    ['a key signed that had ended', signAtDoor(said, former)],
    ['nobody knows the key of', signAtDoor(said, exampleKey('stranger', ['operator']))],
    ['was changed', { ...signAtDoor(said, operator), work_order_id: 'b' }],
    ['names a key that did not sign it', { ...signAtDoor(said, intake), key_id: operator.key_id }],
  ])('names no document where %s', (_, data) => {
    expect(() => heeding.route(told(data))).toThrow('PT-9062')
  })

  it('is no service’s to take that knows no keys', () => {
    expect(() => heedingOperators(service, undefined)).toThrow('knows no operator')
  })
})
