import { equip } from '@prooftrail/runtime'
import { verifyTrail } from '@prooftrail/trail'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  allKeys,
  exampleKeys,
  exampleRun,
  ORIGIN,
  registered,
  serviceKeys,
} from './attestation.fixtures.ts'
import { bundleOf } from './bundle.ts'
import { KnownSignatures } from './check-link.ts'
import { expiredRun, releasedRun } from './expiry.fixtures.ts'
import { makeLogReader, makeRecordReader, openFolder } from './log/index.ts'
import { memoryLogStore } from './log/memory-store.fixtures.ts'
import { loggedEntries } from './logged-entries.ts'
import { makeJoining } from './open-tools.ts'
import { replayedRun } from './replay.fixtures.ts'
import { attestation } from './service.ts'
import { type AttestationInput, initial, type State } from './state.ts'

/** Joiner, log and doors in memory: what they say is folded until nothing is said any more. */
async function makeWorld() {
  const docs = new Map<string, { state: State }>()
  const store = memoryLogStore()
  const folder = await openFolder(store, { origin: ORIGIN, key: exampleKeys.log })
  const log = { origin: ORIGIN, key: exampleKeys.log }
  const service = equip(attestation, {
    ...makeJoining({
      key: exampleKeys.attestation,
      keys: serviceKeys,
      parties: { read: async () => docs },
      leaves: store,
    }),
    ...{ origin: ORIGIN, services: serviceKeys, fault: () => undefined },
    reader: makeLogReader(store, log),
  })
  const read = makeRecordReader(serviceKeys, new KnownSignatures())
  let offset = 0
  let isLogAway = false

  async function feed(input: AttestationInput, doc = service.route(input) ?? ''): Promise<void> {
    const state = docs.get(doc)?.state ?? initial
    const context = await service.prepare?.([{ doc, state, input }])
    if (!context) throw new Error('the service prepares its waves')
    const said = service.decide(state, input, context)
    docs.set(doc, { state: said.reduce(service.evolve, state) })
    for (const event of said) {
      if (event.type !== 'ledger.appended' || isLogAway) continue
      const folded = await folder.fold([{ offset, entry: read(event.data) }])
      offset += 1
      for (const { entry_id, index, hash, work_order_id } of folded?.leaves ?? []) {
        const data = { entry_id, index, hash: Buffer.from(hash).toString('hex') }
        const at = '2026-11-01T12:00:00.000Z'
        await feed({ id: entry_id, type: 'entry.integrated', at, data }, work_order_id)
      }
    }
  }

  await feed(registered('agent'))
  await feed(registered('tool'))
  return {
    feed,
    /** From here on no entry is told its index. */
    stopLog: () => {
      isLogAway = true
    },
    stored: store.stored,
    /** @returns the state before and after, as text */
    forget(id: string) {
      const before = docs.get(id)?.state ?? initial
      const state = attestation.forget?.(before) ?? before
      docs.set(id, { state })
      return [before, state].map((one) => JSON.stringify(one))
    },
    /** What the documents say of their entries; what the filter asks is the database's. */
    entries: () =>
      loggedEntries({ find: async () => [...docs].map(([id, { state }]) => ({ id, state })) }, ''),
    async bundle(id: string) {
      const reader = makeLogReader(store, { origin: ORIGIN, key: exampleKeys.log })
      return bundleOf(id, docs.get(id)?.state ?? initial, { origin: ORIGIN, reader })
    },
  }
}

async function verdictOf(inputs: readonly AttestationInput[], id: string) {
  const world = await makeWorld()
  // other trails before and after it, so that the proof is not empty
  await world.feed(exampleRun({ name: 'before' }).rejected)
  for (const input of inputs) await world.feed(input)
  await world.feed(exampleRun({ name: 'after' }).rejected)
  const bundle = await world.bundle(id)
  return bundle && { bundle, verdict: verifyTrail(JSON.parse(JSON.stringify(bundle)), allKeys) }
}

