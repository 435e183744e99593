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
  sayTo,
} from '@prooftrail/runtime'
import { checkout } from './checkout.ts'

/** What is to be run, and with which environment. */
export interface ServicePlan {
  name: string
  folder: string
  env: Record<string, string>
}

/** Runs all services in this process over shared connections; logs go to `logFile`. */
export async function startInProcess(
  plans: readonly ServicePlan[],
  logFile: string,
  starting = new Starting(() => {}),
): Promise<{ stop(): Promise<void> }> {
  const [first] = plans
  if (!first) return { stop: async () => {} }
  const config = readHostConfig(first.env)
  const log = makeLog(undefined, config.logLevel, logFile)
  const host = await connectHost(config, 'all', log, starting.alsoTo(sayTo(log)))
  const settled = await Promise.allSettled(plans.map((plan) => startOne(host, plan)))
  const running = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const stop = async () => {
    await Promise.allSettled(running.map((one) => one.stop()))
    await host.close()
  }
  const failed = settled.find((one) => one.status === 'rejected')
  if (failed) {
    await stop()
    throw failed.reason
  }
  return { stop }
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
