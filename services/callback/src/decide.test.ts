import { codeOf, given } from '@prooftrail/testing/runtime'
import { describe, expect, test } from 'vitest'
import { contextAt, type Given, receiptInput, usageReceiptIssued } from './callback.fixtures.ts'
import { due, evolve, initial } from './evolve.ts'
import { deliveries, later, outcome, play, startedIn, types } from './play.fixtures.ts'
import { callback } from './service.ts'
import type { CallbackEvent, CallbackInput } from './state.ts'

const context = contextAt()
const AT = '2026-01-01T00:00:00.000Z'

describe('a usage receipt whose agent wants a callback', () => {
  const { events, state } = given(callback, context).when(receiptInput())

  test('starts the first attempt, and publishes nothing yet', () => {
    expect(types(events)).toEqual(['callback.prepared', 'attempt.started'])
    expect(startedIn(events)).toMatchObject({
      attempt: 1,
      callback_url: 'https://agent.example/hook',
      begun_at: AT,
    })
  })

  test('is looked at again when the lease of the attempt runs out', () => {
    expect(due(state)).toBe(later(AT, 60_000))
  })

  test('said again, by the same or another message, is nothing new', () => {
    expect(callback.decide(state, receiptInput({}, 'message-2'), context)).toEqual([])
  })

  test('after an outage the lease counts from now, not from the old message', () => {
    const now = later(AT, 3_600_000)
    const [, started] = callback.decide(initial, receiptInput(), contextAt(now))
    expect(started).toMatchObject({ data: { lease_until: later(now, 60_000) } })
  })
})