describe('given a sealed trail', () => {
  test('when the log is derived again, then each entry of the documents is the leaf at its index', async () => {
    const world = await makeWorld()
    const run = exampleRun({ callback: 'pending' })
    await world.feed(exampleRun({ name: 'before' }).rejected)
    for (const fact of run.facts) await world.feed(fact)
    await world.feed(exampleRun({ name: 'between' }).rejected)
    await world.feed(run.attempted(2, 'delivered'))
    const { entries, next } = await world.entries()
    expect(next).toBeUndefined()
    const own = entries.filter(({ work_order_id }) => work_order_id === run.work_order_id)
    expect(own.map(({ name, index }) => [name, index])).toEqual([
      ['ledger_entry', 1],
      ['ledger_entry/1', 3],
    ])
    const logged = [...world.stored.values()].map(({ index, data }) => {
      return { index, leaf: new TextDecoder().decode(data) }
    })
    const said = entries.map(({ index, leaf }) => ({ index, leaf }))
    expect(said.sort((a, b) => Number(a.index) - Number(b.index))).toEqual(logged)
  })

  test('when its run is forgotten, then its entries give the log as before, and nothing else of it is left', async () => {
    const world = await makeWorld()
    const run = exampleRun({ callback: 'pending' })
    for (const fact of [...run.facts, run.attempted(2, 'delivered')]) await world.feed(fact)
    const { entries } = await world.entries()
    const before = await world.bundle(run.work_order_id)
    const [whole, stays] = world.forget(run.work_order_id)
    expect((await world.entries()).entries).toEqual(entries)
    expect(entries).toHaveLength(2)
    expect(await world.bundle(run.work_order_id)).toBeUndefined()
    expect(verifyTrail(JSON.parse(JSON.stringify(before)), allKeys)).toMatchObject({ problems: [] })
    for (const word of [
      'idempotency_key',
      'callback_url',
      'human_summary',
      '"evidence"',
      '"task_token"',
    ]) {
      expect([word, whole?.includes(word), stays?.includes(word)]).toEqual([word, true, false])
    }
  })

  test.each([
    ['ready', exampleRun(), 'ready'],
    ['standard', exampleRun({ mode: 'standard' }), 'ready'],
    ['second attempt', exampleRun({ attempt: 2 }), 'ready'],
    ['no callback due', exampleRun({ callback: 'ready' }), 'ready'],
    ['failed', exampleRun({ status: 'failed' }), 'failed'],
  ] as const)(
    'when it is %s, then its bundle verifies without network',
    async (_name, run, verdict) => {
      const answer = await verdictOf(run.facts, run.work_order_id)
      expect(answer?.verdict).toMatchObject({ problems: [] })
      expect(answer?.bundle.links).toHaveLength(8)
      expect(JSON.stringify(answer?.verdict)).toContain(`"verdict":"${verdict}"`)
    },
  )

  test('when the order was refused, then its bundle verifies as refused', async () => {
    const run = exampleRun()
    const answer = await verdictOf([run.rejected], run.work_order_id)
    expect(answer?.verdict).toMatchObject({ problems: [] })
    expect(JSON.stringify(answer?.verdict)).toContain('"verdict":"refused"')
  })

  test('when no result came in time, then order and expiry are its trail, whatever was bound', async () => {
    const run = exampleRun()
    const over = expiredRun(run, true)
    const answer = await verdictOf([run.bound, over, over], run.work_order_id)
    expect(answer?.verdict).toMatchObject({ problems: [], verdict: 'expired', revision: 0 })
    expect(answer?.bundle.pilot).toMatchObject({ runtime_state: 'expired' })
    expect(answer?.bundle.links.map(({ name }) => name)).toEqual([
      ...['work_order', 'expiry', 'ledger_entry', 'attestation'],
    ])
  })

  test('when an operator released a run without a result, then its trail says who, and takes no more', async () => {
    const run = exampleRun()
    const { answer: accepted, end } = releasedRun(run)
    for (const told of [
      [run.bound, accepted, end, end],
      [end, run.bound, accepted],
      [end, accepted, expiredRun(run, true)],
    ]) {
      const answer = await verdictOf(told, run.work_order_id)
      expect(answer?.verdict).toMatchObject({ problems: [], verdict: 'released', revision: 0 })
      expect(answer?.bundle.pilot).toMatchObject({ runtime_state: 'released' })
      expect(answer?.bundle.links.map(({ name }) => name)).toEqual([
        ...['work_order', 'recovery_request', 'expiry', 'ledger_entry', 'attestation'],
      ])
    }
  })

  test('when nobody handled a run in time, then a revision says so, before or behind the seal', async () => {
    const run = exampleRun({ status: 'failed' })
    const over = expiredRun(run, false)
    for (const told of [
      [...run.facts, over],
      [over, ...run.facts],
    ]) {
      const answer = await verdictOf(told, run.work_order_id)
      expect(answer?.verdict).toMatchObject({ problems: [], verdict: 'failed', revision: 1 })
      expect(answer?.bundle.pilot.runtime_state).toBe('closed')
      expect(answer?.bundle.links.slice(8).map(({ name }) => name)).toEqual([
        ...['expiry', 'ledger_entry/1', 'attestation/1'],
      ])
    }
  })

  test('when revisions follow, then the bundle holds them all and verifies', async () => {
    const run = exampleRun({ callback: 'pending' })
    const later = [run.attempted(2, 'parked'), run.attempted(3, 'delivered')]
    const answer = await verdictOf([...run.facts, ...later], run.work_order_id)
    expect(answer?.verdict).toMatchObject({ problems: [] })
    expect(answer?.bundle.links.map(({ name }) => name).slice(8)).toEqual([
      'callback_delivery/1',
      'ledger_entry/1',
      'attestation/1',
      'callback_delivery/2',
      'ledger_entry/2',
      'attestation/2',
    ])
  })

  test('while a revision waits for its index, then the bundle is that of the one before', async () => {
    const run = exampleRun({ callback: 'pending' })
    const world = await makeWorld()
    for (const input of run.facts) await world.feed(input)
    const before = await world.bundle(run.work_order_id)
    world.stopLog()
    await world.feed(run.attempted(2, 'parked'))
    const bundle = await world.bundle(run.work_order_id)
    expect(bundle).toEqual(before)
    expect(verifyTrail(JSON.parse(JSON.stringify(bundle)), allKeys).problems).toEqual([])
  })

  test('when nothing is sealed yet, then there is no bundle', async () => {
    const run = exampleRun()
    expect(await verdictOf(run.facts.slice(1), run.work_order_id)).toBeUndefined()
  })
})

