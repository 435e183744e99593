import { fork } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Starting } from '@prooftrail/runtime'
import { InvalidArgumentError } from 'commander'
import type { GroupAnswer, GroupRequest } from './group-process.ts'
import { type ServicePlan, startInProcess } from './in-process.ts'
import { splitInGroups } from './split-in-groups.ts'

/**
 * Services in groups: each group shares a process and its connections. One process uses little more
 * than one core; as many processes as services cost a quarter more CPU an order.
 */

/** Two groups where there are two cores or more; beside them the servers want some too. */
export function defaultGroups(): number {
  return availableParallelism() > 1 ? 2 : 1
}

/** @throws InvalidArgumentError for what is no number of processes */
export function readGroups(text: string): number {
  if (!/^[1-9]$/.test(text)) throw new InvalidArgumentError('It takes 1 to 9.')
  return Number(text)
}

/**
 * Runs the first group in this process and each other one in a process of its own; resolves when all
 * are ready. @throws what kept one from starting, once all have stopped
 */
export async function startGroups(
  plans: readonly ServicePlan[],
  logFile: string,
  count: number,
  starting?: Starting,
): Promise<RunningGroups> {
  const [own = [], ...others] = splitInGroups(plans, count)
  const children = others.map((members) => new GroupProcess(members, logFile))
  const started = await Promise.allSettled([
    startInProcess(own, logFile, starting),
    ...children.map((child) => child.start()),
  ])
  const stop = async () => {
    const [first] = started
    await Promise.allSettled([
      ...(first.status === 'fulfilled' ? [first.value.stop()] : []),
      ...children.map((child) => child.stop()),
    ])
  }
  const failed = started.find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') {
    await stop()
    throw failed.reason
  }
  return { stop, ended: Promise.race(children.map((child) => child.ended)) }
}

export interface RunningGroups {
  stop(): Promise<void>
  /** Resolves with what happened when a group's process ends although nobody stopped it. */
  ended: Promise<string>
}

/** Services live for a moment in memory: as in bin/prooftrail's own process. */
const YOUNG = '--max-semi-space-size=64'
/** What stopping may take before the process is ended. */
const STOP_MS = 20_000

class GroupProcess {
  readonly ended: Promise<string>
  readonly #child: ReturnType<typeof fork>
  readonly #plans: readonly ServicePlan[]
  readonly #logFile: string
  #isStopping = false

  constructor(plans: readonly ServicePlan[], logFile: string) {
    this.#plans = plans
    this.#logFile = logFile
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
    const loader = new URL('../bin/source.js', import.meta.url).href
    const log = openSync(logFile, 'a')
    this.#child = fork(fileURLToPath(new URL(`group-process.${extension}`, import.meta.url)), [], {
      execArgv: [YOUNG, ...(extension === 'ts' ? ['--import', loader] : [])],
      stdio: ['ignore', log, log, 'ipc'],
      // nothing but what a plan says reaches a service
      env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' },
    })
    closeSync(log)
    const names = plans.map(({ name }) => name).join(', ')
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        if (!this.#isStopping) resolve(`the process of ${names} ended with ${code ?? signal}`)
      })
    })
  }

  /** @throws what kept the services from starting */
  async start(): Promise<void> {
    const answered = new Promise<GroupAnswer>((resolve) => this.#child.once('message', resolve))
    this.#send({ type: 'start', plans: this.#plans, logFile: this.#logFile })
    const answer = await Promise.race([answered, this.ended])
    if (typeof answer === 'string') throw new Error(answer)
    if (answer.error !== undefined) throw new Error(answer.error)
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()))
    const late = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS)
    if (this.#child.connected) this.#send({ type: 'stop' })
    await gone
    clearTimeout(late)
  }

  #send(request: GroupRequest): void {
    this.#child.send(request)
  }
}
