import { codeOf } from '@prooftrail/testing/runtime'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BatchWorld, FOLLOWS, termsOf } from './batch-world.fixtures.ts'
import { HALF_MADE, requestsOf } from './decide-batch.ts'
import { chunkDocument } from './names.ts'
import { recounted } from './tally.ts'
import { batchView, itemView } from './views.ts'

/** The batch as doors count it. */
function counted(world: BatchWorld, n = 1) {
  const chunks = world
    .chunks(n)
    .map((one) => [chunkDocument(one.batch_id, one.chunk), one] as const)
  return recounted(world.batch(n), new Map(chunks))
}

/** What became of every run, as people see it. */
function runsOf(world: BatchWorld, n = 1) {
  const batch = counted(world, n)
  return world
    .chunks(n)
    .flatMap((chunk) => chunk.items.map((_, place) => itemView(batch, chunk, place)))
}

/** Lets time pass, and every act be answered at once, until the batch wants nothing more. */
function settle(world: BatchWorld, code: (place: number) => string | undefined = () => undefined) {
  let answered = world.log.filter(({ type }) => type.startsWith('recovery.')).length
  for (let n = 0; n < 10_000; n += 1) {
    world.deliverFrom(0)
    for (const act of world.acts.slice(answered)) {
      world.deliver(world.answer(act, code(world.placeOf(act))))
      answered += 1
    }
    world.now += 1_000
    const batch = world.batch()
    if (!world.tick() && batchView(batch).settled) return
    if (batch.stands === 'created' || batch.stands === 'paused') return
  }
  throw new Error('it never comes to rest')
}

describe('a batch', () => {
  test('asks for nothing before it is run', () => {
    const world = new BatchWorld()
    world.make(30)
    for (let n = 0; n < 5; n += 1) {
      world.now += 1_000
      world.tick()
      world.deliverFrom(0)
    }
    expect(world.acts).toEqual([])
    expect(batchView(world.batch())).toMatchObject({
      status: 'created',
      counts: { waiting: 30, accepted: 0 },
      allowed: ['run', 'stop'],
    })
  })

  test('asks for every run once; its acts name who made it, and follow what was frozen', () => {
    const world = new BatchWorld()
    world.make(250)
    world.request('run', { requested_by: 'otto', reason: 'now' })
    settle(world, (place) => (place % 10 === 3 ? 'PT-2024' : undefined))
    expect(world.acts).toHaveLength(250)
    expect(world.acts.map((act) => world.placeOf(act))).toEqual([...Array(250).keys()])
    for (const { object, after, kind } of world.acts) {
      expect(object).toMatchObject({
        ...{ recovery_action: 'close', requested_by: 'olga', reason: 'the pilot is over' },
        issued_at: '2026-11-01T10:00:00.000Z',
      })
      expect([kind, after]).toEqual(['operator_decision', [FOLLOWS]])
    }
    const view = batchView(world.batch())
    expect(view).toMatchObject({
      ...{ status: 'done', settled: true, allowed: [] },
      counts: { accepted: 225, refused: 25, asked: 0, unanswered: 0, waiting: 0, not_asked: 0 },
    })
    expect(
      view.changes.map(({ status, changed_by, reason }) => [status, changed_by, reason]),
    ).toEqual([
      ['created', 'olga', undefined],
      ['running', 'otto', 'now'],
      ['done', 'dispatch', undefined],
    ])
    expect(runsOf(world).filter((one) => one?.status === 'refused')).toHaveLength(25)
    expect(runsOf(world)[3]).toMatchObject({ status: 'refused', code: 'PT-2024' })
  })

  test('a run that is not there is answered without being asked for', () => {
    const world = new BatchWorld()
    const items = [{ work_order_id: 'wo_none', code: 'PT-2021' }]
    world.request('select', { chunk: 0, items, terms: termsOf(1) })
    world.request('create', { terms: termsOf(1) })
    world.request('run')
    settle(world)
    expect(world.acts).toEqual([])
    expect(batchView(world.batch())).toMatchObject({ status: 'done', counts: { refused: 1 } })
    expect(runsOf(world)[0]).toMatchObject({ status: 'refused', code: 'PT-2021' })
  })

  test('a slice that comes before its runs waits for them', () => {
    const world = new BatchWorld()
    const early = world.say('batch.advanced', {
      ...{ batch_id: `bt_${'0'.repeat(32)}`, chunk: 0, upto: 1, advanced_at: world.at },
    })
    expect(codeOf(() => world.deliver(early))).toBe('PT-2061')
  })

  test('the answer to another act under a key of the batch is none', () => {
    const world = new BatchWorld()
    world.make(1)
    world.request('run')
    world.now += 1_000
    world.tick()
    world.deliverFrom(0)
    const [act] = world.acts
    if (act === undefined) throw new Error('nothing was asked')
    const forged = { ...act, digest: `sha256:${'0'.repeat(64)}`, object: act.object }
    world.deliver(world.say('recovery.accepted', { work_order_id: 'wo_x', act: forged }))
    expect(runsOf(world)[0]?.status).toBe('asked')
  })
})

