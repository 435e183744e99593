import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { UsageReceiptLink } from '@prooftrail/contracts'
import { receiptRoutes } from '@prooftrail/contracts/doors'
import {
  type Access,
  type Handlers,
  makeCursor,
  mountDoors,
  type Reader,
  readCursor,
  refuse,
} from '@prooftrail/runtime'
import { settlementId } from '@prooftrail/trail'
import type { Express } from 'express'
import type { Accounts } from './accounts.ts'
import { codes } from './codes.ts'
import { type Entry, emptyHead, entryId, type Totals } from './credits.ts'
import { readFundingRequest } from './funding-request.ts'
import { receiptsIn } from './replay.ts'
import { otherTerms } from './settlements.ts'
import type { State, Tools } from './state.ts'

export type Doors = {
  store: Pick<Reader<State>, 'read' | 'find'>
  access: Pick<Access, 'caller'>
  accounts: Pick<Accounts, 'head' | 'heads' | 'entries' | 'find'>
} & Pick<Tools, 'publicUrl' | 'fund'>

/** Two seconds in all. */
const OWNER_LOOKS = 20
const OWNER_PAUSE_MS = 100

/** Funding, accounts, settlement and usage receipts. */
export function mountRoutes(app: Express, doors: Doors): void {
  mountDoors(app, {
    routes: receiptRoutes,
    handlers: handlersOf(doors),
    access: doors.access,
    codes,
  })
}

function handlersOf(doors: Doors): Handlers<typeof receiptRoutes> {
  const { accounts, store, publicUrl } = doors

  /** Whether an agent charges the account; a registration that was just made may be on its way here. */
  async function isOwned(account: string): Promise<boolean> {
    for (let look = 0; ; look += 1) {
      const [agent] = await store.find({ 'ix.owned': account }, { limit: 1 })
      if (agent !== undefined) return true
      if (look === OWNER_LOOKS) return false
      await setTimeout(OWNER_PAUSE_MS)
    }
  }

  /** Newest first. @param position a seq that all of them are below; absent: the newest is the first */
  async function entriesBefore(account: string, position: string | undefined, limit: number) {
    const end = position === undefined ? (await accounts.head(account)).seq : Number(position) - 1
    const from = Math.max(0, end - limit)
    return (await accounts.entries(account, from, end - from)).reverse()
  }

  return {
    'POST /v1/accounts/:account/funding': async ({ params, bytes, req }) => {
      const drawn = () => req.get('idempotency-key') ?? `manual-${randomUUID()}`
      const read = readFundingRequest(params.account, await bytes(), drawn)
      if ('faults' in read) {
        return refuse('PT-4010', read.faults.join('; '), { faults: read.faults })
      }
      const { account, reference } = read.request
      const settlement_id = settlementId(account, reference, 0)
      const key = `${settlement_id}/fund/0`
      const first = (await accounts.find([key])).get(key)?.receipt?.object
      const differs = first === undefined ? [] : otherTerms(first, read.request)
      if (differs.length > 0) {
        const told = `${reference} funded ${account} before with other ${differs.join(', ')}`
        return refuse('PT-4002', told)
      }
      if (!(await isOwned(account))) {
        return refuse('PT-4015', `no agent is registered with the account ${account}`)
      }
      await doors.fund({ ...read.request, received_at: new Date().toISOString() })
      const receipt_url = `${publicUrl}/v1/settlements/${settlement_id}`
      return { account, reference, settlement_id, receipt_url }
    },

    'GET /v1/settlements/:id': async ({ params: { id } }) => {
      const key = `${id}/fund/0`
      const receipt = (await accounts.find([key])).get(key)?.receipt
      return receipt ?? refuse('PT-4011', `no settlement receipt ${id}`)
    },

    'GET /v1/accounts': async ({ query: { limit = 50, waiting, cursor } }) => {
      const list = { accounts: true, waiting }
      const after = cursor === undefined ? '' : readCursor(list, cursor)
      if (typeof after === 'object') return after
      const found = await store.find(
        { 'ix.owned': { $gt: after } },
        { sort: { 'ix.owned': 1 }, limit },
      )
      const owned = found.flatMap(({ state }) => (state.status === 'agent' ? [state] : []))
      const ends = await accounts.heads(owned.map(({ account }) => account))
      const heads = new Map(ends.map((head) => [head.account, head]))
      const rows = owned.flatMap(({ account, agent_id }) => {
        const head = heads.get(account) ?? emptyHead(account)
        return waiting && head.waiting === 0 ? [] : [{ account, agent_id, ...totalsOf(head) }]
      })
      const last = found.length === limit ? owned.at(-1) : undefined
      return { accounts: rows, ...(last && { next_cursor: makeCursor(list, last.account) }) }
    },

    'GET /v1/accounts/:account': async ({ params }) => {
      const head = await accounts.head(params.account)
      if (head.seq === 0) return refuse('PT-4012', `no movement on account ${head.account}`)
      return {
        account: head.account,
        ...totalsOf(head),
        settlement_id: head.settlement,
        last_entry: entryId(head.account, head.seq),
      }
    },

    'GET /v1/accounts/:account/entries': async ({ params: { account }, query }) => {
      const { sort = 'seq', limit = 100, cursor } = query
      const list = { entries: account, sort }
      const position = cursor === undefined ? undefined : readCursor(list, cursor)
      if (typeof position === 'object') return position
      const entries =
        sort === 'seq'
          ? await accounts.entries(account, Number(position ?? 0), limit)
          : await entriesBefore(account, position, limit)
      const last = entries.at(-1)?.seq
      const isMore =
        entries.length === limit && last !== undefined && !(sort === '-seq' && last === 1)
      return {
        entries: entries.map(shown),
        ...(isMore && { next_cursor: makeCursor(list, String(last)) }),
      }
    },

    'GET /v1/receipts/:id': async ({ params: { id }, caller, denied }) => {
      const state = id.startsWith('wo_')
        ? (await store.read([id])).get(id)?.state
        : (await store.find({ 'ix.receipt_id': id }, { limit: 1 }))[0]?.state
      const receipt = state && receiptOf(state, id)
      if (!caller.mayRead(receipt?.object.task_token)) return denied()
      return receipt ?? refuse('PT-4013', `no usage receipt for ${id}`)
    },
  }
}

/** The receipt of that id; of a work order, the newest. */
function receiptOf(state: State, id: string): UsageReceiptLink | undefined {
  const receipts = receiptsIn(state)
  return (
    receipts.find(({ object }) => object.receipt_id === id) ??
    (id.startsWith('wo_') ? receipts.at(-1) : undefined)
  )
}

/** What an account holds, with the object members' names. */
function totalsOf({ funded, held, debited, free, waiting }: Totals) {
  return {
    credits_funded: funded,
    credits_held: held,
    credits_debited: debited,
    remaining_credits: free,
    waiting_orders: waiting,
  }
}

/** An entry as a door shows it, with the object members' names. */
function shown({ account, seq, kind, ref, amount, funded, held, debited, free, at }: Entry) {
  return {
    credit_entry: entryId(account, seq),
    seq,
    kind,
    ...(kind === 'fund' ? { settlement_id: ref } : { work_order_id: ref }),
    credits: amount,
    credits_funded: funded,
    credits_held: held,
    credits_debited: debited,
    remaining_credits: free,
    at,
  }
}
