import type { AddressInfo } from 'node:net'
import type { FundingReceived } from '@prooftrail/contracts'
import { makeAccess } from '@prooftrail/runtime'
import { deriveId, settlementId } from '@prooftrail/trail'
import express from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { makeAccounts } from './accounts.ts'
import { makeMemoryList, makeSigner, T0 } from './receipt.fixtures.ts'
import { receiptsIn } from './replay.ts'
import { mountRoutes } from './routes.ts'
import { fundMovement } from './settlements.ts'
import type { State } from './state.ts'

const { sign } = makeSigner()
const TOKEN = 'operator-token'
const DOC = 'wo_1'
const RECEIPT_ID = deriveId('usage', DOC, 0)

const OWNED: Record<string, State> = {
  'agent/agent-1': { status: 'agent', agent_id: 'agent-1', account: 'acme', revision: 0 },
}

/** A filter's value: an account, or all behind one. */
function isOwned(account: string, wanted: unknown): boolean {
  return account === wanted || account > String(Object(wanted).$gt ?? '\uffff')
}

/** The doors on a port of their own; answers how to ask them, and what reached the broker. */
async function given(states: Record<string, State> = OWNED) {
  const produced: FundingReceived[] = []
  const accounts = makeAccounts(makeMemoryList())
  const found = new Map(Object.entries(states).map(([id, state]) => [id, { state, version: 1 }]))
  const app = express()
  mountRoutes(app, {
    access: makeAccess({ open: false, operatorToken: TOKEN }),
    accounts,
    publicUrl: 'https://receipt.example',
    store: {
      read: async (ids) => new Map([...found].filter(([id]) => ids.includes(id))),
      find: async (filter, { limit }) =>
        [...found]
          .flatMap(([id, { state }]) =>
            (state.status === 'agent' && isOwned(state.account, filter['ix.owned'])) ||
            (state.status === 'charged' &&
              receiptsIn(state).some(({ object }) => object.receipt_id === filter['ix.receipt_id']))
              ? [{ id, state }]
              : [],
          )
          .slice(0, limit),
    },
    fund: async (funding) => void produced.push(funding),
  })
  const server = app.listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  // A server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo
  const ask = async (
    path: string,
    {
      body,
      token = TOKEN,
      headers = {},
    }: { body?: unknown; token?: string; headers?: object } = {},
  ) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const answer: Record<string, unknown> = JSON.parse(await response.text())
    return { status: response.status, body: answer }
  }
  const fund = (credits: number, reference: string) =>
    accounts.move([
      fundMovement(
        { account: 'acme', reference, credits, settlement_provider: 'manual_invoice' },
        T0,
        sign,
      ),
    ])
  return { ask, produced, fund }
}

describe('the funding door', () => {
  test('answers where the receipt will be when the broker has the funding', async () => {
    const { ask, produced } = await given()
    const { status, body } = await ask('/v1/accounts/acme/funding', {
      body: { credits: 100, reference: 'inv-1' },
    })
    const id = settlementId('acme', 'inv-1', 0)
    expect(status).toBe(202)
    expect(body).toEqual({
      account: 'acme',
      reference: 'inv-1',
      settlement_id: id,
      receipt_url: `https://receipt.example/v1/settlements/${id}`,
    })
    expect(produced).toMatchObject([
      { account: 'acme', reference: 'inv-1', credits: 100, settlement_provider: 'manual_invoice' },
    ])
  })

  test('takes the idempotency key as reference, so that a request sent twice funds once', async () => {
    const { ask, produced } = await given()
    const headers = { 'idempotency-key': 'once' }
    await ask('/v1/accounts/acme/funding', { body: { credits: 1 }, headers })
    await ask('/v1/accounts/acme/funding', { body: { credits: 1 }, headers })
    expect(produced.map(({ reference }) => reference)).toEqual(['once', 'once'])
  })

  test('answers a reference that funded before by what it says now', async () => {
    const { ask, produced, fund } = await given()
    await fund(100, 'inv-1')
    const path = '/v1/accounts/acme/funding'
    const again = await ask(path, { body: { credits: 100, reference: 'inv-1' } })
    expect(again.status).toBe(202)
    const other = await ask(path, { body: { credits: 500, reference: 'inv-1' } })
    expect([other.status, other.body.code]).toEqual([409, 'PT-4002'])
    expect(other.body.detail).toContain('credits')
    expect(produced).toMatchObject([{ credits: 100 }])
  })

  test('refuses a malformed request with every fault, and produces nothing', async () => {
    const { ask, produced } = await given()
    const { status, body } = await ask('/v1/accounts/acme/funding', { body: { credits: 0, x: 1 } })
    expect(status).toBe(400)
    expect(body.code).toBe('PT-4010')
    expect(body.faults).toHaveLength(2)
    expect(produced).toEqual([])
  })

  test('takes no money for an account that is no agent’s', async () => {
    const { ask, produced } = await given()
    const { status, body } = await ask('/v1/accounts/nobody/funding', { body: { credits: 1 } })
    expect([status, body.code]).toEqual([404, 'PT-4015'])
    expect(produced).toEqual([])
  })

  test('opens to operators only', async () => {
    const { ask, produced } = await given()
    const { status, body } = await ask('/v1/accounts/acme/funding', {
      body: { credits: 1 },
      token: 'wrong',
    })
    expect([status, body.code]).toEqual([401, 'PT-8001'])
    expect(produced).toEqual([])
  })
})