describe('what is said of a batch', () => {
  test.each([
    ['run twice', ['run', 'run'], 'running'],
    ['resumed before it was paused', ['resume'], 'created'],
    ['paused before it runs', ['pause'], 'created'],
    ['resumed after its end', ['run', 'stop', 'resume'], 'stopped'],
    ['run again after its end', ['stop', 'run'], 'stopped'],
    ['paused twice', ['run', 'pause', 'pause'], 'paused'],
  ] as const)('%s changes nothing', (_, requests, status) => {
    const world = new BatchWorld()
    world.make(5)
    for (const request of requests) world.request(request)
    expect(world.batch().stands).toBe(status)
    expect(world.batch().changes.length).toBeLessThan(requests.length + 2)
  })

  test('while it is paused it asks for nothing; resumed it goes on where it was', () => {
    const world = new BatchWorld()
    world.make(120)
    world.request('run')
    for (let n = 0; n < 2; n += 1) {
      world.now += 1_000
      world.tick()
      world.deliverFrom(0)
      for (const act of world.acts.slice(n * 40)) world.deliver(world.answer(act))
    }
    const before = world.acts.length
    expect(before).toBeGreaterThan(0)
    expect(before).toBeLessThan(120)
    world.request('pause')
    for (let n = 0; n < 60; n += 1) {
      world.now += 1_000
      world.tick()
      world.deliverFrom(0)
    }
    expect(world.acts).toHaveLength(before)
    world.request('resume')
    settle(world)
    expect(world.acts.map((act) => world.placeOf(act))).toEqual([...Array(120).keys()])
    expect(batchView(world.batch()).counts.accepted).toBe(120)
  })

  test('stopped, what is under way is still answered and the rest is not asked for', () => {
    const world = new BatchWorld()
    world.make(60)
    world.request('run')
    world.now += 1_000
    world.tick()
    world.deliverFrom(0)
    const asked = world.acts.length
    world.request('stop', { reason: 'wrong runs' })
    expect(batchView(world.batch())).toMatchObject({ settled: false, counts: { asked } })
    settle(world)
    expect(batchView(world.batch())).toMatchObject({
      ...{ status: 'stopped', settled: true },
      counts: { accepted: asked, asked: 0, not_asked: 60 - asked },
    })
    expect(runsOf(world).at(-1)?.status).toBe('not_asked')
  })

  test('its time ends it, whether it ran or not', () => {
    for (const request of ['run', undefined] as const) {
      const world = new BatchWorld()
      world.make(5)
      if (request) world.request(request)
      world.now = Date.parse('2026-11-02T10:00:00.000Z')
      expect(world.tick()).toBe(true)
      expect(world.batch().stands).toBe('expired')
      expect(requestsOf(world.batch())).toEqual([])
      settle(world)
      expect(world.acts).toEqual([])
    }
  })

  test('ends by itself where its making was cut short; one that is whole waits for its time', () => {
    const world = new BatchWorld()
    const terms = termsOf(150)
    const items = Array.from({ length: 100 }, (_, n) => ({ work_order_id: `wo_${n}` }))
    world.request('create', { terms })
    world.request('select', { chunk: 0, items, terms })
    world.make(150, {}, 2)
    world.now += 9 * 60_000
    expect([world.tick(1), world.tick(2)]).toEqual([false, false])
    world.now += 60_000
    expect([world.tick(1), world.tick(2)]).toEqual([true, true])
    expect(batchView(world.batch(1))).toMatchObject({ status: 'expired', settled: true })
    expect(world.batch(1).changes.at(-1)).toMatchObject({
      changed_by: 'dispatch',
      reason: HALF_MADE,
    })
    expect(world.batch(2).stands).toBe('created')
    world.now += 60_000
    expect([world.tick(1), world.tick(2)]).toEqual([false, false])
    world.request('run', {}, 2)
    expect(world.batch(2).stands).toBe('running')
  })

  test('changes are kept up to a number; past it the batch can only end', () => {
    const world = new BatchWorld()
    world.make(5)
    world.request('run')
    for (let n = 0; n < 200; n += 1) world.request(n % 2 === 0 ? 'pause' : 'resume')
    expect(world.batch().changes).toHaveLength(100)
    expect(requestsOf(world.batch())).toEqual(['stop'])
  })
})

