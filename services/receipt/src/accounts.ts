import { LRUCache } from 'lru-cache'
import {
  type Answer,
  type Entry,
  entryId,
  type Head,
  keysOf,
  type Movement,
  movementId,
  mustReadKeys,
  plan,
} from './credits.ts'
import type { EntryList } from './entry-list.ts'
import { findHeads } from './find-heads.ts'

/**
 * The accounts: append-only lists in one collection, moved by any number of processes.
 * A1 To move is to insert behind the highest seq. Who loses the race on the id, or says a key twice,
 *    reads the head and then the keys again, and decides again.
 * A2 The movements of one account are written in order and stop at the first refusal: no total
 *    stands on an entry that was not written. All accounts go in one insert until one loses a race.
 * A3 A remembered head is only a guess: a write proves it, and a refusal by it does not count.
 * A4 What was said is found and answered as it is, so that asking again moves nothing.
 */
export interface Accounts {
  /**
   * Moves a whole round: one insert, and no read while nobody else moves the same accounts.
   * @returns the answer of every movement, by `movementId`
   * @throws on an outage; asking again is safe
   */
  move(movements: readonly Movement[]): Promise<Map<string, Answer>>
  /** The end of an account's list as the database has it now. */
  head(account: string): Promise<Head>
  /** The same of several, in as many reads as of one. */
  heads(accounts: readonly string[]): Promise<Head[]>
  /** At most `limit` entries behind seq `after`, in order. */
  entries(account: string, after: number, limit: number): Promise<Entry[]>
  /** Entries by key, those that exist. */
  find(keys: readonly string[]): Promise<Map<string, Entry>>
}

const MAX_REMEMBERED = 10_000
/** Each lost race is somebody's gain: this many in a row without one of ours is a fault. */
const MAX_FRUITLESS = 500
const MAX_PAUSE_MS = 8

interface Remembered {
  head: Head
  /** False: only the place to search from, since somebody else has moved the account. */
  isEnd: boolean
}

interface Attempt {
  account: string
  movements: readonly Movement[]
  entries: Entry[]
  /** Per movement: its answer, and how many entries must be written for it to count. */
  planned: { answer: Answer; needs: number }[]
  head: Head
  fresh: boolean
}

