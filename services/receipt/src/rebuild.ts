import { topicFor } from '@prooftrail/contracts'
import {
  countMessages,
  type Host,
  RebuildError,
  type RebuildOptions,
  type Rebuilt,
  rebuildService,
  without,
} from '@prooftrail/runtime'
import { Link } from '@prooftrail/trail'
import { type Accounts, makeAccounts } from './accounts.ts'
import type { ReceiptConfig } from './config.ts'
import {
  type Answer,
  type Entry,
  emptyHead,
  keysOf,
  type Movement,
  movementId,
  plan,
} from './credits.ts'
import { openEntryList } from './entry-list.ts'
import { prepare } from './prepare.ts'
import { ENTRIES, receipt } from './service.ts'
import { makeSettlementFinder } from './settlements.ts'
import type { ReceiptEvent, Sign } from './state.ts'

/**
 * Makes receipt's documents again: what it published, and what the accounts say of waits and of holds that
 * expired. The accounts themselves are the truth: they are read, and nothing moves.
 * @throws RebuildError PT-9053 where the list of credit entries is not there
 */
export async function rebuild(
  host: Host,
  { key }: ReceiptConfig,
  options?: RebuildOptions,
): Promise<Rebuilt> {
  const list = await openEntryList(host.db, ENTRIES)
  const hasEntries = (await host.db.collection(ENTRIES).findOne({})) !== null
  if (!hasEntries && (await countMessages(host.kafka, [topicFor('credits.held')])) > 0) {
    throw new RebuildError('PT-9053', `${ENTRIES} is empty, and credits were held`)
  }
  const accounts = readOnly(makeAccounts(list))
  const sign: Sign = (kind, object, after) => Link.sign(kind, object, after, key)
  const tools = {
    ...{ accounts, sign, findSettlements: makeSettlementFinder(accounts, sign) },
    // fundings count by the receipts that were published
    isDoors: () => false,
  }
  return rebuildService(
    host,
    receipt,
    {
      decides: ['work-order.accepted', 'recovery.accepted', 'agent.registered', 'due'],
      context: (_read, doc, state, input) => prepare([{ doc, state, input }], tools),
      documentOf,
      // how often a waiting order looked whether it was forgotten
      normal: without(['checked_at', 'checks']),
    },
    options,
  )
}

/** Answers what was said before. What would move is refused: its input counts by what it published. */
function readOnly(accounts: Accounts): Accounts {
  return {
    ...accounts,
    async move(movements) {
      const known = await accounts.find(movements.flatMap(keysOf))
      const answers = new Map<string, Answer>()
      for (const movement of movements) {
        const then = asItWas(movement, known)
        const { answer, entries } = plan(emptyHead(movement.account), movement, then)
        if (entries.length > 0 || !('entry' in answer)) throw new Error('a rebuild moves nothing')
        answers.set(movementId(movement), answer)
      }
      return answers
    },
  }
}

/** An order that had to wait was told so first; what it holds was said to its turn. */
function asItWas(movement: Movement, known: ReadonlyMap<string, Entry>): Map<string, Entry> {
  const then = new Map(known)
  const [hold = '', short = ''] = keysOf(movement)
  if (movement.type === 'hold' && !movement.queued && then.has(short)) then.delete(hold)
  return then
}

function documentOf(event: ReceiptEvent): string | undefined {
  switch (event.type) {
    case 'credits.held':
      return event.data.accepted.work_order_id
    case 'usage-receipt.issued':
    case 'exception.resolved':
    case 'run.expired':
      return event.data.work_order_id
    case 'exception.opened':
      return event.data.object.work_order_id
    // of a funding, or of the order beside which it was published
    case 'settlement-receipt.issued':
      return undefined
    case 'order.queued':
    case 'order.rechecked':
    case 'hold.extended':
    case 'account.owned':
    case 'hold.released':
    case 'queue.woken':
      return undefined
  }
}