describe('an act without an answer', () => {
  function lost() {
    const world = new BatchWorld()
    world.make(15)
    world.request('run')
    world.now += 1_000
    world.tick()
    world.deliverFrom(0)
    for (const act of world.acts.slice(1)) world.deliver(world.answer(act))
    return world
  }

  test('counts as unanswered after two minutes, so that the batch ends', () => {
    const world = lost()
    for (let n = 0; n < 130; n += 1) {
      world.now += 1_000
      world.tick()
      world.deliverFrom(0)
    }
    expect(batchView(world.batch())).toMatchObject({
      ...{ status: 'done', settled: true },
      counts: { accepted: 14, unanswered: 1 },
    })
    expect(runsOf(world)[0]).toMatchObject({ status: 'unanswered', code: 'PT-2068' })
    const [act] = world.acts
    if (act) world.deliver(world.answer(act))
    expect(runsOf(world)[0]?.status).toBe('accepted')
  })

  test('that comes late counts as the answer that it is, and hides nothing that is under way', () => {
    const world = new BatchWorld()
    world.make(30, { per_second: 5 })
    world.request('run')
    const goOn = (seconds: number) => {
      for (let n = 0; n < seconds; n += 1) {
        world.now += 1_000
        world.tick()
        world.deliverFrom(0)
      }
    }
    // the first ten are given up, then all of them are answered
    goOn(135)
    const late = world.acts.slice(0, 10)
    expect(batchView(world.batch()).counts.unanswered).toBe(10)
    for (const act of late) world.deliver(world.answer(act))
    goOn(5)
    const { counts } = batchView(world.batch())
    expect(counts).toMatchObject({ accepted: 10, unanswered: 0 })
    expect(counts.asked).toBe(world.acts.length - 10)
    expect(counts.asked).toBeGreaterThan(0)
    for (const act of world.acts.slice(10)) world.deliver(world.answer(act))
    goOn(5)
    for (const act of world.acts.slice(20)) world.deliver(world.answer(act))
    goOn(5)
    expect(batchView(world.batch())).toMatchObject({ status: 'done', counts: { accepted: 30 } })
  })

  test('is waited for anew when nobody was there to answer', () => {
    const world = lost()
    world.now += 600_000
    world.tick()
    expect(batchView(world.batch()).counts).toMatchObject({ asked: 1, unanswered: 0 })
  })
})

describe('pace', () => {
  /** Acts asked for in each second, answered at once. */
  function perSecond(world: BatchWorld, seconds: number, batches: readonly number[]): number[][] {
    let answered = 0
    return Array.from({ length: seconds }, () => {
      world.now += 1_000
      for (const n of batches) world.tick(n)
      world.deliverFrom(0)
      const fresh = world.acts.slice(answered)
      answered = world.acts.length
      for (const act of fresh) world.deliver(world.answer(act))
      return batches.map(
        (n) => fresh.filter(({ object }) => object.work_order_id.startsWith(`wo_${n}_`)).length,
      )
    })
  }

  test('a batch asks for no more than its rate', () => {
    const world = new BatchWorld()
    world.make(500, { per_second: 20 })
    world.request('run')
    const counts = perSecond(world, 10, [1]).map(([n = 0]) => n)
    expect(Math.max(...counts.slice(1))).toBeLessThanOrEqual(20)
    const sum = counts.reduce((a, b) => a + b, 0)
    expect(sum).toBeGreaterThanOrEqual(180)
    expect(sum).toBeLessThanOrEqual(220)
  })

  test('all batches together ask for no more than the deployment allows, each its part', () => {
    const world = new BatchWorld()
    world.perSecond = 40
    for (const [n, per_second] of [30, 30, 60].entries()) world.make(900, { per_second }, n + 1)
    for (const n of [1, 2, 3]) world.request('run', {}, n)
    world.deliverFrom(0)
    const counts = perSecond(world, 20, [1, 2, 3])
    const sums = [0, 1, 2].map((n) => counts.reduce((sum, one) => sum + (one[n] ?? 0), 0))
    const all = sums.reduce((a, b) => a + b, 0)
    expect(all).toBeLessThanOrEqual(40 * 21 + 30)
    expect(all).toBeGreaterThanOrEqual(40 * 18)
    expect(Math.abs((sums[2] ?? 0) - 2 * (sums[0] ?? 0))).toBeLessThan(60)
  })

  test('no more is under way than is answered in two seconds', () => {
    const world = new BatchWorld()
    world.make(500, { per_second: 20 })
    world.request('run')
    for (let n = 0; n < 60; n += 1) {
      world.now += 1_000
      world.tick()
      world.deliverFrom(0)
    }
    expect(world.acts.length).toBeLessThanOrEqual(40)
  })

  test('what a time away left unused is not made up for', () => {
    const world = new BatchWorld()
    world.make(500, { per_second: 20 })
    world.request('run')
    world.now += 3_600_000
    world.tick()
    world.deliverFrom(0)
    expect(world.acts.length).toBeLessThanOrEqual(40)
  })
})

