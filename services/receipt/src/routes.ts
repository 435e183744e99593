import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { problem, type RouteTools } from '@prooftrail/runtime'
import { settlementId } from '@prooftrail/trail'
import express, { type Express } from 'express'
import type { Accounts } from './accounts.ts'
import { type Entry, entryId } from './credits.ts'
import { readFundingRequest } from './funding-request.ts'
import { otherTerms } from './settlements.ts'
import type { State, Tools } from './state.ts'

export type Doors = RouteTools<State> &
  Pick<Tools, 'publicUrl' | 'fund'> & { accounts: Pick<Accounts, 'head' | 'entries' | 'find'> }

const PAGE = 100
const MAX_PAGE = 500
/** Two seconds in all. */
const OWNER_LOOKS = 20
const OWNER_PAUSE_MS = 100

/** Funding, accounts, settlement and usage receipts. Faults are RFC 9457 problems, PT-4010 to PT-4014. */
export function mountRoutes(app: Express, doors: Doors): void {
  const { access, accounts, store, publicUrl } = doors
  const viewer = access.requireViewer

  app.post(
    '/v1/accounts/:account/funding',
    access.requireAdmin,
    express.raw({ type: () => true, limit: '16kb' }),
    async (req, res) => {
      const read = readFundingRequest(
        String(req.params.account),
        req.body instanceof Uint8Array ? req.body : new Uint8Array(),
        () => req.get('idempotency-key') ?? `manual-${randomUUID()}`,
      )
      if ('faults' in read) {
        const { faults } = read
        problem(res, 400, 'PT-4010', faults.join('; '), { faults })
        return
      }
      const { account, reference } = read.request
      const key = `${settlementId(account, reference, 0)}/fund/0`
      const first = (await accounts.find([key])).get(key)?.receipt?.object
      const differs = first === undefined ? [] : otherTerms(first, read.request)
      if (differs.length > 0) {
        const told = `${reference} funded ${account} before with other ${differs.join(', ')}`
        problem(res, 409, 'PT-4002', told)
        return
      }
      if (!(await isOwned(account))) {
        problem(res, 404, 'PT-4015', `no agent is registered with the account ${account}`)
        return
      }
      await doors.fund({ ...read.request, received_at: new Date().toISOString() })
      const settlement_id = settlementId(account, reference, 0)
      const receipt_url = `${publicUrl}/v1/settlements/${settlement_id}`
      res.status(202).json({ account, reference, settlement_id, receipt_url })
    },
  )

  /** Whether an agent charges the account; a registration that was just made may be on its way here. */
  async function isOwned(account: string): Promise<boolean> {
    for (let look = 0; ; look += 1) {
      const [agent] = await store.find({ 'ix.owned': account }, { limit: 1 })
      if (agent !== undefined) return true
      if (look === OWNER_LOOKS) return false
      await setTimeout(OWNER_PAUSE_MS)
    }
  }

  app.get('/v1/settlements/:id', viewer, async (req, res) => {
    const key = `${req.params.id}/fund/0`
    const receipt = (await accounts.find([key])).get(key)?.receipt
    if (receipt) res.json(receipt)
    else problem(res, 404, 'PT-4011', `no settlement receipt ${req.params.id}`)
  })

  app.get('/v1/accounts/:account', viewer, async (req, res) => {
    const head = await accounts.head(String(req.params.account))
    if (head.seq === 0) {
      problem(res, 404, 'PT-4012', `no movement on account ${head.account}`)
      return
    }
    res.json({
      account: head.account,
      credits_funded: head.funded,
      credits_held: head.held,
      credits_debited: head.debited,
      remaining_credits: head.free,
      waiting_orders: head.waiting,
      ...(head.settlement === undefined ? {} : { settlement_id: head.settlement }),
      last_entry: entryId(head.account, head.seq),
    })
  })

  app.get('/v1/accounts/:account/entries', viewer, async (req, res) => {
    const after = count(req.query.after, 0)
    const limit = count(req.query.limit, PAGE)
    if (after === undefined || !limit || limit > MAX_PAGE) {
      problem(res, 400, 'PT-4014', `after is a number from 0, limit one from 1 to ${MAX_PAGE}`)
      return
    }
    const entries = await accounts.entries(String(req.params.account), after, limit)
    const next = entries.length === limit ? entries.at(-1)?.seq : undefined
    res.json({ entries: entries.map(shown), ...(next === undefined ? {} : { next_after: next }) })
  })

  /** `:id` is a receipt's or its work order's. */
  app.get('/v1/receipts/:id', async (req, res) => {
    const { id } = req.params
    const state = id.startsWith('wo_')
      ? (await store.read([id])).get(id)?.state
      : (await store.find({ 'ix.receipt_id': id }, { limit: 1 }))[0]?.state
    const receipt = state?.status === 'charged' ? state.receipt : undefined
    if (!(await access.mayRead(req, receipt?.object.task_token))) {
      problem(res, 401, 'PT-8001', 'this needs the task handle or an operator token as Bearer')
    } else if (receipt) res.json(receipt)
    else problem(res, 404, 'PT-4013', `no usage receipt for ${id}`)
  })
}

/** A query parameter that counts; undefined when it does not. */
function count(value: unknown, fallback: number): number | undefined {
  if (value === undefined) return fallback
  return typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : undefined
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
