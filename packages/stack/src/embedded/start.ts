import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { StackAddresses } from '../addresses.ts'
import type { OnProgress, Progress } from '../progress.ts'
import { StackError } from '../stack-error.ts'
import { archiveClasses, hasTriedArchives } from './archive-classes.ts'
import {
  type Artefacts,
  artefactFolder,
  artefactsIn,
  fetchArtefacts,
  isCached,
} from './artefacts.ts'
import { adminOf, type BrokerUsers } from './broker-users.ts'
import { type Claim, claimDataDir } from './claim.ts'
import { findJava, findMaven, type Java } from './java.ts'
import { clusterId, planKafka } from './kafka.ts'
import { marksOf } from './marks.ts'
import {
  findMongoBackend,
  type MongoBackend,
  mongoAddress,
  planMongo,
  requireReadableDocuments,
} from './mongodb.ts'
import { brokersOf, CLUSTER_PORTS, type Ports, USUAL_PORTS } from './ports.ts'
import { reapOrphans } from './reap.ts'
import { planRegistry, registryUrl, requireRegistryData, requireSubjects } from './registry.ts'
import { type ManagedServer, type Server, type ServerPlan, startServer } from './server.ts'
import { takePorts } from './take-ports.ts'

const START_ATTEMPTS = 3

export interface EmbeddedOptions {
  dataDir?: string
  cacheDir?: string
  mongoBackend?: 'h2' | 'memory'
  env: NodeJS.ProcessEnv
  onProgress: OnProgress
  ephemeral: boolean
  /** Three brokers, which hold every message on all three and count it once it is on two. */
  cluster?: boolean
  /** Users of the brokers; without them everybody who reaches a broker may do everything. */
  users?: BrokerUsers
}

/** The single servers of an embedded stack. */
export interface StackParts {
  /** The broker, of a cluster the first one. */
  kafka: Server
  /** All brokers, first to last. */
  brokers: readonly Server[]
  registry: Server
  mongodb: Server
}

export interface EmbeddedStack extends StackAddresses {
  source: 'embedded'
  dataDir: string
  parts: StackParts
  stop(): Promise<void>
}

interface Setting {
  dataDir: string
  java: Java
  artefacts: Artefacts
  backend: MongoBackend
  env: NodeJS.ProcessEnv
  onProgress: OnProgress
  /** The usual ports, one or three for brokers. */
  usual: Ports
  ephemeral: boolean
  users: BrokerUsers | undefined
}

type Servers = { brokers: ManagedServer[] } & Record<'registry' | 'mongodb', ManagedServer>

/** Starts Kafka, the registry and MongoDB as processes of this machine, all at once. */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedStack> {
  const dataDir = await openDataDir(options)
  const claim = await claimDataDir(dataDir, () => new Date())
  const leave = async () => {
    await claim.release()
    if (options.ephemeral) await rm(dataDir, { recursive: true, force: true })
  }
  try {
    const setting = await prepare(dataDir, options)
    const { servers, ports } = await startOnFreePorts(setting)
    const stop = once(async () => {
      await stopAll(servers, options.ephemeral)
      await leave()
    })
    const addresses: StackAddresses = {
      kafka: {
        brokers: brokersOf(ports).map(({ kafka }) => `127.0.0.1:${kafka}`),
        ...(options.users ? { sasl: adminOf(options.users) } : {}),
      },
      registry: { url: registryUrl(ports) },
      mongodb: mongoAddress(setting.backend, ports),
    }
    try {
      await requireSubjects(dataDir, ports)
      await publish(claim, addresses, servers)
    } catch (error) {
      await stop()
      throw error
    }
    const brokers = servers.brokers.map(announce)
    const [kafka] = brokers
    if (!kafka) throw new Error('a stack without a broker')
    const parts: StackParts = {
      ...{ kafka, brokers },
      registry: announce(servers.registry),
      mongodb: announce(servers.mongodb),
    }
    return { source: 'embedded', ...addresses, dataDir, parts, stop }

    // a restarted server has another process number
    function announce(server: ManagedServer): Server {
      return {
        get pid() {
          return server.pid
        },
        kill: (signal) => server.kill(signal),
        restart: async () => {
          await server.restart()
          await publish(claim, addresses, servers)
        },
      }
    }
  } catch (error) {
    await leave()
    throw error
  }
}

async function openDataDir(options: EmbeddedOptions): Promise<string> {
  if (options.ephemeral) return realpath(await mkdtemp(join(tmpdir(), 'prooftrail-')))
  const dataDir = defaultDataDir(options.dataDir)
  await mkdir(dataDir, { recursive: true })
  return realpath(dataDir)
}

