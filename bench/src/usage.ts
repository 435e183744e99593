import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'

/** What a group of processes has used: CPU seconds (user and system) and resident bytes. */
export interface Usage {
  cpu: number
  rss: number
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

function sumOf(
  stats: readonly ProcessStat[],
  roots: readonly number[],
  without: readonly number[],
): Usage {
  const children = new Map<number, ProcessStat[]>()
  for (const one of stats) children.set(one.parent, [...(children.get(one.parent) ?? []), one])
  const total = { cpu: 0, rss: 0 }
  const visit = (one: ProcessStat | undefined) => {
    if (!one || without.includes(one.pid)) return
    total.cpu += one.cpu
    total.rss += one.rss
    for (const child of children.get(one.pid) ?? []) visit(child)
  }
  for (const root of roots) visit(stats.find(({ pid }) => pid === root))
  return total
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