describe('given a run that is replayed and closed', () => {
  const { first, replay, close } = replayedRun()
  const whole = [...first.facts, ...replay, close]

  test('then all revisions verify, and the first result stands byte for byte', async () => {
    const answer = await verdictOf(whole, first.work_order_id)
    expect(answer?.verdict).toMatchObject({ ok: true, verdict: 'ready', revision: 3 })
    const links = answer?.bundle.links ?? []
    expect(links.slice(8).map(({ name }) => name)).toEqual([
      ...['recovery_request', 'ledger_entry/1', 'attestation/1'],
      ...['execution_command/1', 'result_contract/1', 'usage_receipt/1', 'callback_delivery/1'],
      ...['ledger_entry/2', 'attestation/2'],
      ...['operator_decision', 'ledger_entry/3', 'attestation/3'],
    ])
    expect(answer?.bundle.pilot.runtime_state).toBe('closed')
    const before = await verdictOf(first.facts, first.work_order_id)
    expect(before?.verdict).toMatchObject({ verdict: 'failed', revision: 0 })
    expect(links.slice(0, 8)).toEqual(before?.bundle.links)
  })

  test('in whatever order its facts arrive, then each of them is in the trail, which verifies', async () => {
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(whole, { minLength: whole.length }), async (facts) => {
        const answer = await verdictOf(facts, first.work_order_id)
        expect(answer?.verdict).toMatchObject({ ok: true, verdict: 'ready' })
        const names = answer?.bundle.links.map(({ name }) => name) ?? []
        expect(names).toEqual(expect.arrayContaining(['callback_delivery/1', 'operator_decision']))
        expect(answer?.bundle.pilot.runtime_state).toBe('closed')
      }),
      { numRuns: 15 },
    )
  })

  test('while a fact of its replay is missing, then the trail is that of the acts', async () => {
    for (const missing of replay.slice(1)) {
      const facts = whole.filter((fact) => fact !== missing)
      const answer = await verdictOf(facts, first.work_order_id)
      expect(answer?.verdict).toMatchObject({ ok: true, verdict: 'failed', revision: 1 })
    }
  })
})
