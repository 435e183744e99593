import { join } from 'node:path'
import { readAttestationConfig, startAttestation } from '@prooftrail/attestation'
import { readCallbackConfig, startCallback } from '@prooftrail/callback'
import { readConsoleConfig, startConsole } from '@prooftrail/console'
import { readDispatchConfig, startDispatch } from '@prooftrail/dispatch'
import { loadTool, readExecutorConfig, startExecutor } from '@prooftrail/executor-sdk'
import { readIntakeConfig, startIntake } from '@prooftrail/intake'
import { readReceiptConfig, startReceipt } from '@prooftrail/receipt'
import { connectHost, type Env, type Host, makeLog, readHostConfig } from '@prooftrail/runtime'
import { checkout } from './checkout.ts'

/** What is to be run, and with which environment. */
export interface ServicePlan {
  name: string
  folder: string
  env: Record<string, string>
}

type Start = (host: Host, env: Env) => Promise<{ stop(): Promise<void> }>

const starts: Readonly<Record<string, Start>> = {
  intake: (host, env) => startIntake(host, readIntakeConfig(env)),
  receipt: (host, env) => startReceipt(host, readReceiptConfig(env)),
  dispatch: (host, env) => startDispatch(host, readDispatchConfig(env)),
  callback: (host, env) => startCallback(host, readCallbackConfig(env)),
  attestation: (host, env) => startAttestation(host, readAttestationConfig(env)),
  console: (host, env) => startConsole(host, readConsoleConfig(env)),
}

/** Runs all services in this process over shared connections; logs go to `logFile`. */
export async function startInProcess(
  plans: readonly ServicePlan[],
  logFile: string,
): Promise<{ stop(): Promise<void> }> {
  const [first] = plans
  if (!first) return { stop: async () => {} }
  const config = readHostConfig(first.env)
  const host = await connectHost(config, 'all', makeLog('all', config.logLevel, logFile))
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
  const start = starts[plan.name]
  if (start) return start(host, plan.env)
  const tool = await loadTool(join(checkout, plan.folder))
  return startExecutor(host, { ...tool, ...readExecutorConfig(plan.env, plan.name) })
}
