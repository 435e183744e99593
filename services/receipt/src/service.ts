import type { Host, RouteTools, Running, Service } from '@prooftrail/runtime'
import { openStore, produce, runService } from '@prooftrail/runtime'
import { type SigningKey, settlementId, signOnce } from '@prooftrail/trail'
import type { Express } from 'express'
import { type Accounts, makeAccounts } from './accounts.ts'
import { codes } from './codes.ts'
import type { ReceiptConfig } from './config.ts'
import { decide } from './decide.ts'
import { openEntryList } from './entry-list.ts'
import { due, evolve } from './evolve.ts'
import { makePrepare } from './prepare.ts'
import { serveReceipts } from './routes.ts'
import type { Context, ReceiptEvent, ReceiptInput, Sign, State } from './state.ts'
import { makeWake } from './wake.ts'

export const COLLECTION = 'receipts'
export const ENTRIES = 'receipts.credit_entries'

export interface ReceiptOptions {
  accounts: Accounts
  key: SigningKey
  /** Lets an account's waiting orders go on. */
  wake(account: string, signal: AbortSignal): Promise<void>
}

/** Stage 4: judges money. See state.ts for what a document is, decide.ts for the rules. */
export function makeReceipt({
  accounts,
  key,
  wake,
}: ReceiptOptions): Service<State, ReceiptInput, ReceiptEvent, Context> {
  const sign: Sign = (name, object, after) => signOnce(name, object, after, key)
  return {
    name: 'receipt',
    collection: COLLECTION,
    writes: [
      'credits.held',
      'settlement-receipt.issued',
      'usage-receipt.issued',
      'exception.opened',
      'exception.resolved',
      'funding.received',
    ],
    consumes: ['work-order.accepted', 'funding.received', 'result.accepted'],
    initial: { status: 'absent' },
    route,
    creates: ({ type }) => type === 'work-order.accepted' || type === 'funding.received',
    prepare: makePrepare(accounts, sign),
    decide,
    evolve,
    due,
    index,
    indexes: [
      {
        name: 'queue',
        key: { 'ix.account': 1, 'ix.short_seq': 1 },
        partialFilterExpression: { 'ix.account': { $exists: true } },
      },
      {
        name: 'receipt',
        key: { 'ix.receipt_id': 1 },
        partialFilterExpression: { 'ix.receipt_id': { $exists: true } },
      },
    ],
    effect: {
      concurrency: 8,
      of: (event) =>
        event.type === 'queue.woken'
          ? { id: `wake:${event.data.cause}`, ...event.data }
          : undefined,
      run: async (effect, signal) => {
        const at = new Date().toISOString()
        await wake(String(effect.account), signal)
        return { id: `served:${effect.id}:${at}`, type: 'queue.served', at, data: {} }
      },
    },
  }
}

function route(input: ReceiptInput): string | undefined {
  switch (input.type) {
    case 'work-order.accepted':
      return input.data.accepted.work_order_id
    case 'result.accepted':
      return input.data.work_order_id
    case 'funding.received':
      return settlementId(input.data.account, input.data.reference, 0)
    case 'funds.arrived':
    case 'queue.served':
    case 'due':
      return undefined
  }
}

/** Who waits, by account and age; who was charged, by receipt. */
function index(state: State): Record<string, string | number | undefined> {
  if (state.status === 'pending') {
    return { account: state.wait.accepted.pins.account, short_seq: state.wait.short_seq }
  }
  return state.status === 'charged' ? { receipt_id: state.receipt.object.receipt_id } : {}
}

/** Runs receipt on this host; resolves when it consumes and answers. */
export async function start(host: Host, config: ReceiptConfig): Promise<Running> {
  const accounts = makeAccounts(await openEntryList(host.db, ENTRIES))
  let running: Running | undefined
  const wake = makeWake({
    accounts,
    oldest: async (account, limit) => {
      const queue = await store.find(
        { 'ix.account': account },
        { sort: { 'ix.short_seq': 1 }, limit },
      )
      return queue.flatMap(({ id, state }) =>
        state.status === 'pending' ? [{ id, price: state.wait.accepted.pins.price }] : [],
      )
    },
    tell: async (order, seq) => {
      const at = new Date().toISOString()
      // Before the loop runs nobody is told; the due time of whoever waits looks again.
      await running?.submit(order, { id: `funds:${seq}`, type: 'funds.arrived', at, data: {} })
    },
  })
  const service = makeReceipt({ accounts, key: config.key, wake })
  const store = openStore(host, service)
  running = await runService(
    host,
    {
      ...service,
      codes,
      routes: (app: Express, { access }: RouteTools<State>) =>
        serveReceipts(app, {
          access,
          accounts,
          store,
          publicUrl: config.publicUrl,
          fund: (funding) => produce(host, 'receipt', 'funding.received', funding),
        }),
    },
    { port: config.port },
  )
  return running
}
