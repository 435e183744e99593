import { mkdirSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { join } from 'node:path'
import {
  deploySchemas,
  EXECUTORS,
  freePorts,
  openKeyRing,
  SERVICES,
  serviceEnv,
  startInProcess,
  startProcesses,
} from '@prooftrail/cli'
import type { StackAddresses } from '@prooftrail/stack'
import { answerParent } from '../child.ts'
import { TOOL } from '../recording.ts'

/** What the process of the services is told. */
export interface WorldPlan {
  stack: StackAddresses
  /** Folder of keys and logs. */
  dir: string
  processes: boolean
  partitions: number
  callbackPort: number
}

let running: { stop(): Promise<void> } | undefined
let profiler: Session | undefined

answerParent({
  /** Starts every service on the given stack; answers where they are. */
  start: async ({ plan }: { plan: WorldPlan }) => {
    const { stack, dir, processes, partitions, callbackPort } = plan
    mkdirSync(dir, { recursive: true })
    const keys = openKeyRing(join(dir, 'keys'), 'bench.prooftrail.local/log')
    await deploySchemas(stack, partitions, [TOOL])
    const all = [...SERVICES, ...EXECUTORS.filter(({ name }) => name === TOOL)]
    const ports = await freePorts(all.map(({ port }) => port + 1_000))
    const urls = new Map<string, string>(
      all.map(({ name }, at) => [name, `http://127.0.0.1:${ports[at]}`]),
    )
    for (const { name } of all) keys.own(name)
    const deployment = {
      stack,
      keys,
      urls,
      allowedNetworks: ['127.0.0.1/32'],
      allowedPorts: [callbackPort],
      logLevel: 'warn',
    }
    const start = processes ? startProcesses : startInProcess
    running = await start(
      all.map(({ name, folder }) => ({ name, folder, env: serviceEnv(name, deployment) })),
      join(dir, 'services.log'),
    )
    return { urls: Object.fromEntries(urls) }
  },
  profile: async () => {
    profiler = new Session()
    profiler.connect()
    await profiler.post('Profiler.enable')
    await profiler.post('Profiler.setSamplingInterval', { interval: 500 })
    await profiler.post('Profiler.start')
  },
  profiled: async ({ file }: { file: string }) => {
    const result = await profiler?.post('Profiler.stop')
    profiler?.disconnect()
    if (result) writeFileSync(file, JSON.stringify(result.profile))
  },
  stop: async () => running?.stop(),
})
