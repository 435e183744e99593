import { RUN_SORTS } from '@prooftrail/contracts/doors'
import { isServed, memoryReader } from '@prooftrail/testing/runtime'
import { workOrderId } from '@prooftrail/trail'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { accepted, goodRun, opened, resolved, runOf, TOKEN, WO } from './console.fixtures.ts'
import { findRuns, listRuns, MOST_SELECTED, type RunsQuery, selectRuns } from './runs.ts'
import { consoleService } from './service.ts'
import type { RunState } from './state.ts'

const whole = runOf(goodRun())

/** Runs that differ in what lists select and order by. */
function many(n: number): Record<string, RunState> {
  const runs = Array.from({ length: n }, (_, at): [string, RunState] => {
    const work_order_id = workOrderId('agent-1', `run ${at}`)
    const base = at % 3 === 0 ? whole : runOf([accepted()])
    const minute = String(Math.floor(at / 4) % 60).padStart(2, '0')
    const agent_id = `agent-${at % 5}`
    return [
      work_order_id,
      { ...base, ...{ work_order_id, agent_id }, as_of: `2026-11-02T10:${minute}:00.000Z` },
    ]
  })
  return Object.fromEntries(runs)
}

/** Every page of a list, one after the other. */
async function all(states: Record<string, RunState>, query: RunsQuery) {
  const store = memoryReader(consoleService, states)
  const pages = []
  let cursor: string | undefined
  do {
    const page = await listRuns(store, { ...query, ...(cursor === undefined ? {} : { cursor }) })
    if (!('runs' in page)) throw new Error(page.detail)
    pages.push(page.runs)
    cursor = page.next_cursor
  } while (cursor !== undefined)
  return { pages, ids: pages.flat().map((run) => run.work_order_id), asked: store.asked }
}

