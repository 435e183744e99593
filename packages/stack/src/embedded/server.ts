import { access, rename } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { StackError } from '../stack-error.ts'
import { endProcess, type GuardedProcess, readLastLines, spawnGuarded } from './guarded-process.ts'

const READY_WITHIN_MS = 90_000
const POLL_MS = 40
const GRACE_MS = 20_000

/** How one server is run. */
export interface ServerPlan {
  part: 'kafka' | 'registry' | 'mongodb'
  /** What people are told it is; default its part. */
  name?: string
  command: string
  args: readonly string[]
  cwd: string
  logFile: string
  env: NodeJS.ProcessEnv
  /** Asks the server itself whether it works; false or a rejection mean not yet. */
  isReady(): Promise<boolean>
}

/** One server of an embedded stack, for tests that break it on purpose. */
export interface Server {
  /** Number of the server's process; another one after a restart. */
  readonly pid: number
  /** Sends a signal and settles when the server has ended. A later `restart` brings it back. */
  kill(signal: NodeJS.Signals): Promise<void>
  /** Ends the server if it still runs and starts it on the same ports and data; settles when it is ready. */
  restart(): Promise<void>
}

export interface ManagedServer extends Server {
  stop(options: { hard: boolean }): Promise<void>
}

/**
 * Starts a server and waits until it works.
 *
 * @param onExit hears about an end that nobody asked for, with how and the log's name
 * @throws StackError STACK_PART_FAILED with the log's last lines when the server ends or stays silent
 */
export async function startServer(
  plan: ServerPlan,
  onExit: (message: string) => void,
): Promise<ManagedServer> {
  await keepPreviousLog(plan.logFile)
  let running = await launch(plan)
  let expected = watch(running)

  function watch(server: GuardedProcess): { end: boolean } {
    const asked = { end: false }
    void server.exited.then((how) => {
      if (!asked.end)
        onExit(`${nameOf(plan)} ended unexpectedly (${how}); its log is ${plan.logFile}`)
    })
    return asked
  }

  const end = async (hard: boolean) => {
    expected.end = true
    if (hard) running.kill('SIGKILL')
    await endProcess(running, GRACE_MS)
  }

  return {
    get pid() {
      return running.pid
    },
    kill: async (signal) => {
      expected.end = true
      running.kill(signal)
      await running.exited
    },
    restart: async () => {
      await end(false)
      running = await launch(plan)
      expected = watch(running)
    },
    stop: ({ hard }) => end(hard),
  }
}

async function launch(plan: ServerPlan): Promise<GuardedProcess> {
  const server = spawnGuarded(plan)
  try {
    await waitUntilReady(plan, server)
    return server
  } catch (error) {
    server.kill('SIGKILL')
    await server.exited
    throw error
  }
}

async function waitUntilReady(plan: ServerPlan, server: GuardedProcess): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS
  while (!server.hasExited() && Date.now() < deadline) {
    const ready = await Promise.race([
      plan.isReady().catch(() => false),
      server.exited.then(() => false),
    ])
    // the answer may come from another server on the port while this one has ended
    if (ready && !server.hasExited()) return
    await Promise.race([wait(POLL_MS), server.exited])
  }
  const what = server.hasExited()
    ? `ended before it was ready (${await server.exited})`
    : `was not ready within ${READY_WITHIN_MS / 1_000} s`
  const lines = await readLastLines(plan.logFile, 12)
  throw new StackError(
    'STACK_PART_FAILED',
    `${nameOf(plan)} ${what}; the end of ${plan.logFile}:\n${lines}`,
  )
}

async function keepPreviousLog(file: string): Promise<void> {
  const exists = await access(file).then(
    () => true,
    () => false,
  )
  if (exists) await rename(file, file.replace(/\.log$/, '.previous.log'))
}

function nameOf({ name, part }: ServerPlan): string {
  return name ?? part
}
