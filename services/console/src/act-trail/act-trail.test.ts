import { type RecoveryAct, STUCK_AFTER } from '@prooftrail/contracts'
import type { ListedAct } from '@prooftrail/contracts/doors'
import { Lookup, type Pair } from '@prooftrail/runtime'
import { isServed, memoryReader } from '@prooftrail/testing/runtime'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { at, input, linkOf, WO } from '../console.fixtures.ts'
import { consoleService, prepare } from '../service.ts'
import type { ConsoleInput, State } from '../state.ts'
import { memoryActs } from './acts.fixtures.ts'
import { listActs } from './list.ts'
import { listedOf, SELECTED_BY } from './listed.ts'
import { ACT_INDEXES } from './store.ts'

const BATCH = `bt_${'0'.repeat(32)}`

function act(n: number, { by = 'ada', key = `key-${n}` } = {}) {
  const object: RecoveryAct = {
    ...{ object_type: 'agent_recovery_request', work_order_id: WO, requested_by: by },
    ...{ recovery_action: 'replay_from_checkpoint', idempotency_key: key },
    ...{ reason: `reason ${n}`, issued_at: at(n) },
  }
  return linkOf('recovery_request', object)
}

type Said = Parameters<typeof act>[1] & { batch_id?: string }
const taken = (n: number, { batch_id, ...said }: Said = {}) =>
  input('recovery.accepted', n, {
    ...{ work_order_id: WO, act: act(n, said), sequence: n, agent_id: 'agent-1' },
    ...(batch_id === undefined ? {} : { batch_id }),
    accepted_at: at(n),
  })
const refused = (n: number, { batch_id, ...said }: Said = {}) =>
  input('recovery.refused', n, {
    ...{ work_order_id: WO, act: act(n, said), code: 'PT-2023', detail: 'the run is closed' },
    ...(batch_id === undefined ? {} : { batch_id }),
    ...{ state: 'closed', allowed_states: [], allowed_acts: [], refused_at: at(n) },
  })
const terms = {
  ...{ act: { recovery_action: 'close', reason: 'old' }, requested_by: 'ada', total: 500 },
  ...{ per_second: 20, created_at: at(1), expires_at: at(9_000) },
}
const paused = input('batch.changed', 4, {
  ...{ batch_id: BATCH, status: 'paused', changed_by: 'bob', reason: 'wait' },
  ...{ changed_at: at(4), terms },
})

/** What a service that read these messages lists. */
async function listed(inputs: readonly ConsoleInput[]) {
  const acts = memoryActs()
  const tools = { acts, lookup: new Lookup(memoryReader(consoleService, {})) }
  const config = { stuckAfter: STUCK_AFTER, publicUrl: '' }
  const wave = inputs.map((one): Pair<State, ConsoleInput> => {
    return { doc: WO, state: { status: 'absent' }, input: one }
  })
  // prepare reads these two settings
  await prepare(wave, { ...tools, config: config as never })
  return acts
}

async function all(acts: ReturnType<typeof memoryActs>, query: Parameters<typeof listActs>[1]) {
  const found: ListedAct[] = []
  let cursor: string | undefined
  do {
    const page = await listActs(acts, { ...query, ...(cursor === undefined ? {} : { cursor }) })
    if (!('acts' in page)) throw new Error(page.detail)
    found.push(...page.acts)
    cursor = page.next_cursor
  } while (cursor !== undefined)
  return found
}

describe('the trail of acts', () => {
  test('tells who asked for what, when, why, and what came of it', async () => {
    const [last, first] = await all(await listed([taken(1), refused(2)]), {})
    expect(first).toMatchObject({
      ...{ on: 'run', action: 'replay_from_checkpoint', by: 'ada', answer: 'accepted' },
      ...{ at: at(1), reason: 'reason 1', work_order_id: WO, digest: act(1).digest },
    })
    expect(last).toMatchObject({ answer: 'refused', code: 'PT-2023', detail: 'the run is closed' })
  })

  test('what is done to a batch stands beside the acts that it asked for', async () => {
    const one = taken(2, { key: `${BATCH}/17`, batch_id: BATCH })
    const other = refused(3, { key: `${BATCH}/18`, batch_id: BATCH })
    const found = await all(await listed([paused, one, other, taken(5)]), { batch: BATCH })
    expect(found.map(({ on, action, by }) => [on, action, by])).toEqual([
      ['batch', 'paused', 'bob'],
      ['run', 'replay_from_checkpoint', 'ada'],
      ['run', 'replay_from_checkpoint', 'ada'],
    ])
  })

  test('a key that somebody chose is of no batch, however it looks', async () => {
    const key = `${BATCH}/1`
    const chosen = [taken(1, { by: 'agent-1', key }), refused(2, { by: 'agent-1', key })]
    const acts = await listed([...chosen, taken(3, { key }), refused(5, { key }), paused])
    expect((await all(acts, { batch: BATCH })).map(({ on }) => on)).toEqual(['batch'])
  })

  test('a message that is read again is listed once', async () => {
    const messages = [taken(1), refused(2), paused]
    const acts = await listed(messages)
    await acts.put(messages.flatMap((one) => listedOf(one) ?? []))
    expect(await all(acts, {})).toHaveLength(3)
  })

  test('every page tells what is selected and nothing else, newest first, by the index', async () => {
    const messages = Array.from({ length: 40 }, (_, n) =>
      n % 3 === 0 ? refused(n) : n % 7 === 0 ? paused : taken(n, { by: n % 2 ? 'ada' : 'agent-1' }),
    )
    const acts = await listed(messages)
    const whole = await all(acts, { limit: 200 })
    const name = fc.record(
      {
        by: fc.constantFrom('ada', 'bob', 'nobody'),
        answer: fc.constantFrom('accepted', 'refused', 'done'),
        on: fc.constantFrom('run', 'batch'),
        since: fc.integer({ min: 0, max: 45 }).map(at),
        until: fc.integer({ min: 0, max: 45 }).map(at),
        run: fc.constant(WO),
      },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(name, fc.integer({ min: 1, max: 9 }), async (query, limit) => {
        const found = await all(acts, { ...query, limit })
        const wanted = whole.filter(
          (one) =>
            (query.by ?? one.by) === one.by &&
            (query.answer ?? one.answer) === one.answer &&
            (query.on ?? one.on) === one.on &&
            (query.run ?? one.work_order_id) === one.work_order_id &&
            one.at >= (query.since ?? '') &&
            one.at <= (query.until ?? '~'),
        )
        expect(found.map(({ key }) => key)).toEqual(wanted.map(({ key }) => key))
      }),
      { numRuns: 60 },
    )
    const asked = acts.asked.map(({ filter, sort }) => ({ filter: { ...filter }, sort }))
    expect(asked.filter((one) => !isServed(ACT_INDEXES, one))).toEqual([])
  })

  test('a cursor goes on in its own list only, and a time is a time', async () => {
    const acts = await listed([taken(1), taken(2), taken(3)])
    const page = await listActs(acts, { limit: 1 })
    const cursor = 'acts' in page ? page.next_cursor : undefined
    if (cursor === undefined) throw new Error('there are more')
    expect(await listActs(acts, { by: 'ada', cursor })).toMatchObject({ code: 'PT-9039' })
    expect(await listActs(acts, { since: 'yesterday' })).toMatchObject({ code: 'PT-9033' })
    expect(SELECTED_BY).toContain('run')
  })
})
