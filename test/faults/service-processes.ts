import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { until } from '../toolkit/until.ts'
import type { TestWorld } from '../world.ts'

/** The processes of a world that runs one per service, from the side of the operating system. */
export interface ServiceProcesses {
  /** SIGKILL; resolves when the process is gone. */
  kill(service: string): Promise<void>
  /** The same command again: same folder, same environment. Resolves when it is ready. */
  start(service: string): Promise<void>
  /** Ends what `start` began. */
  stop(): Promise<void>
}

interface Command {
  pid: number
  argv: string[]
  cwd: string
  env: Record<string, string>
}

/** @param world started with `processes: true` by this process, on Linux (`/proc` is read) */
export function serviceProcesses(world: Pick<TestWorld, 'services' | 'url'>): ServiceProcesses {
  const commands = new Map<string, Command>()
  const started = new Set<ChildProcess>()
  for (const [service, url] of world.services.urls) {
    const port = new URL(url).port
    const found = childIds()
      .map(commandOf)
      .find(({ env }) => env.PORT === port)
    if (!found) throw new Error(`no process of ${service} on port ${port}`)
    commands.set(service, found)
  }
  const commandFor = (service: string) => {
    const command = commands.get(service)
    if (!command) throw new Error(`no service ${service}`)
    return command
  }
  return {
    async kill(service) {
      const { pid } = commandFor(service)
      process.kill(pid, 'SIGKILL')
      await until(`end of ${service}`, () => !isAlive(pid) || undefined)
    },
    async start(service) {
      const command = commandFor(service)
      const [node = '', ...args] = command.argv
      const log = openSync(world.services.logFile, 'a')
      // The pipe closes when this process dies: the service then stops.
      const child = spawn(node, args, {
        cwd: command.cwd,
        env: command.env,
        stdio: ['pipe', log, log],
      })
      closeSync(log)
      started.add(child)
      if (child.pid === undefined) throw new Error(`${service} did not start`)
      commands.set(service, { ...command, pid: child.pid })
      await until(`${service} that is ready again`, async () => {
        const answer = await fetch(`${world.url(service)}/readyz`).catch(() => undefined)
        return answer?.ok || undefined
      })
    },
    async stop() {
      for (const child of started) child.kill('SIGTERM')
      await until('end of the processes', () => [...started].every(hasEnded) || undefined)
    },
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

function childIds(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === process.pid)
}

/** The fourth field of `/proc/<pid>/stat`, counted behind the command's closing bracket. */
function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
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

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