describe('reading', () => {
  test('a settlement receipt is there once it was issued', async () => {
    const { ask, fund } = await given()
    const path = `/v1/settlements/${settlementId('acme', 'inv-1', 0)}`
    expect((await ask(path)).body.code).toBe('PT-4011')
    await fund(100, 'inv-1')
    expect((await ask(path)).body).toMatchObject({ object: { credits_funded: 100 }, after: [] })
  })

  test('an account shows its totals and its entries page by page', async () => {
    const { ask, fund } = await given()
    expect((await ask('/v1/accounts/acme')).body.code).toBe('PT-4012')
    await fund(100, 'inv-1')
    await fund(50, 'inv-2')
    expect((await ask('/v1/accounts/acme')).body).toEqual({
      account: 'acme',
      credits_funded: 150,
      credits_held: 0,
      credits_debited: 0,
      remaining_credits: 150,
      waiting_orders: 0,
      settlement_id: settlementId('acme', 'inv-2', 0),
      last_entry: 'acme/000000000002',
    })
    const first = await ask('/v1/accounts/acme/entries?limit=1')
    expect(first.body).toMatchObject({ entries: [{ seq: 1, credits: 100 }] })
    const cursor = String(first.body.next_cursor)
    const rest = await ask(`/v1/accounts/acme/entries?cursor=${cursor}`)
    expect(rest.body).toMatchObject({ entries: [{ seq: 2, kind: 'fund', remaining_credits: 150 }] })
    expect(rest.body.next_cursor).toBeUndefined()
    const other = await ask(`/v1/accounts/bolt/entries?cursor=${cursor}`)
    expect([other.status, other.body.code]).toEqual([400, 'PT-9039'])
    expect((await ask('/v1/accounts/acme/entries?limit=0')).body.code).toBe('PT-4014')
  })

  test('entries are told newest first where that is asked, each once', async () => {
    const { ask, fund } = await given()
    for (const [n, credits] of [10, 20, 30, 40, 50].entries()) await fund(credits, `inv-${n}`)
    const seen: number[] = []
    let more = ''
    for (let pages = 0; pages < 9; pages += 1) {
      const { body } = await ask(`/v1/accounts/acme/entries?sort=-seq&limit=2${more}`)
      seen.push(...(body.entries as { seq: number }[]).map(({ seq }) => seq))
      if (body.next_cursor === undefined) break
      more = `&cursor=${body.next_cursor}`
    }
    expect(seen).toEqual([5, 4, 3, 2, 1])
    const none = await ask('/v1/accounts/nobody/entries?sort=-seq')
    expect(none.body).toEqual({ entries: [] })
  })

  test('accounts are listed by name, each with its agent and totals', async () => {
    const { ask, fund } = await given({
      ...OWNED,
      'agent/agent-2': { status: 'agent', agent_id: 'agent-2', account: 'bolt', revision: 0 },
    })
    await fund(100, 'inv-1')
    const totals = { credits_held: 0, credits_debited: 0, waiting_orders: 0 }
    const acme = { account: 'acme', agent_id: 'agent-1', ...totals, credits_funded: 100 }
    const bolt = { account: 'bolt', agent_id: 'agent-2', ...totals, credits_funded: 0 }
    expect((await ask('/v1/accounts')).body).toEqual({
      accounts: [
        { ...acme, remaining_credits: 100 },
        { ...bolt, remaining_credits: 0 },
      ],
    })
    const { body } = await ask('/v1/accounts?limit=1')
    expect(body).toMatchObject({ accounts: [{ account: 'acme' }] })
    const { body: rest } = await ask(`/v1/accounts?limit=1&cursor=${body.next_cursor}`)
    expect(rest).toMatchObject({ accounts: [{ account: 'bolt' }] })
    expect((await ask('/v1/accounts?waiting=true')).body).toEqual({ accounts: [] })
    const bound = await ask(`/v1/accounts?waiting=true&cursor=${body.next_cursor}`)
    expect([bound.status, bound.body.code]).toEqual([400, 'PT-9039'])
    expect((await ask('/v1/accounts?limit=x')).body.code).toBe('PT-4014')
    expect((await ask('/v1/accounts', { token: 'nobody' })).status).toBe(401)
  })

  test('a usage receipt opens to the holder of its task, by its id and by its work order', async () => {
    const receipt = {
      object: { receipt_id: RECEIPT_ID, task_token: 'tt_1' },
      ...{ after: [], key_id: 'k', signature: 's' },
    }
    // Only what the door reads of a receipt.
    const state = { status: 'charged', receipt, contract_digest: '' } as unknown as State
    const { ask } = await given({ [DOC]: state })
    for (const id of [DOC, RECEIPT_ID]) {
      expect((await ask(`/v1/receipts/${id}`, { token: 'tt_1' })).body).toEqual(receipt)
      expect((await ask(`/v1/receipts/${id}`, { token: 'tt_2' })).status).toBe(401)
    }
    expect((await ask('/v1/receipts/wo_2')).body.code).toBe('PT-4013')
  })

  test('each of a run’s receipts is found by its id, the newest by its work order', async () => {
    const ids = [0, 1, 2].map((n) => deriveId('usage', DOC, n))
    const receipts = ids.map((receipt_id) => ({ object: { receipt_id, task_token: 'tt_1' } }))
    const state = { status: 'charged', receipt: receipts[2], earlier: receipts.slice(0, 2) }
    // Only what the door reads of receipts.
    const { ask } = await given({ [DOC]: state as unknown as State })
    for (const [i, id] of ids.entries()) {
      expect((await ask(`/v1/receipts/${id}`)).body).toEqual(receipts[i])
    }
    expect((await ask(`/v1/receipts/${DOC}`)).body).toEqual(receipts[2])
  })
})
