import { mkdir } from 'node:fs/promises'
import { readAddresses, type StackAddresses } from './addresses.ts'
import { findEngine, startContainers } from './containers.ts'
import type { BrokerUsers } from './embedded/broker-users.ts'
import { claimDataDir, readLiveRecord } from './embedded/claim.ts'
import { defaultDataDir, type StackParts, startEmbedded } from './embedded/start.ts'
import type { OnProgress } from './progress.ts'
import { StackError } from './stack-error.ts'

export type StackSource = 'addresses' | 'containers' | 'embedded'

export interface Stack extends StackAddresses {
  source: StackSource
  /** Where an embedded stack keeps its data. */
  dataDir?: string
  /** The single servers of an embedded stack, for tests that break them. */
  parts?: StackParts
  /** Ends what was started; data stays unless the stack was ephemeral. Calling it again does nothing. */
  stop(): Promise<void>
}

export interface StackOptions {
  /** Default: `.prooftrail/data` in the working directory. */
  dataDir?: string
  /** Where fetched servers are kept. Default: `prooftrail` in the user's cache folder (XDG). */
  cacheDir?: string
  /** Forces a stand-in for MongoDB instead of choosing one. */
  mongoBackend?: 'h2' | 'memory'
  /** Default: the process's own environment. */
  env?: NodeJS.ProcessEnv
  onProgress?: OnProgress
  /** A stack of its own in a temporary directory, on ports nobody expects, removed at stop. */
  ephemeral?: boolean
  /** Embedded servers with three brokers, to see what one or two of them that are away do. */
  cluster?: boolean
  /** Users of embedded brokers; without them everybody who reaches a broker may do everything. */
  users?: BrokerUsers
  /** Takes this source or fails, instead of the first one that there is. */
  source?: StackSource
}

/**
 * Finds or starts Kafka, a schema registry and MongoDB, in this order: addresses in the environment, containers where
 * there is an engine, embedded servers. Settles when all three answer.
 *
 * @throws StackError with a code and what to do; nothing is left running then
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const env = options.env ?? process.env
  const onProgress = options.onProgress ?? (() => {})
  const wants = (source: StackSource) => options.source === undefined || options.source === source

  if (wants('addresses')) {
    const addresses = readAddresses(env)
    if (addresses) return { source: 'addresses', ...addresses, stop: async () => {} }
    if (options.source) {
      throw new StackError(
        'STACK_ADDRESSES_INCOMPLETE',
        'KAFKA_BROKERS, SCHEMA_REGISTRY_URL and MONGODB_URL are not set',
      )
    }
  }

  if (wants('containers') && !options.mongoBackend && !options.cluster && !options.users) {
    const engine = await findEngine(env)
    if (engine) {
      try {
        return await startOwnContainers(options, onProgress)
      } catch (error) {
        const running = error instanceof StackError && error.code === 'STACK_ALREADY_RUNNING'
        if (options.source || running) throw error
        const reason = error instanceof Error ? error.message : String(error)
        onProgress({
          part: 'download',
          message: `containers did not start (${reason}); starting embedded servers`,
        })
      }
    } else if (options.source) {
      throw new StackError(
        'STACK_NO_ENGINE',
        'No container engine answers: start Docker or Podman, or set DOCKER_HOST',
      )
    }
  }

  return startEmbedded({
    env,
    onProgress,
    ephemeral: options.ephemeral ?? false,
    cluster: options.cluster ?? false,
    ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
    ...(options.cacheDir === undefined ? {} : { cacheDir: options.cacheDir }),
    ...(options.mongoBackend === undefined ? {} : { mongoBackend: options.mongoBackend }),
    ...(options.users === undefined ? {} : { users: options.users }),
  })
}

/** Containers, claimed and announced in the data directory like embedded servers, so that others find them, too. */
async function startOwnContainers(options: StackOptions, onProgress: OnProgress): Promise<Stack> {
  if (options.ephemeral) return startContainers(onProgress)
  const dataDir = defaultDataDir(options.dataDir)
  await mkdir(dataDir, { recursive: true })
  const claim = await claimDataDir(dataDir, () => new Date())
  try {
    const { stop, source, ...addresses } = await startContainers(onProgress)
    await claim.publish({ addresses })
    return {
      source,
      ...addresses,
      stop: async () => {
        await stop()
        await claim.release()
      },
    }
  } catch (error) {
    await claim.release()
    throw error
  }
}

/**
 * The addresses of the stack that another process runs on a data directory; undefined when none runs or it is still
 * starting.
 */
export async function findRunningStack(dataDir?: string): Promise<StackAddresses | undefined> {
  return (await readLiveRecord(defaultDataDir(dataDir)))?.addresses
}
