import { access, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import type { MongoAddress } from '../addresses.ts'
import { StackError } from '../stack-error.ts'
import type { Artefacts } from './artefacts.ts'
import { findOnPath, type Java } from './java.ts'
import { javaOptions, serverEnv } from './java-options.ts'
import { mongodMark } from './marks.ts'
import { acceptsConnections, type Ports } from './ports.ts'
import type { ServerPlan } from './server.ts'

/** Which server stores the documents. */
export type MongoBackend = 'mongod' | 'h2' | 'memory'

const KINDS = {
  mongod: 'mongod',
  h2: 'mongo-java-server (H2 file)',
  memory: 'mongo-java-server (memory)',
} as const satisfies Record<MongoBackend, MongoAddress['kind']>

/**
 * Chooses the backend: what was asked for, else the one that holds this directory's documents already, else a real
 * `mongod` if there is one, else the H2 file.
 */
export function chooseMongoBackend(found: {
  requested: 'h2' | 'memory' | undefined
  mongodOnPath: boolean
  hasH2Data: boolean
}): MongoBackend {
  if (found.requested) return found.requested
  return found.mongodOnPath && !found.hasH2Data ? 'mongod' : 'h2'
}

export function mongoAddress(backend: MongoBackend, ports: Ports): MongoAddress {
  const url = `mongodb://127.0.0.1:${ports.mongodb}/?directConnection=true`
  return { url, kind: KINDS[backend], standIn: backend !== 'mongod' }
}

/** Decides which MongoDB this data directory gets, see {@link chooseMongoBackend}. */
export async function findMongoBackend(
  dataDir: string,
  requested: 'h2' | 'memory' | undefined,
  env: NodeJS.ProcessEnv,
): Promise<MongoBackend> {
  const hasH2Data = await exists(h2File(dataDir))
  const mongodOnPath = (await findOnPath('mongod', env)) !== undefined
  return chooseMongoBackend({ requested, mongodOnPath, hasH2Data })
}

/**
 * Refuses documents in the form that the stand-in writes by itself: its file is not read here.
 *
 * @throws StackError STACK_DATA_OUTDATED
 */
export async function requireReadableDocuments(dataDir: string): Promise<void> {
  const file = join(dataDir, 'mongodb', 'documents.mv.db')
  if (!(await exists(file))) return
  throw new StackError(
    'STACK_DATA_OUTDATED',
    `${file} was written by an earlier version, in a form that is no longer read. ` +
      `Take another data directory, or remove ${dataDir} to start anew without its data.`,
  )
}

/** Says how to run the chosen MongoDB. */
export async function planMongo(
  backend: MongoBackend,
  dataDir: string,
  ports: Ports,
  artefacts: Artefacts,
  java: Java,
  env: NodeJS.ProcessEnv,
): Promise<ServerPlan> {
  const home = join(dataDir, 'mongodb')
  await mkdir(join(home, ...(backend === 'mongod' ? ['mongod'] : [])), { recursive: true })
  const store = backend === 'memory' ? 'memory' : h2File(dataDir)
  const common = {
    part: 'mongodb' as const,
    cwd: home,
    logFile: join(dataDir, 'logs', 'mongodb.log'),
    env: serverEnv(env, dataDir),
    isReady: () => isMongoReady(ports.mongodb),
  }
  if (backend === 'mongod') {
    const args = [
      mongodMark(dataDir),
      '--bind_ip',
      '127.0.0.1',
      '--port',
      `${ports.mongodb}`,
      '--quiet',
    ]
    return { ...common, command: (await findOnPath('mongod', env)) ?? 'mongod', args }
  }
  return {
    ...common,
    command: java.command,
    args: [
      ...(await javaOptions('mongodb', dataDir, artefacts, java)),
      '-Xms128m',
      // the memory backend holds all that was ever stored; the other reads whole collections, several at a time
      backend === 'memory' ? '-XX:MaxRAMPercentage=60' : '-Xmx2g',
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
      '-Dorg.slf4j.simpleLogger.showDateTime=true',
      '-cp',
      artefacts.mongoClassPath,
      'Launcher',
      '127.0.0.1',
      `${ports.mongodb}`,
      store,
    ],
  }
}

function h2File(dataDir: string): string {
  return join(dataDir, 'mongodb', 'documents.bson.mv.db')
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}

async function isMongoReady(port: number): Promise<boolean> {
  if (!(await acceptsConnections(port))) return false
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
    serverSelectionTimeoutMS: 2_000,
  })
  try {
    await client.db('admin').command({ ping: 1 })
    return true
  } finally {
    await client.close()
  }
}
