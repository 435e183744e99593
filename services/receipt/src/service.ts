import { doorsOf, signAtDoor } from '@prooftrail/contracts'
import {
  agentDocument,
  type Basics,
  defineService,
  type Host,
  produce,
  type Running,
  runService,
} from '@prooftrail/runtime'
import { Link, settlementId } from '@prooftrail/trail'
import { makeAccounts } from './accounts.ts'
import { codes } from './codes.ts'
import type { ReceiptConfig } from './config.ts'
import {
  onAgentRegistered,
  onDue,
  onFundingReceived,
  onFundsArrived,
  onRecoveryAccepted,
  onResultAccepted,
  onWorkOrderAccepted,
} from './decide.ts'
import { openEntryList } from './entry-list.ts'
import { due, evolve } from './evolve.ts'
import { metrics as table } from './metric-table.ts'
import { prepare } from './prepare.ts'
import { makeRelease, oldestWaiting } from './release-waiting-orders.ts'
import { amountOf, receiptsIn } from './replay.ts'
import { mountRoutes } from './routes.ts'
import { makeSettlementFinder } from './settlements.ts'
import type { Receipt, ReceiptInput, Sign, State, Tools } from './state.ts'
import { readsOf, sumAccounts } from './sums.ts'

export const ENTRIES = 'receipts.credit_entries'

/** Stage 4: judges money. See state.ts for what a document is, decide.ts for the rules. */
export const receipt = defineService<Receipt>({
  name: 'receipt',
  collection: 'receipts',
  initial: { status: 'absent' },
  on: {
    'work-order.accepted': { creates: true, decide: onWorkOrderAccepted },
    'funding.received': {
      creates: true,
      document: ({ account, reference }) => settlementId(account, reference, 0),
      decide: onFundingReceived,
    },
    'agent.registered': {
      document: ({ agent_id }) => agentDocument(agent_id),
      decide: onAgentRegistered,
    },
    'result.accepted': { decide: onResultAccepted },
    'recovery.accepted': { decide: onRecoveryAccepted },
    'funds.arrived': { decide: onFundsArrived },
    'queue.served': { decide: () => [] },
    due: { decide: onDue },
  },
  emits: {
    'credits.held': 'decide',
    'settlement-receipt.issued': 'decide',
    'usage-receipt.issued': 'decide',
    'exception.opened': 'decide',
    'exception.resolved': 'decide',
    'run.expired': 'decide',
    'funding.received': 'door',
  },
  prepare,
  evolve,
  due,
  rests: ({ status }) => status === 'charged' || status === 'funded',
  index,
  indexes: [
    {
      name: 'queue',
      key: { 'ix.account': 1, 'ix.short_seq': 1 },
      partialFilterExpression: { 'ix.account': { $exists: true } },
    },
    {
      name: 'owner',
      key: { 'ix.owned': 1 },
      partialFilterExpression: { 'ix.owned': { $exists: true } },
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
      event.type === 'queue.woken' ? { id: `wake:${event.data.cause}`, ...event.data } : undefined,
    run: async (effect, signal, { release }) => {
      const at = new Date().toISOString()
      await release(String(effect.account), signal)
      return { id: `served:${effect.id}:${at}`, type: 'queue.served', at, data: {} }
    },
  },
  routes: mountRoutes,
  codes,
})

/** Who waits, by account and age; who was charged, by receipt; agents, by their account. */
function index(state: State): Record<string, string | number | readonly string[] | undefined> {
  if (state.status === 'agent') return { owned: state.account }
  const receipts = receiptsIn(state).map(({ object }) => object.receipt_id)
  const found = { receipt_id: receipts.length > 1 ? receipts : receipts[0] }
  if (state.status !== 'pending') return found
  const { accepted, short_seq } = state.wait
  return { ...found, account: accepted.pins.account, short_seq, price: amountOf(state.wait) }
}

async function openTools(
  { host, store, submit }: Basics<State, ReceiptInput>,
  { key, publicUrl, serviceKeys }: ReceiptConfig,
): Promise<Tools> {
  const accounts = makeAccounts(await openEntryList(host.db, ENTRIES))
  const sign: Sign = (kind, object, after) => Link.sign(kind, object, after, key)
  const release = makeRelease({
    accounts,
    oldest: (account, limit) => oldestWaiting(store, account, limit),
    tell: (order, seq) => {
      const at = new Date().toISOString()
      return submit(order, { id: `funds:${seq}`, type: 'funds.arrived', at, data: {} })
    },
  })
  return {
    ...{ accounts, sign, release, publicUrl },
    findSettlements: makeSettlementFinder(accounts, sign),
    isDoors: doorsOf(key, 'receipt', serviceKeys, Date.now),
    fund: (funding) => produce(host, 'receipt', 'funding.received', signAtDoor(funding, key)),
  }
}

/** Runs receipt on a host; resolves when it consumes and answers. */
export function start(host: Host, config: ReceiptConfig): Promise<Running> {
  return runService(host, receipt, {
    port: config.port,
    async open(basics) {
      const tools = await openTools(basics, config)
      let sums: ReturnType<typeof sumAccounts> | undefined
      basics.metrics(
        table,
        readsOf(() => sums?.value()),
      )
      return {
        tools,
        start: async () => {
          sums = sumAccounts(basics.store, tools.accounts.heads)
          return sums
        },
      }
    },
  })
}
