import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** How a process was started, as `/proc` tells it. */
export interface Command {
  pid: number
  argv: string[]
  cwd: string
  env: Record<string, string>
}

/** The processes that this one started and that have not ended. */
export function childCommands(): Command[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === process.pid)
    .map(commandOf)
}

/** A process that has ended and that its parent has not asked about yet counts as gone. */
export function isAlive(pid: number): boolean {
  const state = fieldsOf(pid)?.[0]
  return state !== undefined && state !== 'Z'
}

/** CPU time that a living process has taken, in milliseconds; undefined when it is gone. */
export function cpuMs(pid: number): number | undefined {
  const [user, system] = fieldsOf(pid)?.slice(11, 13) ?? []
  // in hundredths of a second on every Linux
  return user === undefined || system === undefined ? undefined : (+user + +system) * 10
}

function parentOf(pid: number): number | undefined {
  return Number(fieldsOf(pid)?.[1])
}

/** State, parent, … of `/proc/<pid>/stat`, counted behind the command's closing bracket. */
function fieldsOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    // it ended meanwhile
    return undefined
  }
}

function commandOf(pid: number): Command {
  const strings = (file: string) =>
    readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0').slice(0, -1)
  const env = strings('environ').map((entry): [string, string] => {
    const at = entry.indexOf('=')
    return [entry.slice(0, at), entry.slice(at + 1)]
  })
  const cwd = readlinkSync(`/proc/${pid}/cwd`)
  return { pid, argv: strings('cmdline'), cwd, env: Object.fromEntries(env) }
}
