import type { AnswerOf, RunRow } from '@prooftrail/contracts/doors'
import type { Reader } from '@prooftrail/runtime'
import { facet } from './run-row.ts'
import { listRuns } from './runs.ts'
import type { Drawn, History } from './sre/history.ts'
import type { State } from './state.ts'

export type Overview = AnswerOf<'GET /v1/overview'>
type Counted = Overview['counters'][keyof Overview['counters']]

/** Each counter with the filter of the list that it counts: the number leads to these runs. */
const COUNTERS = {
  pending: ['waits_for', 'service'],
  failed_callbacks: ['callback', 'parked'],
  open_exceptions: ['state', 'exception_open'],
  settlements_pending: ['state', 'credit_pending'],
  receipts_issued: ['receipt', 'issued'],
  replay_ready: ['runtime', 'replay_ready'],
} as const satisfies Record<keyof Overview['counters'], readonly [string, string]>

/** Who may have to move a run on. */
const WAITED_FOR = ['service', 'credits', 'operator', 'receiver'] as const

/** A count goes no further: what it costs does not grow with history. */
const MOST_COUNTED = 10_000

/** All viewers together have it counted this often at most. */
const FRESH_MS = 2_000

/** Counts runs by the index of lists, and tells rates and credits as they were sampled last. */
export function overviewOf(
  store: Pick<Reader<State>, 'hoisted' | 'count'>,
  history: Pick<History, 'draw'>,
): () => Promise<Overview> {
  let known: { overview: Promise<Overview>; at: number } | undefined
  return () => {
    const now = performance.now()
    if (known && now - known.at < FRESH_MS) return known.overview
    const overview = count(store, history)
    known = { overview, at: now }
    // an outage is asked about again at once
    overview.catch(() => {
      known = undefined
    })
    return overview
  }
}

async function count(
  store: Pick<Reader<State>, 'hoisted' | 'count'>,
  history: Pick<History, 'draw'>,
): Promise<Overview> {
  const generated_at = new Date().toISOString()
  const counted = async (name: string, value: string): Promise<Counted> => {
    const found = await store.count({ 'ix.facets': facet(name, value) }, { most: MOST_COUNTED + 1 })
    const more = found > MOST_COUNTED
    return { count: Math.min(found, MOST_COUNTED), more, list: { [name]: value } }
  }
  const [counters, waits, latest] = await Promise.all([
    all(COUNTERS, ([name, value]) => counted(name, value)),
    all(Object.fromEntries(WAITED_FOR.map((who) => [who, who])), (who) =>
      counted('waits_for', who),
    ),
    latestRun(store),
  ])
  const credits = newest(history, 'prooftrail-receipt', 'credits')
  const free = credits.find(({ legend }) => legend === 'free')
  return {
    generated_at,
    ...(latest ? { latest } : {}),
    // each has the members of its table
    counters: counters as Overview['counters'],
    waits: waits as Overview['waits'],
    ...(free === undefined ? {} : { credits_available: free.value }),
    rates: newest(history, 'prooftrail-overview', 'orders'),
    spans: newest(history, 'prooftrail-overview', 'spans'),
  }
}

async function latestRun(store: Pick<Reader<State>, 'hoisted'>): Promise<RunRow | undefined> {
  const page = await listRuns(store, { sort: '-accepted', limit: 1 })
  return 'runs' in page ? page.runs[0] : undefined
}

async function all<T, R>(
  table: Readonly<Record<string, T>>,
  of: (one: T) => Promise<R>,
): Promise<Record<string, R>> {
  const entries = Object.entries(table).map(async ([name, one]) => [name, await of(one)] as const)
  return Object.fromEntries(await Promise.all(entries))
}

/** What the lines of a panel were at the newest moment, those that have a value then. */
function newest(
  history: Pick<History, 'draw'>,
  uid: string,
  panel: string,
): { legend: string; value: number }[] {
  const panels: Drawn[] = history.draw(uid, 60)?.rows.flatMap((row) => row.panels) ?? []
  const { lines = [] } = panels.find(({ id }) => id === panel) ?? {}
  return lines.flatMap(({ legend, values }) => {
    const value = values.at(-1) ?? null
    return value === null ? [] : [{ legend, value }]
  })
}
