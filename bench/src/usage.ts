import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'

/** What a group of processes has used: CPU seconds (user and system) and resident bytes. */
export interface Usage {
  cpu: number
  rss: number
}

/** CPU seconds of Node processes by what their threads are for. */
export interface ThreadUsage {
  /** JavaScript, and the young generation's collections. */
  main: number
  /** V8's own: compiling, and collecting garbage beside the main thread. */
  helpers: number
  /** libuv's pool, where signatures are verified, and other workers. */
  others: number
}

/** Linux counts CPU time in hundredths of a second for every architecture that Node runs on. */
const TICKS = 100
const PAGE = 4096

interface ProcessStat {
  pid: number
  parent: number
  name: string
  cpu: number
  rss: number
}

/**
 * What these processes and all their descendants have used up to now, those in `without` and their
 * descendants left out. Zero where the system has no /proc.
 */
export function usageOf(roots: readonly number[], without: readonly number[] = []): Usage {
  return sumOf(allProcesses(), roots, without)
}

/** The same of each process by its name, in one look. */
export function usageOfEach(roots: Readonly<Record<string, number>>): Record<string, Usage> {
  const stats = allProcesses()
  return Object.fromEntries(
    Object.entries(roots).map(([name, root]) => [name, sumOf(stats, [root], [])]),
  )
}

/** The children of a process by the folder that each works in; the last one where several do. */
export function childrenByFolder(parent: number): Record<string, number> {
  const own = allProcesses().filter((one) => one.parent === parent)
  return Object.fromEntries(own.map(({ pid }) => [folderOf(pid), pid]))
}

function folderOf(pid: number): string {
  try {
    return basename(readlinkSync(`/proc/${pid}/cwd`))
  } catch {
    return '' // it ended meanwhile
  }
}

/** Threads of a Node process in the order of their ids: the first one, then those of V8's platform. */
const V8_THREADS = 5

/** What the threads of the same processes as in `usageOf` have used. Zero where there is no /proc. */
export function threadsOf(roots: readonly number[], without: readonly number[] = []): ThreadUsage {
  const total = { main: 0, helpers: 0, others: 0 }
  for (const { pid } of below(allProcesses(), roots, without)) {
    for (const [n, cpu] of threadTimes(pid).entries()) {
      total[n === 0 ? 'main' : n <= V8_THREADS ? 'helpers' : 'others'] += cpu
    }
  }
  return total
}

function threadTimes(pid: number): number[] {
  try {
    const ids = readdirSync(`/proc/${pid}/task`).map(Number)
    return ids
      .sort((a, b) => a - b)
      .map((id) => parseStat(readFileSync(`/proc/${pid}/task/${id}/stat`, 'utf8')).cpu)
  } catch {
    return [] // it ended meanwhile
  }
}

function sumOf(
  stats: readonly ProcessStat[],
  roots: readonly number[],
  without: readonly number[],
): Usage {
  const total = { cpu: 0, rss: 0 }
  for (const { cpu, rss } of below(stats, roots, without)) {
    total.cpu += cpu
    total.rss += rss
  }
  return total
}

/** These processes and their descendants. */
function below(
  stats: readonly ProcessStat[],
  roots: readonly number[],
  without: readonly number[],
): ProcessStat[] {
  const children = new Map<number, ProcessStat[]>()
  for (const one of stats) children.set(one.parent, [...(children.get(one.parent) ?? []), one])
  const found: ProcessStat[] = []
  const visit = (one: ProcessStat | undefined) => {
    if (!one || without.includes(one.pid)) return
    found.push(one)
    for (const child of children.get(one.pid) ?? []) visit(child)
  }
  for (const root of roots) visit(stats.find(({ pid }) => pid === root))
  return found
}

function allProcesses(): ProcessStat[] {
  let entries: string[]
  try {
    entries = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  } catch {
    return []
  }
  return entries.flatMap((entry) => {
    try {
      return [parseStat(readFileSync(`/proc/${entry}/stat`, 'utf8'))]
    } catch {
      return [] // it ended meanwhile
    }
  })
}

/** proc(5): the name stands in parentheses and may hold anything, so fields count from its end. */
function parseStat(text: string): ProcessStat {
  const open = text.indexOf('(')
  const close = text.lastIndexOf(')')
  const fields = text.slice(close + 2).split(' ')
  const field = (n: number) => Number(fields[n - 3])
  return {
    pid: Number(text.slice(0, open)),
    name: text.slice(open + 1, close),
    parent: field(4),
    cpu: (field(14) + field(15)) / TICKS,
    rss: field(24) * PAGE,
  }
}