export function makeAccounts(list: EntryList): Accounts {
  const remembered = new LRUCache<string, Remembered>({ max: MAX_REMEMBERED })

  function remember(head: Head, isEnd: boolean): void {
    remembered.set(head.account, { head, isEnd })
  }

  async function headsOf(accounts: Iterable<string>): Promise<Map<string, [Head, boolean]>> {
    const heads = new Map<string, [Head, boolean]>()
    const unknown = new Map<string, Head | undefined>()
    for (const account of accounts) {
      const known = remembered.get(account)
      if (known?.isEnd) heads.set(account, [known.head, false])
      else unknown.set(account, known?.head)
    }
    if (unknown.size > 0) {
      for (const [account, head] of await findHeads(list, unknown)) heads.set(account, [head, true])
    }
    return heads
  }

  async function find(keys: readonly string[]): Promise<Map<string, Entry>> {
    if (keys.length === 0) return new Map()
    return new Map((await list.byKey(keys)).map((entry) => [entry.key, entry]))
  }

  /** Writes all entries in one insert, up to the first refusal; answers as `write`. */
  async function writeTogether(attempts: readonly Attempt[]): Promise<Map<Attempt, number>> {
    const all = attempts.flatMap(({ entries }) => entries)
    let left = all.length
    try {
      if (left > 0) left = (await list.insert(all, true))[0] ?? left
    } catch (error) {
      for (const { account } of attempts) remembered.delete(account)
      throw error
    }
    return new Map(
      attempts.map((attempt) => {
        const count = Math.min(left, attempt.entries.length)
        left -= count
        return [attempt, count]
      }),
    )
  }

  /** Writes each attempt's entries; answers how many of them, from the first, were written. */
  async function write(attempts: readonly Attempt[]): Promise<Map<Attempt, number>> {
    const written = new Map(attempts.map((attempt) => [attempt, 0]))
    const single = attempts.filter(({ entries }) => entries.length === 1)
    const several = attempts.filter(({ entries }) => entries.length > 1)
    const writes = several.map(async (attempt) => {
      const refused = await list.insert(attempt.entries, true)
      written.set(attempt, refused[0] ?? attempt.entries.length)
    })
    if (single.length > 0) {
      writes.push(
        (async () => {
          const one = single.flatMap(({ entries }) => entries)
          const refused = new Set(await list.insert(one, false))
          for (const [at, attempt] of single.entries())
            written.set(attempt, refused.has(at) ? 0 : 1)
        })(),
      )
    }
    for (const result of await Promise.allSettled(writes)) {
      if (result.status === 'fulfilled') continue
      for (const { account } of attempts) remembered.delete(account)
      throw result.reason
    }
    return written
  }

  async function move(movements: readonly Movement[]): Promise<Map<string, Answer>> {
    const answers = new Map<string, Answer>()
    const readKeys = new Set(movements.filter(mustReadKeys).map(({ account }) => account))
    let open = groupByAccount(movements)
    let raced = false
    for (let fruitless = 0; open.size > 0; ) {
      // Heads first: what is said behind a head after it was read refuses the insert.
      const heads = await headsOf(open.keys())
      const careful = [...open].filter(([account]) => readKeys.has(account))
      const known = await find(careful.flatMap(([, list]) => list.flatMap(keysOf)))
      const attempts = [...open].flatMap(([account, list]) => {
        const [head, fresh] = heads.get(account) ?? []
        return head && fresh !== undefined ? [planAll(account, list, head, fresh, known)] : []
      })
      const written = await (raced ? write(attempts) : writeTogether(attempts))
      const before = answers.size
      open = new Map()
      raced = true
      for (const attempt of attempts) {
        const count = written.get(attempt) ?? 0
        const left = attempt.movements.filter((movement, at) => {
          const { answer, needs } = attempt.planned[at] ?? {}
          const stands = answer && (!('declined' in answer) || attempt.fresh)
          if (!stands || needs === undefined || needs > count) return true
          answers.set(movementId(movement), answer)
          return false
        })
        const end = attempt.entries[count - 1] ?? attempt.head
        if (left.length > 0) remember(end, false)
        else if (count > 0 || attempt.fresh) remember(end, true)
        if (left.length > 0) {
          open.set(attempt.account, left)
          readKeys.add(attempt.account)
        }
      }
      fruitless = answers.size > before ? 0 : fruitless + 1
      if (fruitless > MAX_FRUITLESS) throw new Error(`${open.size} accounts never settle`)
      if (fruitless > 1 && open.size > 0) await pause(fruitless)
    }
    return answers
  }

  return {
    move,
    find,
    async head(account) {
      const heads = await findHeads(list, new Map([[account, remembered.get(account)?.head]]))
      const head = heads.get(account)
      if (!head) throw new Error(`no head of account ${account}`)
      return head
    },
    async heads(accounts) {
      const seen = accounts.map((account) => [account, remembered.get(account)?.head] as const)
      return [...(await findHeads(list, new Map(seen))).values()]
    },
    async entries(account, after, limit) {
      const ids = Array.from({ length: limit }, (_, at) => entryId(account, after + 1 + at))
      return (await list.byId(ids)).sort((one, other) => one.seq - other.seq)
    },
  }
}

/** Plans one account's movements one behind the other. */
function planAll(
  account: string,
  movements: readonly Movement[],
  head: Head,
  fresh: boolean,
  known: ReadonlyMap<string, Entry>,
): Attempt {
  const said = new Map(known)
  const attempt: Attempt = { account, movements, entries: [], planned: [], head, fresh }
  let end = head
  let stuck = false
  for (const movement of movements) {
    const queued = movement.type === 'hold' && movement.queued
    const { answer, entries } =
      // C3: who waited longer goes first, so that the rest of the queue stays behind it.
      queued && stuck && !keysOf(movement).some((key) => isEnd(key) && said.has(key))
        ? { answer: { declined: 'short' } as const, entries: [] }
        : plan(end, movement, said)
    if (queued && 'declined' in answer) stuck = true
    for (const entry of entries) {
      attempt.entries.push(entry)
      said.set(entry.key, entry)
      end = entry
    }
    attempt.planned.push({ answer, needs: attempt.entries.length })
  }
  return attempt
}

/** Whether the key ends a wait. */
function isEnd(key: string): boolean {
  return !/\/short\/\d+$/.test(key)
}

function groupByAccount(movements: readonly Movement[]): Map<string, Movement[]> {
  const groups = new Map<string, Movement[]>()
  for (const movement of movements) {
    const group = groups.get(movement.account)
    if (group) group.push(movement)
    else groups.set(movement.account, [movement])
  }
  return groups
}

function pause(fruitless: number): Promise<void> {
  const ms = Math.random() * Math.min(MAX_PAUSE_MS, fruitless)
  return new Promise((resolve) => setTimeout(resolve, ms))
}
