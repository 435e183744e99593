import { emptyHead, entryId, type Head } from './credits.ts'
import type { EntryList } from './entry-list.ts'

/**
 * Finds the ends of lists by point reads alone. A list has no gaps, so that the seq that exists and
 * whose next does not is the end; probes close in on it from the entry seen last. One read serves
 * all accounts: mostly it is the only one.
 */

/** Consecutive probes behind the entry seen last: what others wrote meanwhile. */
const NEAR = 16
/** Then powers of two, up to this one. */
const FAR = 20
/** Probes between two known bounds. */
const WAYS = 32

interface Search {
  /** The highest entry known to exist. */
  low: Head
  /** The lowest seq known not to exist. */
  high: number | undefined
}

/** The heads of these accounts, searched from what was last seen of them. */
export async function findHeads(
  list: EntryList,
  accounts: ReadonlyMap<string, Head | undefined>,
): Promise<Map<string, Head>> {
  const heads = new Map<string, Head>()
  const open = new Map<string, Search>()
  for (const [account, seen] of accounts) {
    open.set(account, { low: seen ?? emptyHead(account), high: undefined })
  }
  while (open.size > 0) {
    const probes = new Map([...open].map(([account, search]) => [account, probesOf(search)]))
    const ids = [...probes].flatMap(([account, seqs]) => seqs.map((seq) => entryId(account, seq)))
    const found = new Map<string, Map<number, Head>>()
    for (const entry of await list.byId(ids)) {
      const seqs = found.get(entry.account) ?? new Map<number, Head>()
      found.set(entry.account, seqs.set(entry.seq, headOf(entry)))
    }
    for (const [account, search] of [...open]) {
      const next = closeIn(search, probes.get(account) ?? [], found.get(account) ?? new Map())
      if (next.high === next.low.seq + 1) {
        heads.set(account, next.low)
        open.delete(account)
      } else open.set(account, next)
    }
  }
  return heads
}

function probesOf({ low, high }: Search): number[] {
  if (high === undefined) {
    const near = Array.from({ length: NEAR }, (_, at) => low.seq + 1 + at)
    const far: number[] = []
    for (let power = 0; power <= FAR; power += 1) {
      if (2 ** power > NEAR) far.push(low.seq + 2 ** power)
    }
    return [...near, ...far]
  }
  const between = high - low.seq - 1
  const count = Math.min(between, WAYS)
  const step = (between + 1) / (count + 1)
  return Array.from({ length: count }, (_, at) => low.seq + Math.floor(step * (at + 1)))
}

function closeIn({ low, high }: Search, probes: number[], found: Map<number, Head>): Search {
  const top = [...found.values()].reduce((best, head) => (head.seq > best.seq ? head : best), low)
  const missing = probes.filter((seq) => seq > top.seq && !found.has(seq))
  return { low: top, high: missing.length > 0 ? Math.min(...missing) : high }
}

function headOf({ account, seq, funded, held, debited, free, waiting, settlement }: Head): Head {
  const totals = { account, seq, funded, held, debited, free, waiting }
  return settlement === undefined ? totals : { ...totals, settlement }
}