describe('a list of runs', () => {
  const states = many(60)

  test.each(RUN_SORTS)('tells every run once, page by page, by %s', async (sort) => {
    const { pages, ids } = await all(states, { sort, limit: 7 })
    expect([...ids].sort()).toEqual(Object.keys(states).sort())
    expect(pages.slice(0, -1).every((page) => page.length === 7)).toBe(true)
    const times = pages.flat().map((run) => (sort.includes('changed') ? run.changed_at : ''))
    expect(times).toEqual(sort.startsWith('-') ? [...times].sort().reverse() : [...times].sort())
  })

  test('selects by the type of a ticket, as long as it is open', async () => {
    const gap = [accepted(), opened('credit_hold', 2)]
    const some = {
      open: { ...runOf(gap), work_order_id: 'open' },
      settled: { ...runOf([...gap, resolved('credit_hold', 4)]), work_order_id: 'settled' },
      other: { ...runOf([accepted(), opened('callback_failure', 2)]), work_order_id: 'other' },
    }
    expect((await all(some, { ticket: 'credit_hold' })).ids).toEqual(['open'])
    expect((await all(some, { ticket: 'callback_failure', tool: 'none' })).ids).toEqual([])
  })

  test('holds what is selected and nothing else, by any number of facets', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record(
          {
            agent: fc.constantFrom('agent-0', 'agent-1', 'nobody'),
            state: fc.constantFrom('attested', 'created', 'failed'),
            result: fc.constantFrom('ready', 'partial'),
            waits_for: fc.constantFrom('nobody', 'service'),
          },
          { requiredKeys: [] },
        ),
        fc.integer({ min: 1, max: 9 }),
        async (query, limit) => {
          const { ids } = await all(states, { ...query, limit })
          const whole = (await all(states, { limit: 200 })).pages.flat()
          const wanted = whole.filter(
            (run) =>
              (query.agent ?? run.agent_id) === run.agent_id &&
              (query.state ?? run.lifecycle_state) === run.lifecycle_state &&
              (query.result ?? run.result_status) === run.result_status &&
              (query.waits_for ?? run.waits_for) === run.waits_for,
          )
          expect(ids).toEqual(wanted.map((run) => run.work_order_id))
        },
      ),
      { numRuns: 40 },
    )
  })

  test('reads a bounded number of runs for a page, and says where it ended', async () => {
    const lots = many(3_300)
    // more runs than one page reads wait for a service, and none of them is of this tool
    const none = { waits_for: 'service', tool: 'another' }
    const first = await listRuns(memoryReader(consoleService, lots), none)
    expect(first).toMatchObject({ runs: [], next_cursor: expect.any(String) })
    expect((await all(lots, none)).ids).toEqual([])
    const { ids, asked } = await all(lots, { waits_for: 'service', tool: 'energyops', limit: 200 })
    expect(ids.length).toBeGreaterThan(1_000)
    expect(asked.length).toBeGreaterThan(4)
  })

  test('is selected whole: each run once, those that its pages tell, and no more than a batch takes', async () => {
    const selection = { waits_for: 'service', agent: 'agent-1' }
    const { ids, more } = await selectRuns(memoryReader(consoleService, states), selection)
    const { ids: listed } = await all(states, { ...selection, sort: 'accepted' })
    expect([ids, more]).toEqual([listed, false])
    const lots = many(MOST_SELECTED + 20)
    const most = await selectRuns(memoryReader(consoleService, lots), {})
    expect([new Set(most.ids).size, most.more]).toEqual([MOST_SELECTED, true])
    // of these, more are read for one page than may be
    const rare = await selectRuns(memoryReader(consoleService, lots), { ...selection, tool: 'x' })
    expect(rare).toEqual({ ids: [], more: false })
  })

  test('every query that it makes is an index’s own', async () => {
    const indexes = consoleService.indexes ?? []
    for (const sort of RUN_SORTS) {
      for (const query of [{}, { agent: 'agent-1' }, { state: 'created', tool: 'energyops' }]) {
        const { asked } = await all(states, { ...query, sort, limit: 3 })
        expect(asked.length).toBeGreaterThan(0)
        expect(asked.filter((one) => !isServed(indexes, one))).toEqual([])
      }
    }
    const store = memoryReader(consoleService, states)
    await findRuns(store, 'sha256:00')
    expect(store.asked.filter((one) => !isServed(indexes, one))).toEqual([])
    expect(isServed(indexes, { filter: { 'ix.agent': 'a' }, sort: {} })).toBe(false)
    expect(isServed(indexes, { filter: { 'ix.facets': 'a' }, sort: { 'ix.since': 1 } })).toBe(false)
  })

  test('a cursor goes on in its own list only', async () => {
    const store = memoryReader(consoleService, states)
    const page = await listRuns(store, { agent: 'agent-1', limit: 2 })
    const cursor = 'runs' in page ? page.next_cursor : undefined
    expect(cursor).toBeDefined()
    for (const other of [
      {},
      { agent: 'agent-2' },
      { agent: 'agent-1', sort: 'changed' },
    ] as const) {
      const answer = await listRuns(store, { ...other, ...(cursor ? { cursor } : {}) })
      expect(answer).toMatchObject({ code: 'PT-9039' })
    }
  })
})

describe('a run is found', () => {
  const store = memoryReader(consoleService, { ...many(5), [WO]: whole })
  const sealed = whole.sealed.at(-1)
  const contract = whole.result_contract
  const names: [string, string | undefined][] = [
    ['its work order', WO],
    ['its handle', TOKEN],
    ['an id of the binding', Object.values(whole.ids ?? {})[0]],
    ['its result contract', contract?.result_contract_id],
    ['its usage receipt', whole.usage_receipt?.receipt_id],
    ['its callback', whole.callback?.callback_event_id],
    ['the digest of its callback', whole.callback?.callback_hash],
    ['its ledger entry', sealed?.ledger_entry_id],
    ['its attestation', sealed?.attestation_id],
    ['its place in the log', String(sealed?.log_index)],
  ]

  test.each(names)('by %s', async (_, name) => {
    expect(name).toBeTruthy()
    const found = await findRuns(store, String(name))
    expect(found.map((run) => run.work_order_id)).toContain(WO)
  })

  test.each(['wo_nothing', 'sha256:00', '999', 'agent-1', '', 'tool/energyops'])(
    'and nothing is by %s',
    async (name) => {
      expect(await findRuns(store, name)).toEqual([])
    },
  )
})