/** The data directory of the checkout that one works in, unless another is given. */
export function defaultDataDir(dataDir: string | undefined): string {
  return resolve(dataDir ?? join('.prooftrail', 'data'))
}

/** Where fetched servers are kept for every checkout of this user. */
export function defaultCacheDir(env: NodeJS.ProcessEnv): string {
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'prooftrail')
}

async function prepare(dataDir: string, options: EmbeddedOptions): Promise<Setting> {
  const { env, onProgress } = options
  await mkdir(join(dataDir, 'logs'), { recursive: true })
  const [reaped, folder, java] = await Promise.all([
    options.ephemeral ? 0 : reapOrphans(marksOf(dataDir)),
    artefactFolder(options.cacheDir ?? defaultCacheDir(env), env),
    findJava(env),
  ])
  if (reaped > 0)
    onProgress({ part: 'kafka', message: 'ended servers that a crashed run left behind' })
  const cached = await isCached(folder)
  if (typeof java === 'string') {
    const maven = cached ? undefined : await findMaven(env)
    throw new StackError(
      'STACK_TOOLS_MISSING',
      typeof maven === 'string' ? `${java}\n${maven}` : java,
    )
  }
  if (!cached) await fetchArtefacts(folder, java, env, onProgress)
  const artefacts = artefactsIn(folder)
  if (!(await hasTriedArchives(artefacts, java))) {
    onProgress({ part: 'download', message: 'preparing quick starts, once' })
    await archiveClasses(artefacts, java, env)
  }
  await requireRegistryData(dataDir)
  await requireReadableDocuments(dataDir)
  const backend = await findMongoBackend(dataDir, options.mongoBackend, env)
  const usual = options.cluster ? CLUSTER_PORTS : USUAL_PORTS
  const { ephemeral, users } = options
  return { dataDir, java, artefacts, backend, env, onProgress, usual, ephemeral, users }
}

/** Between finding a port free and taking it another process may take it: then the next ones are tried. */
async function startOnFreePorts(setting: Setting) {
  for (let attempt = 1; ; attempt++) {
    const ports = await takePorts(setting.dataDir, setting, setting.onProgress)
    try {
      return { servers: await startAll(setting, ports), ports }
    } catch (error) {
      const taken =
        error instanceof Error && /address already in use|BindException/i.test(error.message)
      if (!taken || attempt === START_ATTEMPTS) throw error
    }
  }
}

async function startAll(setting: Setting, ports: Ports): Promise<Servers> {
  const { dataDir, java, artefacts, backend, env, onProgress, users } = setting
  const brokers = brokersOf(ports)
  const cluster = await clusterId(dataDir, brokers.length)
  const kafkaSetting = { ports, artefacts, java, env, users }
  const plans = await Promise.all([
    planRegistry(dataDir, ports, artefacts, java, env),
    planMongo(backend, dataDir, ports, artefacts, java, env),
    ...brokers.map(({ node }) => planKafka(dataDir, node, cluster, kafkaSetting)),
  ])
  const started = plans.map((plan) => startOne(plan, onProgress))
  try {
    const [registry, mongodb, ...rest] = await Promise.all(started)
    if (!registry || !mongodb) throw new Error('a server without a plan')
    return { registry, mongodb, brokers: rest }
  } catch (error) {
    const settled = await Promise.allSettled(started)
    await Promise.all(
      settled.map((one) =>
        one.status === 'fulfilled' ? one.value.stop({ hard: false }) : undefined,
      ),
    )
    throw error
  }
}

async function startOne(plan: ServerPlan, onProgress: OnProgress): Promise<ManagedServer> {
  const { part, name } = plan
  const report = (message: string, counts: Pick<Progress, 'done' | 'total'> = {}) => {
    onProgress({ part, message: name ? `${name} ${message}` : message, ...counts })
  }
  report('starting', { done: 0, total: 1 })
  const server = await startServer(plan, (message) => report(message))
  report('ready', { done: 1, total: 1 })
  return server
}

async function stopAll(servers: Servers, hard: boolean): Promise<void> {
  await Promise.all(
    [...servers.brokers, servers.registry, servers.mongodb].map((server) => server.stop({ hard })),
  )
}

async function publish(claim: Claim, addresses: StackAddresses, servers: Servers): Promise<void> {
  const brokers = servers.brokers.map(({ pid }, at) => [`kafka${at === 0 ? '' : at + 1}`, pid])
  const parts = {
    ...Object.fromEntries(brokers),
    registry: servers.registry.pid,
    mongodb: servers.mongodb.pid,
  }
  await claim.publish({ addresses, parts })
}

function once(act: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => {
    done ??= act()
    return done
  }
}
