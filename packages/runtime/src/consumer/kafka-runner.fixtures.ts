import { createRequire } from 'node:module'
import { vi } from 'vitest'

// kafkajs's own module, without types
const Runner = createRequire(import.meta.url)('kafkajs/src/consumer/runner')

export interface PlayedGroup {
  nodes: string[]
  fetch: (nodeId: string) => Promise<unknown[]>
}

/** A consumer's runner of kafkajs on brokers that are played. */
export function runnerOn(
  group: PlayedGroup,
  { concurrency = 1, eachBatch = async (_payload: unknown): Promise<void> => undefined } = {},
) {
  const crashes: unknown[] = []
  const quiet = () => undefined
  const logger: object = {
    debug: quiet,
    info: quiet,
    warn: quiet,
    error: quiet,
    namespace: () => logger,
  }
  const left = vi.fn()
  const runner = new Runner({
    logger,
    instrumentationEmitter: { emit: () => undefined },
    concurrency,
    heartbeatInterval: 1_000,
    autoCommit: false,
    eachBatchAutoResolve: false,
    retry: { initialRetryTime: 20, retries: 3 },
    onCrash: (error: unknown) => crashes.push(error),
    eachBatch,
    consumerGroup: {
      connect: async () => undefined,
      joinAndSync: async () => undefined,
      heartbeat: async () => undefined,
      leave: left,
      getNodeIds: () => group.nodes,
      fetch: group.fetch,
    },
  })
  return { runner, crashes, left }
}