describe('delivery', () => {
  test('200: delivered, with one attempt, and the body leaves the document', () => {
    const { state, said, events } = play([{ status: 200 }])
    expect(said).toMatchObject([{ callback_status: 'delivered', attempt: 1, http_status: 200 }])
    expect(said[0]?.attempts).toHaveLength(1)
    expect(said[0]).not.toHaveProperty('next_attempt_at')
    expect(due(state)).toBeUndefined()
    expect(JSON.stringify(state)).not.toContain('agent_callback_payload')
    expect(types(events)).not.toContain('exception.opened')
  })

  test('what was delivered is signed by callback and follows contract and usage receipt', () => {
    const { events } = play([{ status: 200 }])
    const link = events.flatMap((one) => (one.type === 'callback.attempted' ? [one.data] : []))[0]
    if (!link) throw new Error('nothing was said')
    const event = usageReceiptIssued()
    expect(link.isSignedBy(context.key.privateKey)).toBe(true)
    expect(link.after).toEqual([event.result_contract.ref, event.usage_receipt.ref])
  })

  test('500 then 200: pending, then delivered, with both attempts and the same hash', () => {
    const { said, events } = play([{ status: 500 }, { status: 200 }])
    expect(said.map((one) => one.callback_status)).toEqual(['pending', 'delivered'])
    expect(said[1]?.attempts.map((one) => one.http_status)).toEqual([500, 200])
    expect(said[0]?.callback_hash).toBe(said[1]?.callback_hash)
    const bodies = events.flatMap((one) =>
      one.type === 'attempt.started' ? [one.data.payload.body] : [],
    )
    expect(bodies).toHaveLength(2)
    expect(bodies[0]).toBe(bodies[1])
  })

  test('410: parked at once, with a ticket', () => {
    const { said, events, state } = play([{ status: 410 }])
    expect(said).toMatchObject([{ callback_status: 'parked', attempt: 1, http_status: 410 }])
    expect(types(events).slice(-2)).toEqual(['callback.attempted', 'exception.opened'])
    expect(due(state)).toBeUndefined()
  })

  test('429 with Retry-After: the next attempt waits for it', () => {
    const { said, state } = play([{ status: 429, retry_after: later(AT, 7_200_000) }])
    expect(said[0]?.next_attempt_at).toBe(later(AT, 7_200_000))
    expect(due(state)).toBe(later(AT, 7_200_000))
  })

  test('ten failures: parked, one ticket, the body is kept, nothing is tried again', () => {
    const { said, events, state } = play(Array.from({ length: 10 }, () => ({ status: 500 })))
    expect(said.map((one) => one.callback_status)).toEqual([
      ...Array.from({ length: 9 }, () => 'pending'),
      'parked',
    ])
    expect(said.at(-1)?.attempts.map((one) => one.attempt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(types(events).filter((type) => type === 'exception.opened')).toHaveLength(1)
    const ticket = events.at(-1)
    expect(ticket).toMatchObject({
      data: {
        object: {
          exception_type: 'callback_failure',
          status: 'open',
          next_action: 'retry_callback',
          requested_tool: 'tokenops',
          task_token: 'tt_example',
        },
        after: [{ name: 'usage_receipt' }],
      },
    })
    expect(due(state)).toBeUndefined()
    expect(state.deliveries[0]?.payload?.body).toContain('agent_callback_payload')
  })

  test('the ten attempts take about 75 hours', () => {
    const { said } = play(Array.from({ length: 10 }, () => ({ status: 503 })))
    const hours = (Date.parse(said.at(-1)?.issued_at ?? '') - Date.parse(AT)) / 3_600_000
    expect(hours).toBeGreaterThan(67)
    expect(hours).toBeLessThan(84)
  })
})

describe('an attempt without outcome', () => {
  test('is unknown, never failed; the next attempt follows and may deliver', () => {
    const { said } = play(['crash', { status: 200 }])
    expect(said.map((one) => one.callback_status)).toEqual(['pending', 'delivered'])
    expect(said[0]?.attempts).toMatchObject([{ attempt: 1, outcome: 'unknown' }])
    expect(said[0]).not.toHaveProperty('http_status')
    expect(said[1]?.attempts.map((one) => one.outcome)).toEqual(['unknown', 'delivered'])
  })

  test('whose receiver turns out to have said yes is delivered, and not sent again', () => {
    const { state, events } = play(['crash'])
    const started = startedIn(events)
    const late = callback.decide(state, outcome(started, { status: 200 }), context)
    expect(deliveries(late)).toMatchObject([
      { callback_status: 'delivered', attempts: [{ attempt: 1, outcome: 'delivered' }] },
    ])
    expect(due(late.reduce(evolve, state))).toBeUndefined()
  })

  test('whose late outcome is a failure changes nothing', () => {
    const { state, events } = play(['crash'])
    expect(callback.decide(state, outcome(startedIn(events), { status: 500 }), context)).toEqual([])
  })

  test('as the tenth one parks', () => {
    const { said } = play([...Array.from({ length: 9 }, () => ({ status: 500 })), 'crash'])
    expect(said.at(-1)).toMatchObject({ callback_status: 'parked', attempt: 10 })
  })
})

describe('fencing', () => {
  test('a due time that is not yet, or no longer, the document’s does nothing', () => {
    const { state } = play([])
    const early: CallbackInput = { id: 'due:x', type: 'due', at: later(AT, 59_999), data: {} }
    expect(callback.decide(state, early, context)).toEqual([])
    const { state: delivered } = play([{ status: 200 }])
    const old: CallbackInput = { id: 'due:y', type: 'due', at: later(AT, 600_000), data: {} }
    expect(callback.decide(delivered, old, context)).toEqual([])
  })

  test('an outcome said twice counts once', () => {
    const { state, events } = play([{ status: 500 }])
    expect(callback.decide(state, outcome(startedIn(events), { status: 500 }), context)).toEqual([])
  })

  test('an attempt that found no place is put off, not counted', () => {
    const { state, events } = play([])
    const { callback_event_id, work_order_id, attempt, begun_at } = startedIn(events)
    const until = later(AT, 35_000)
    const data = { callback_event_id, work_order_id, attempt, begun_at, until }
    const said = callback.decide(
      state,
      { id: 'p', type: 'attempt.postponed', at: AT, data },
      context,
    )
    expect(types(said)).toEqual(['attempt.put-off'])
    const waiting = said.reduce(evolve, state)
    expect(due(waiting)).toBe(until)
    const again = callback.decide(
      waiting,
      { id: 'd', type: 'due', at: until, data: {} },
      contextAt(until),
    )
    expect(startedIn(again).attempt).toBe(1)
  })
})

describe('no callback due', () => {
  test.each<[string, Given]>([
    ['status_polling_only', { callback_policy: 'status_polling_only' }],
    ['no address', { callback_url: undefined, callback_policy: 'callback_optional' }],
  ])('%s: said at once as ready, with no attempt', (_name, start) => {
    const { events, state } = given(callback, context).when(receiptInput(start))
    expect(types(events)).toEqual(['callback.prepared', 'callback.attempted'])
    expect(deliveries(events)).toMatchObject([
      { callback_status: 'ready', attempt: 0, attempts: [], issued_at: AT },
    ])
    expect(due(state)).toBeUndefined()
    expect(state.deliveries[0]?.payload?.body).toContain('"callback_status":"ready"')
  })
})

describe('a replay', () => {
  test('is a callback of its own, beside the first one', () => {
    const { state } = play([{ status: 500 }])
    const said = callback.decide(state, receiptInput({ n: 1 }, 'message-2'), context)
    expect(startedIn(said).attempt).toBe(1)
    const both = said.reduce(evolve, state)
    expect(both.deliveries).toHaveLength(2)
    expect(callback.decide(both, outcome(startedIn(said), { status: 200 }), context)).toMatchObject(
      [{ data: { object: { callback_status: 'delivered', attempts: [{ attempt: 1 }] } } }],
    )
  })
})

describe('a rebuild from published events', () => {
  const published = (events: readonly CallbackEvent[]) =>
    events.filter(({ type }) => type === 'callback.attempted' || type === 'exception.opened')

  test('restores what was said; the usage receipt brings the body back and delivery goes on', () => {
    const before = play([{ status: 500 }])
    const rebuilt = published(before.events).reduce(evolve, initial)
    expect(rebuilt.deliveries[0]?.attempts).toEqual(before.state.deliveries[0]?.attempts)
    expect(due(rebuilt)).toBeUndefined()
    const said = callback.decide(rebuilt, receiptInput(), context)
    expect(types(said)).toEqual(['callback.prepared'])
    const whole = said.reduce(evolve, rebuilt)
    expect(whole).toEqual(before.state)
  })

  test('a body that is not the announced one is never sent', () => {
    const rebuilt = published(play([{ status: 500 }]).events).reduce(evolve, initial)
    const addresses = { results: 'https://other.example', trails: 'https://trails.example' }
    expect(codeOf(() => callback.decide(rebuilt, receiptInput(), { ...context, addresses }))).toBe(
      'PT-5013',
    )
  })

  test('what was delivered stays delivered', () => {
    const rebuilt = published(play([{ status: 200 }]).events).reduce(evolve, initial)
    const whole = callback.decide(rebuilt, receiptInput(), context).reduce(evolve, rebuilt)
    expect(whole.deliveries[0]?.phase).toEqual({ status: 'delivered' })
    expect(due(whole)).toBeUndefined()
  })
})
