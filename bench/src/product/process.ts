import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { startWorld, type World } from '@prooftrail/cli'
import { answerParent } from '../child.ts'
import type { Backend } from '../options.ts'
import { childrenByFolder } from '../usage.ts'

/** What the process of the services is told. */
export interface WorldPlan {
  backend: Backend
  /** Folder of keys and logs. */
  dir: string
  processes: boolean
  /** Processes that share the services; default 1. */
  groups?: number
  partitions: number
  tools: readonly string[]
  callbackPort: number
  /** Variables that every service gets besides its own, where each has a process. */
  env?: Record<string, string>
}

/** Where everything is. */
export interface WorldPlace {
  urls: Record<string, string>
  brokers: string[]
  registry: string
  mongodb: string
  mongodbUrl: string
  /** Processes of Kafka, the registry and MongoDB, where this stack runs them. */
  servers: Record<string, number>
  /** Processes of the services, where each has one of its own. */
  services: Record<string, number>
}

let world: World | undefined
let profiler: Session | undefined

answerParent({
  /** Starts the stack and every service on it. */
  start: async ({ plan }: { plan: WorldPlan }): Promise<WorldPlace> => {
    const { backend, dir, processes, groups = 1, partitions, tools, callbackPort, env } = plan
    world = await startWorld({
      dir,
      processes,
      groups,
      partitions,
      tools,
      ephemeral: true,
      allowedNetworks: ['127.0.0.1/32'],
      allowedPorts: [callbackPort],
      logLevel: 'warn',
      ...(env ? { env } : {}),
      ...(backend === 'mongod' ? {} : { mongoBackend: backend }),
    })
    const { kafka, registry, mongodb, parts } = world.stack
    return {
      urls: Object.fromEntries(world.urls),
      brokers: kafka.brokers,
      registry: registry.url,
      mongodb: mongodb.kind,
      mongodbUrl: mongodb.url,
      servers: Object.fromEntries(
        Object.entries(parts ?? {}).map(([name, { pid }]) => [name, pid]),
      ),
      services: processes
        ? Object.fromEntries(
            Object.entries(childrenByFolder(process.pid)).filter(([name]) => world?.urls.has(name)),
          )
        : {},
    }
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
  stop: async () => world?.stop(),
})
