import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { loadTool, readExecutorConfig, startExecutor } from '@prooftrail/executor-sdk'
import {
  connectHost,
  type Host,
  loadService,
  makeLog,
  readHostConfig,
  Starting,
  StopIncomplete,
  sayTo,
} from '@prooftrail/runtime'
import { checkout } from './checkout.ts'

/** What is to be run, and with which environment. */
export interface ServicePlan {
  name: string
  folder: string
  /** Part of an order's CPU; absent where nobody measured it. */
  share?: number
  env: Record<string, string>
}

/**
 * Runs all services in this process over shared connections; where the brokers know users, each over
 * its own. Logs go to `logFile`.
 */
export async function startInProcess(
  plans: readonly ServicePlan[],
  logFile: string,
  starting = new Starting(() => {}),
): Promise<{ stop(): Promise<void> }> {
  const hosts = new Map<string, Promise<Host>>()
  const hostOf = ({ env }: ServicePlan) => {
    const user = env.KAFKA_SASL_USERNAME ?? ''
    const name = user.replace(/^prooftrail-/, '') || 'all'
    const host = hosts.get(user) ?? connect(env, name, logFile, starting)
    hosts.set(user, host)
    return host
  }
  const settled = await Promise.allSettled(
    plans.map(async (plan) => startOne(await hostOf(plan), plan)),
  )
  const running = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const stop = async () => {
    const services = await Promise.allSettled(running.map((one) => one.stop()))
    const opened = await Promise.allSettled(hosts.values())
    const there = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    const closed = await Promise.allSettled(there.map((host) => host.close()))
    const left = [...services, ...closed].flatMap((one) =>
      one.status === 'rejected' && one.reason instanceof StopIncomplete ? one.reason.left : [],
    )
    if (left.length > 0) there[0]?.log.warn({ code: 'PT-9036', left }, 'stopped')
  }
  const failed = settled.find((one) => one.status === 'rejected')
  if (failed) {
    await stop()
    throw failed.reason
  }
  return { stop }
}

function connect(
  env: ServicePlan['env'],
  name: string,
  logFile: string,
  starting: Starting,
): Promise<Host> {
  const config = readHostConfig(env)
  const log = makeLog(undefined, config.logLevel, logFile)
  return connectHost(config, name, log, starting.alsoTo(sayTo(log)))
}

async function startOne(host: Host, plan: ServicePlan): Promise<{ stop(): Promise<void> }> {
  const folder = join(checkout, plan.folder)
  if (isTool(plan)) {
    const tool = await loadTool(folder)
    return startExecutor(host, { ...tool, ...readExecutorConfig(plan.env, plan.name) })
  }
  const { readConfig, start } = await loadService(folder)
  return start(host, readConfig(plan.env))
}

/** A tool's folder is run by the executor SDK; a service brings its own start. */
export function isTool({ folder }: Pick<ServicePlan, 'folder'>): boolean {
  return existsSync(join(checkout, folder, 'manifest.json'))
}
