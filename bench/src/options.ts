import { parseArgs } from 'node:util'

export const PARTS = ['floor', 'product', 'log', 'verify'] as const
export type Part = (typeof PARTS)[number]

export const BACKENDS = ['memory', 'h2', 'mongod'] as const
export type Backend = (typeof BACKENDS)[number]

/** What the product is compared with. */
export const RIVALS = ['restate', 'bullmq'] as const
export type RivalName = (typeof RIVALS)[number]

export interface Options {
  /** Length of one measured closed loop; `orders` ends it earlier or later. */
  seconds: number
  orders: number | undefined
  /** Length of the open loop at 5 orders/s. */
  lowSeconds: number
  /** Orders in flight; the best of them counts. */
  inFlight: number[]
  /** Orders before anything is measured. */
  warmUp: number
  /** Agents, each with an account of its own. */
  agents: number
  /** Also measure with all orders on one account. */
  hot: boolean
  /** Orders of the three tools in turn instead of TokenOps alone. */
  mix: boolean
  processes: boolean
  /** Processes that share the services, where each has none of its own. */
  groups: number
  /** How often product and floor are measured, in turn. */
  pairs: number
  backends: Backend[]
  only: ReadonlySet<Part>
  soak: number
  /** Seconds of twice the capacity; 0: none. */
  overload: number
  /** Runs of one batch of acts; 0: none. */
  batch: number
  /** Count what an order costs each service. */
  counts: boolean
  against: RivalName[]
  json: string | undefined
  /** Folder for CPU profiles of the product's process. */
  profile: string | undefined
}

export const USAGE = `Usage: npm run bench -- [options]

  --only PARTS        floor, product, log, verify (comma-separated); default all
  --backend NAMES     memory, h2, mongod (comma-separated); default memory and h2,
                      or mongod alone where one is on PATH
  --mix               orders of the three tools in turn, and a line for each
  --processes         one process per service instead of all in one process
  --groups N          the services in N processes; default 1
  --pairs N           product and floor N times in turn, and the median of their ratios
  --seconds N         length of each measured closed loop; default 20
  --orders N          measure this many orders instead of a time
  --in-flight LIST    orders in flight to try; default 64,256
  --warm-up N         orders before anything is measured; default 5000: compiling goes on until then
  --low-seconds N     length of the open loop at 5 orders/s; default 15
  --agents N          agents with an account each; default 32
  --hot               also measure with all orders on one account
  --soak N            N orders in a row; memory and cost by tenth
  --overload [N]      twice the capacity at both doors for N seconds (600), then
                      until all is worked off; no other part unless --only names it
  --batch [N]         N runs (10000) closed in one batch of acts; no other part unless
                      --only names it
  --counts            what an order costs each service in encodes, hashes, signatures and
                      bytes; no other part unless --only names it
  --against NAMES     restate, bullmq (comma-separated): also run the same seven steps there
                      (fetched by npm; BullMQ on the redis-server on PATH)
  --profile DIR       write CPU profiles of the services' process: under full load, and at 5 orders/s
  --json FILE         write everything measured as JSON
  --source            run TypeScript sources instead of compiled code
`

/** Reads the command line. @throws Error that names the option and what it takes */
export function readOptions(args: readonly string[], hasMongod: boolean): Options {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  const { values } = parseArgs({
    args: withDefault(withDefault(args, '--overload', '600'), '--batch', '10000'),
    options: {
      only: text,
      backend: text,
      mix: flag,
      processes: flag,
      groups: text,
      pairs: text,
      seconds: text,
      orders: text,
      'in-flight': text,
      'warm-up': text,
      'low-seconds': text,
      agents: text,
      hot: flag,
      soak: text,
      overload: text,
      batch: text,
      counts: flag,
      against: text,
      profile: text,
      json: text,
      source: flag,
    },
  })
  const isAlone = values.counts || values.overload !== undefined || values.batch !== undefined
  const parts = values.only ?? (isAlone ? undefined : PARTS.join(','))
  return {
    seconds: count('seconds', values.seconds, 20),
    orders: values.orders === undefined ? undefined : count('orders', values.orders, 1),
    lowSeconds: count('low-seconds', values['low-seconds'], 15),
    inFlight: list('in-flight', values['in-flight'] ?? '64,256').map((one) =>
      count('in-flight', one, 1),
    ),
    warmUp: count('warm-up', values['warm-up'], 5000),
    agents: count('agents', values.agents, 32),
    hot: values.hot,
    mix: values.mix,
    processes: values.processes,
    groups: Math.max(1, count('groups', values.groups, 1)),
    pairs: Math.max(1, count('pairs', values.pairs, 1)),
    backends: among('backend', values.backend ?? (hasMongod ? 'mongod' : 'memory,h2'), BACKENDS),
    only: new Set(parts === undefined ? [] : among('only', parts, PARTS)),
    soak: count('soak', values.soak, 0),
    overload: count('overload', values.overload, 0),
    batch: count('batch', values.batch, 0),
    counts: values.counts,
    against: values.against === undefined ? [] : among('against', values.against, RIVALS),
    json: values.json,
    profile: values.profile,
  }
}

/** Gives an option that may stand alone its value. */
function withDefault(args: readonly string[], option: string, value: string): string[] {
  return args.flatMap((arg, n) =>
    arg === option && !/^\d/.test(args[n + 1] ?? '') ? [option, value] : [arg],
  )
}

function count(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} takes a whole number, not '${text}'`)
  return Number(text)
}

function list(name: string, text: string): string[] {
  const items = text.split(',').filter((item) => item !== '')
  if (items.length === 0) throw new Error(`--${name} takes at least one value`)
  return items
}

function among<T extends string>(name: string, text: string, known: readonly T[]): T[] {
  return list(name, text).map((item) => {
    const found = known.find((one) => one === item)
    if (found) return found
    throw new Error(`--${name} takes ${known.join(', ')}, not '${item}'`)
  })
}
