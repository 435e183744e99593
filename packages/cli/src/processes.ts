import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Starting } from '@prooftrail/runtime'
import { checkout } from './checkout.ts'
import { CommandError } from './fault.ts'
import { isTool, type ServicePlan } from './in-process.ts'

/** A service in its own process. */
export interface ServiceProcess {
  plan: ServicePlan
  readonly pid: number | undefined
  kill(signal: NodeJS.Signals): void
  /** Resolves when the process has ended. */
  ended: Promise<void>
}

export interface ProcessGroup {
  processes: Map<string, ServiceProcess>
  /** Starts one more instance of a plan, or one that ended again. */
  start(plan: ServicePlan, instance?: string): Promise<ServiceProcess>
  stop(): Promise<void>
}

const READY_MS = 60_000
const LOOK = { first: 100, most: 500 }
/** Messages live for a moment: a young generation that holds a round of them is collected rarely. */
const YOUNG = '--max-semi-space-size=32'

/** One process per service, each with its own environment; resolves when all are ready. */
export async function startProcesses(
  plans: readonly ServicePlan[],
  logFile: string,
  starting: Starting,
): Promise<ProcessGroup> {
  const processes = new Map<string, ServiceProcess>()
  const group: ProcessGroup = {
    processes,
    async start(plan, instance = plan.name) {
      const started = launch(plan, logFile)
      processes.set(instance, started)
      const ready = () => untilReady(started, logFile)
      await starting.step(plan.name, ready, { passes: waits, backoff: LOOK })
      return started
    },
    async stop() {
      for (const one of processes.values()) one.kill('SIGTERM')
      await Promise.all([...processes.values()].map((one) => one.ended))
    },
  }
  try {
    await Promise.all(plans.map((plan) => group.start(plan)))
    return group
  } catch (error) {
    await group.stop()
    throw error
  }
}

function launch(plan: ServicePlan, logFile: string): ServiceProcess {
  const log = openSync(logFile, 'a')
  const child = spawn(process.execPath, commandOf(plan), {
    cwd: join(checkout, plan.folder),
    env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...plan.env },
    // The pipe closes when this process dies, however it dies: the service then stops.
    stdio: ['pipe', log, log],
  })
  closeSync(log)
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return { plan, ended, pid: child.pid, kill: (signal) => void killIf(child, signal) }
}

function killIf(child: ChildProcess, signal: NodeJS.Signals): boolean {
  return child.exitCode === null && child.signalCode === null && child.kill(signal)
}

/** A checkout runs sources, an image what was built. */
function commandOf(plan: ServicePlan): string[] {
  const bin = (name: string) => fileURLToPath(new URL(`../bin/${name}`, import.meta.url))
  const guard = [YOUNG, '--import', new URL('../bin/parent.js', import.meta.url).href]
  const runner = isTool(plan) ? 'packages/executor-sdk' : 'packages/runtime'
  const source = join(checkout, runner, 'src/bin.ts')
  return import.meta.url.endsWith('.ts') && existsSync(source)
    ? [...guard, '--import', `file://${bin('source.js')}`, source, '.']
    : [...guard, join(checkout, runner, 'dist/bin.js'), '.']
}

/** A service that says what it waits for is waited for. */
class StillWaits extends Error {}

function waits(error: unknown): boolean {
  return error instanceof StillWaits
}

/** @throws StillWaits where the service says that it waits; CommandError when it ended, or says nothing */
async function untilReady(one: ServiceProcess, logFile: string): Promise<void> {
  let dead = false
  void one.ended.then(() => {
    dead = true
  })
  const url = `http://127.0.0.1:${one.plan.env.PORT}/readyz`
  let until = Date.now() + READY_MS
  while (!dead && Date.now() < until) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.ok) return
    const said = (await answer?.text().catch(() => '')) ?? ''
    const waiting = WAITING.exec(said)
    if (waiting?.[1]) throw new StillWaits(waiting[1])
    // it lives, and its own start ends or says what it waits for
    if (said.includes('"starting; ')) until = Date.now() + READY_MS
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const what = dead ? 'ended while starting' : `was not ready within ${READY_MS / 1000} s`
  throw new CommandError('PT-8003', `${one.plan.name} ${what}; see ${logFile}`)
}

/** What `/readyz` of a service that starts says, in its detail. */
const WAITING = /"starting; waiting for ([^"]*)"/
