import type { Reader } from '@prooftrail/runtime'
import type { Accounts } from './accounts.ts'
import { amountOf } from './replay.ts'
import type { State } from './state.ts'

/** An order that waits for credits. */
export interface Waiting {
  id: string
  price: number
}

export interface ReleaseOptions {
  accounts: Pick<Accounts, 'head'>
  /** The oldest waiting orders of an account, oldest first. */
  oldest(account: string, limit: number): Promise<readonly Waiting[]>
  /** Tells an order that it is its turn; resolves when that was saved. `seq`: the account's end. */
  tell(order: string, seq: number): Promise<void>
}

const PAGE = 500

/**
 * Lets waiting orders of an account go on: the longest run of the oldest ones that its free credits
 * pay. None overtakes an older one that does not fit. Being called again while it runs makes it
 * look again at its end, so that nothing that was saved before the call is missed.
 */
export function makeRelease({
  accounts,
  oldest,
  tell,
}: ReleaseOptions): (account: string, signal: AbortSignal) => Promise<void> {
  const serving = new Map<string, { again: boolean; done: Promise<void> }>()

  async function serve(account: string, signal: AbortSignal): Promise<void> {
    const told = new Set<string>()
    while (!signal.aborted) {
      const { free, seq } = await accounts.head(account)
      const next = payable(await oldest(account, PAGE), free)
      const fresh = next.filter(({ id }) => !told.has(id))
      if (fresh.length === 0) return
      for (const { id } of fresh) told.add(id)
      await Promise.race([
        Promise.all(fresh.map(({ id }) => tell(id, seq))),
        new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true })),
      ])
    }
  }

  return (account, signal) => {
    const running = serving.get(account)
    if (running) {
      running.again = true
      return running.done
    }
    const turn = { again: true, done: Promise.resolve() }
    turn.done = (async () => {
      try {
        while (turn.again && !signal.aborted) {
          turn.again = false
          await serve(account, signal)
        }
      } finally {
        serving.delete(account)
      }
    })()
    serving.set(account, turn)
    return turn.done
  }
}

/** The longest run from the front that the credits pay. */
function payable(queue: readonly Waiting[], free: number): Waiting[] {
  let left = free
  const end = queue.findIndex(({ price }) => {
    left -= price
    return left < 0
  })
  return queue.slice(0, end === -1 ? queue.length : end)
}

/**
 * The oldest waiting orders of an account, oldest first. An order may be of any size, and hundreds wait:
 * only what is hoisted of them is read.
 */
export async function oldestWaiting(
  store: Pick<Reader<State>, 'hoisted' | 'read'>,
  account: string,
  limit: number,
): Promise<Waiting[]> {
  const sort = { 'ix.short_seq': 1 } as const
  const queue = await store.hoisted({ 'ix.account': account }, { sort, limit })
  const waiting: Waiting[] = []
  for (const { id, ix } of queue) {
    if (typeof ix.price === 'number') waiting.push({ id, price: ix.price })
    else {
      // saved before prices were hoisted
      const state = (await store.read([id])).get(id)?.state
      if (state?.status === 'pending') waiting.push({ id, price: amountOf(state.wait) })
    }
  }
  return waiting
}
