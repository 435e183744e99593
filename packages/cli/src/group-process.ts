import { type ServicePlan, startInProcess } from './in-process.ts'

/** A process of one group of services: it does what its parent says, and ends with it. */

export type GroupRequest =
  | { type: 'start'; plans: readonly ServicePlan[]; logFile: string }
  | { type: 'stop' }

/** Of a start. */
export interface GroupAnswer {
  error?: string
}

let running: { stop(): Promise<void> } | undefined

async function start(plans: readonly ServicePlan[], logFile: string): Promise<GroupAnswer> {
  try {
    running = await startInProcess(plans, logFile)
    return {}
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

async function stop(): Promise<void> {
  await running?.stop().catch(() => undefined)
  process.exit(0)
}

process.on('message', async (request: GroupRequest) => {
  if (request.type === 'stop') await stop()
  else process.send?.(await start(request.plans, request.logFile))
})
// however the parent ended: what is in hand is finished, and nothing is left behind
process.once('disconnect', () => void stop())
// Ctrl-C reaches every process of a terminal: the parent says when to stop
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined)
