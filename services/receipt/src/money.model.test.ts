import { Link } from '@prooftrail/trail'
import { RESULT_GRACE_MS, timePlus } from '@prooftrail/trail/format'
import { describe, expect, test } from 'vitest'
import { makeAccounts } from './accounts.ts'
import { due, evolve } from './evolve.ts'
import { prepare } from './prepare.ts'
import { acceptedOrder, acceptedResult, EXPIRES, makeMemoryList, T0 } from './receipt.fixtures.ts'
import { receipt } from './service.ts'
import { makeSettlementFinder } from './settlements.ts'
import type { ReceiptInput, Sign, State } from './state.ts'

/**
 * Receipt among random orders, fundings, results in time and late, ends of holds, messages delivered
 * again, and processes that end between the account's entry and the document's save.
 * `MONEY_STEPS=1000000` takes as many.
 */
const STEPS = Number(process.env.MONEY_STEPS ?? 6_000)
const ORDERS_A_WORLD = 12

/** Numbers that look drawn and are the same in every run (mulberry32). */
function drawing(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

// Signatures are tried elsewhere; here only what they are over counts.
const sign: Sign = (kind, object, after) =>
  Link.fromWire(kind, { object, after, key_id: 'receipt', signature: 'c2ln' })

interface Job {
  doc: string
  account: string
  order: ReturnType<typeof acceptedOrder>
  state: State
  seen: Set<string>
  /** What dispatch accepted, once it did: the agent can read it. */
  result?: ReceiptInput
}

class World {
  readonly list = makeMemoryList()
  readonly accounts = makeAccounts(this.list)
  readonly jobs: Job[]
  readonly draw: (below: number) => number
  now = T0
  fundings = 0

  constructor(seed: number) {
    this.draw = drawing(seed)
    this.jobs = Array.from({ length: ORDERS_A_WORLD }, (_, i) => {
      const account = `acme-${i % 2}`
      const order = acceptedOrder({ job: `${seed}-${i}`, account, price: this.draw(4) * 5 })
      const doc = order.work_order_id
      return { doc, account, order, state: { status: 'absent' }, seen: new Set() }
    })
  }

  /** One input of one document; `dies` ends the process between the entry and the save. */
  async take(job: Job, input: ReceiptInput, dies = false): Promise<void> {
    if (job.seen.has(input.id)) return
    const tools = {
      accounts: this.accounts,
      sign,
      isDoors: () => true,
      findSettlements: makeSettlementFinder(this.accounts, sign),
    }
    const context = await prepare([{ doc: job.doc, state: job.state, input }], tools)
    if (dies) return
    try {
      const events = receipt.decide(job.state, input, context)
      // What an account held is held by its document before dispatch hears of it.
      job.state = events.reduce(evolve, job.state)
      if (input.type !== 'due') job.seen.add(input.id)
    } catch (error) {
      expect(error).toMatchObject({ code: expect.stringMatching(/^PT-4/) })
    }
  }

  accept(job: Job, dies: boolean) {
    const data = { accepted: job.order }
    return this.take(job, { id: `a/${job.doc}`, type: 'work-order.accepted', at: T0, data }, dies)
  }

  /** Dispatch takes a result of an order whose credits are held, while its grace lasts. */
  conclude(job: Job): void {
    const inTime = this.now <= timePlus(EXPIRES, RESULT_GRACE_MS)
    if (job.result || job.state.status !== 'held' || !inTime) return
    const status = (['ready', 'partial', 'failed'] as const)[this.draw(3)]
    const data = acceptedResult(job.order, status)
    job.result = { id: `r/${job.doc}`, type: 'result.accepted', at: this.now, data }
  }

  async fund(dies: boolean): Promise<void> {
    this.fundings += dies ? 0 : 1
    const account = `acme-${this.draw(2)}`
    const data = {
      ...{ account, credits: 1 + this.draw(20), reference: `f-${this.fundings}` },
      ...{ settlement_provider: 'manual_invoice', received_at: this.now },
    }
    const job: Job = { ...this.jobs[0], state: { status: 'absent' }, seen: new Set() } as Job
    const input = { id: data.reference, type: 'funding.received', at: this.now, data } as const
    await this.take(job, input, dies)
  }

  /** The runtime's promise: a due time waits until what came before it has been read. */
  async wake(job: Job, dies: boolean): Promise<void> {
    const at = due(job.state)
    if (at === undefined || at > this.now) return
    if (job.result && job.result.at < at && !job.seen.has(job.result.id)) return
    await this.take(job, { id: `due:${job.doc}:${at}`, type: 'due', at, data: {} }, dies)
  }

  async step(): Promise<void> {
    const job = this.jobs[this.draw(this.jobs.length)]
    if (!job) return
    const dies = this.draw(5) === 0
    switch (this.draw(7)) {
      case 0:
        return this.fund(dies)
      case 1:
        return this.accept(job, dies)
      case 2:
        return this.conclude(job)
      case 3:
        if (job.result) await this.take(job, job.result, dies)
        return
      case 4:
        return this.wake(job, dies)
      case 5: {
        const data = {}
        return this.take(
          job,
          { id: `t/${this.now}`, type: 'funds.arrived', at: this.now, data },
          dies,
        )
      }
      case 6:
        this.now = timePlus(this.now, this.draw(12) * 60_000)
    }
  }

  /** Everything is delivered and every hold ends. */
  async settle(): Promise<void> {
    for (const job of this.jobs) {
      await this.accept(job, false)
      if (job.result) await this.take(job, job.result)
    }
    this.now = timePlus(EXPIRES, 10 * 3_600_000)
    for (const job of this.jobs) await this.wake(job, false)
  }

  async check(): Promise<void> {
    for (const account of ['acme-0', 'acme-1']) {
      const { funded, held, debited, free } = await this.accounts.head(account)
      expect(Math.min(funded, held, debited, free)).toBeGreaterThanOrEqual(0)
      expect(held + debited + free).toBe(funded)
    }
  }
}

describe('money', () => {
  test('balances at every step, is debited once an order, and what an agent may read is paid or free', async () => {
    const perWorld = 400
    for (let seed = 1; seed * perWorld <= STEPS; seed += 1) {
      const world = new World(seed)
      for (let i = 0; i < perWorld; i += 1) {
        await world.step()
        await world.check()
      }
      await world.settle()
      await world.check()
      const debits = world.list.entries.filter(({ kind }) => kind === 'debit')
      expect(new Set(debits.map(({ ref }) => ref)).size).toBe(debits.length)
      for (const { doc, result, state, order } of world.jobs) {
        if (!result) continue
        expect([seed, doc, state.status]).toEqual([seed, doc, 'charged'])
        const failed = Object(result.data).result_contract.object.result_status === 'failed'
        const debit = debits.find(({ ref }) => ref === doc)
        expect(debit?.amount).toBe(failed ? 0 : order.pins.price)
      }
      for (const account of ['acme-0', 'acme-1']) {
        expect((await world.accounts.head(account)).held).toBe(0)
      }
    }
  })
})
