import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { freePort } from '../toolkit/free-port.ts'
import { until } from '../toolkit/until.ts'
import type { TestWorld } from '../world.ts'
import { type Command, childCommands, isAlive } from './process-table.ts'

/** The processes of a world that runs one per service, from the side of the operating system. */
export interface ServiceProcesses {
  /** The port of a service's first process: it is the same after every start. */
  port(service: string): string
  pid(service: string): number
  /** SIGKILL; resolves when the process is gone. */
  kill(service: string): Promise<void>
  /** SIGSTOP or SIGCONT. */
  signal(service: string, signal: NodeJS.Signals): void
  /** Whether the service's process runs, or is paused. */
  isAlive(service: string): boolean
  /** The same command again: same folder, same environment. Resolves when it is ready. */
  start(service: string): Promise<void>
  /** One more process of a service, or of another folder, under a name of its own. */
  add(name: string, like: string, change?: Partial<Command>): Promise<void>
  /**
   * Ends with SIGTERM, as a deployment does. Resolves when the process is gone, with its exit code where
   * it was started here.
   */
  end(name: string): Promise<number | null | undefined>
  /** Every name with the address where it answers. */
  urls(): Map<string, string>
  /** Ends what this began. */
  stop(): Promise<void>
}

/** A service that starts waits for its servers, which may be away or slow to come back themselves. */
const READY_MS = 300_000

/** @param world started with `processes: true` by this process, on Linux (`/proc` is read) */
export function serviceProcesses(world: Pick<TestWorld, 'services'>): ServiceProcesses {
  const commands = new Map<string, Command>()
  const started = new Map<string, ChildProcess>()
  const found = childCommands()
  for (const [service, url] of world.services.urls) {
    const { port } = new URL(url)
    const command = found.find(({ env }) => env.PORT === port)
    if (!command) throw new Error(`no process of ${service} on port ${port}`)
    commands.set(service, command)
  }
  const commandFor = (name: string) => {
    const command = commands.get(name)
    if (!command) throw new Error(`no process ${name}`)
    return command
  }
  const gone = (name: string, pid: number) =>
    until(`end of ${name}`, () => !isAlive(pid) || undefined, READY_MS)

  async function launch(name: string, command: Omit<Command, 'pid'>): Promise<void> {
    const [node = '', ...args] = command.argv
    const log = openSync(world.services.logFile, 'a')
    // The pipe closes when this process dies: the service then stops.
    const stdio = ['pipe', log, log] as const
    const child = spawn(node, args, { cwd: command.cwd, env: command.env, stdio: [...stdio] })
    closeSync(log)
    started.set(name, child)
    const { pid } = child
    if (pid === undefined) throw new Error(`${name} did not start`)
    commands.set(name, { ...command, pid })
    const ready = async () => {
      if (!isAlive(pid)) throw new Error(`${name} ended; see ${world.services.logFile}`)
      const answer = await fetch(`${addressOf(command)}/readyz`).catch(() => undefined)
      return answer?.ok || undefined
    }
    await until(`${name} that is ready`, ready, READY_MS)
  }

  return {
    pid: (service) => commandFor(service).pid,
    port: (service) => commandFor(service).env.PORT ?? '',
    async kill(service) {
      const { pid } = commandFor(service)
      process.kill(pid, 'SIGKILL')
      await gone(service, pid)
    },
    signal: (service, signal) => void process.kill(commandFor(service).pid, signal),
    isAlive: (service) => isAlive(commandFor(service).pid),
    start: (service) => launch(service, commandFor(service)),
    async add(name, like, change = {}) {
      const { argv, cwd, env } = commandFor(like)
      const PORT = String(await freePort())
      await launch(name, { argv, cwd, ...change, env: { ...env, ...change.env, PORT } })
    },
    async end(name) {
      const { pid } = commandFor(name)
      process.kill(pid, 'SIGTERM')
      await gone(name, pid)
      commands.delete(name)
      const child = started.get(name)
      if (child) await until(`exit of ${name}`, () => hasEnded(child) || undefined)
      return child?.exitCode
    },
    urls: () => new Map([...commands].map(([name, command]) => [name, addressOf(command)])),
    async stop() {
      for (const child of started.values()) {
        child.kill('SIGCONT')
        child.kill('SIGTERM')
      }
      await until('end of the processes', () => [...started.values()].every(hasEnded) || undefined)
    },
  }
}

function addressOf({ env }: Pick<Command, 'env'>): string {
  return `http://127.0.0.1:${env.PORT}`
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}