/** What may happen next, in any order. */
type Happening =
  | { type: 'tick'; ms: number }
  | { type: 'deliver'; pick: number }
  | { type: 'again'; pick: number }
  | { type: 'answer'; pick: number; accepts: boolean }
  | { type: 'run' | 'pause' | 'resume' | 'stop' }
  /** Nobody answers for as long as makes the batch give up what is under way. */
  | { type: 'silence' }

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 20, arbitrary: fc.record({ type: fc.constant('tick' as const), ms: fc.nat(4_000) }) },
  { weight: 20, arbitrary: fc.record({ type: fc.constant('deliver' as const), pick: fc.nat() }) },
  { weight: 10, arbitrary: fc.record({ type: fc.constant('again' as const), pick: fc.nat() }) },
  {
    weight: 30,
    arbitrary: fc.record({
      ...{ type: fc.constant('answer' as const), pick: fc.nat(), accepts: fc.boolean() },
    }),
  },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('run' as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({ type: fc.constantFrom('pause' as const, 'resume' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('stop' as const) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('silence' as const) }) },
)

describe('in whatever order things happen', () => {
  test('no act is asked for twice, and every run that was asked for has one answer', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 130 }),
        fc.integer({ min: 1, max: 120 }),
        fc.array(happening, { maxLength: 120 }),
        (total, per_second, happenings) => {
          const world = new BatchWorld()
          world.make(total, { per_second })
          const said = new Map<number, string>()
          const refuses = new Map<number, string | undefined>()
          const answered = new Set<number>()
          let delivered = 0
          const answer = (pick: number, accepts: boolean) => {
            const act = world.acts[pick % world.acts.length]
            if (act === undefined) return
            const place = world.placeOf(act)
            // dispatch judges an act once, and says the same again
            if (!refuses.has(place)) refuses.set(place, accepts ? undefined : 'PT-2024')
            world.deliver(world.answer(act, refuses.get(place)))
            answered.add(place)
          }
          for (const one of happenings) {
            switch (one.type) {
              case 'tick':
                world.now += one.ms
                world.tick()
                break
              case 'deliver': {
                // a partition hands out in its order
                const message = world.log[delivered]
                if (message) {
                  world.deliver(message)
                  delivered += 1
                }
                break
              }
              case 'again': {
                const message = world.log[one.pick % Math.max(1, delivered)]
                if (message) world.deliver(message)
                break
              }
              case 'answer':
                if (world.acts.length > 0) answer(one.pick, one.accepts)
                break
              case 'silence':
                for (let n = 0; n < 125; n += 1) {
                  world.now += 1_000
                  world.tick()
                }
                break
              default:
                world.request(one.type)
            }
          }
          if (world.batch().stands === 'paused') world.request('resume')
          if (world.batch().stands === 'created') world.request('run')
          const answerAll = () => {
            world.deliverFrom(0)
            for (const [k, act] of world.acts.entries()) {
              if (!answered.has(world.placeOf(act))) answer(k, k % 3 > 0)
            }
          }
          for (let n = 0; n < 1_000 && !batchView(world.batch()).settled; n += 1) {
            answerAll()
            world.now += 1_000
            world.tick()
          }
          // of what was given up before the end, the answers come late
          answerAll()
          const view = batchView(counted(world))
          expect(view.settled).toBe(true)
          for (const act of world.acts) {
            const place = world.placeOf(act)
            expect(said.has(place)).toBe(false)
            said.set(place, act.digest)
          }
          const runs = runsOf(world)
          for (const [place, run] of runs.entries()) {
            const expected = refuses.get(place) === undefined ? 'accepted' : 'refused'
            expect(run?.status).toBe(said.has(place) ? expected : 'not_asked')
          }
          const { accepted, refused, not_asked, asked, unanswered, waiting } = view.counts
          expect(asked + unanswered + waiting).toBe(0)
          expect(accepted + refused).toBe(said.size)
          expect(accepted + refused + not_asked).toBe(total)
          if (view.status === 'done') expect(not_asked).toBe(0)
        },
      ),
      { numRuns: 60 },
    )
  })
})
