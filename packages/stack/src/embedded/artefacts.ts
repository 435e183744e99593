import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import {
  access,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { OnProgress } from '../progress.ts'
import { StackError } from '../stack-error.ts'
import { compareChecksums, hashFolders } from './checksums.ts'
import { findMaven, type Java } from './java.ts'
import { askedKafka, checksumsOf, pinnedKafkas, pomFor } from './kafka-version.ts'
import { runMaven } from './run-maven.ts'

const run = promisify(execFile)
const DAY_MS = 86_400_000

/** What this package commits about the servers: coordinates, checksums, configuration, the launcher. */
const SOURCE = fileURLToPath(new URL('../../embedded/', import.meta.url))
const SOURCE_FILES = [
  'checksums.txt',
  'pom.xml',
  'kafka/pom.xml',
  'kafka/log4j2.properties',
  'registry/pom.xml',
  'mongodb/pom.xml',
  'mongodb/Launcher.java',
  'mongodb/Checkpoints.java',
  'mongodb/H2Documents.java',
  'mongodb/Journal.java',
  'mongodb/MemoryDocuments.java',
  'mongodb/RecordedMap.java',
  'mongodb/Types.java',
]

/** The number of the Kafka node that a log directory is formatted for; nothing that is kept of it depends on it. */
const CLUSTER_NODE = 1

/** Where the servers' files are in the cache. */
export interface Artefacts {
  kafkaClassPath: string
  kafkaLogging: string
  /** What a broker's log directory needs beside its own identity. */
  kafkaBootstrap: string
  registryJar: string
  mongoClassPath: string
  /** Archives of loaded classes that quicken starts. */
  archives: string
}

/** Every version of Kafka that the embedded stack can run, its own first. */
export const embeddedKafkas = (): Promise<[string, ...string[]]> => pinnedKafkas(SOURCE)

/**
 * The folder of the cache that holds exactly what this version of the package needs, whether it exists or not.
 * @throws StackError STACK_KAFKA_NOT_PINNED
 */
export async function artefactFolder(cacheDir: string, env: NodeJS.ProcessEnv): Promise<string> {
  const hash = createHash('sha256')
  for (const file of SOURCE_FILES) hash.update(file).update(await readFile(join(SOURCE, file)))
  const kafka = await askedKafka(SOURCE, env)
  if (kafka !== undefined) {
    for (const [path, digest] of await checksumsOf(SOURCE, kafka)) hash.update(path).update(digest)
  }
  return join(cacheDir, `stack-${hash.digest('hex').slice(0, 16)}`)
}

/** Whether the cache holds the servers already. The folder appears only once everything in it was checked. */
export function isCached(folder: string): Promise<boolean> {
  return access(folder).then(
    () => true,
    () => false,
  )
}

/** The files of a cached folder. */
export function artefactsIn(folder: string): Artefacts {
  return {
    kafkaClassPath: join(folder, 'kafka', '*'),
    kafkaLogging: join(SOURCE, 'kafka', 'log4j2.properties'),
    kafkaBootstrap: join(folder, 'kafka-format', 'bootstrap.checkpoint'),
    registryJar: join(folder, 'registry', 'apicurio-registry-app-3.0.9-runner.jar'),
    mongoClassPath: [join(folder, 'launcher'), join(folder, 'mongodb', '*')].join(delimiter),
    archives: join(folder, 'archives'),
  }
}

/**
 * Fetches the servers by Maven, checks every file against the committed checksums, prepares them and puts the folder
 * in place in one step, so that a broken-off fetch leaves nothing that looks complete.
 *
 * @throws StackError STACK_TOOLS_MISSING, STACK_FETCH_FAILED with Maven's own words, STACK_CHECKSUM_MISMATCH with
 *   every file that differs
 */
export async function fetchArtefacts(
  folder: string,
  java: Java,
  env: NodeJS.ProcessEnv,
  onProgress: OnProgress,
): Promise<void> {
  const maven = await findMaven(env)
  if (typeof maven === 'string') throw new StackError('STACK_TOOLS_MISSING', maven)
  const staging = `${folder}.${randomUUID()}`
  await removeBrokenOff(folder)
  try {
    await mkdir(staging, { recursive: true })
    const kafka = await askedKafka(SOURCE, env)
    const expected = await checksumsOf(SOURCE, kafka)
    const poms = await mkdtemp(join(tmpdir(), 'prooftrail-poms-'))
    const pom = await pomFor(SOURCE, poms, kafka)
    await runMaven(maven.command, pom, staging, expected, env, onProgress).finally(() =>
      rm(poms, { recursive: true, force: true }),
    )
    onProgress({
      part: 'download',
      message: 'checking checksums',
      done: expected.size,
      total: expected.size,
    })
    const faults = compareChecksums(expected, await hashFolders(staging))
    if (faults.length > 0) {
      throw new StackError(
        'STACK_CHECKSUM_MISMATCH',
        `The fetched servers are not the pinned ones, so nothing was started:\n${faults.join('\n')}`,
      )
    }
    onProgress({ part: 'download', message: 'preparing the servers' })
    await allDone([
      unpackRegistry(staging),
      compileLauncher(staging, java),
      formatKafka(staging, java),
    ])
    await mkdir(join(staging, 'archives'), { recursive: true })
    await rename(staging, folder).catch(async (error: unknown) => {
      // another start was quicker; its folder went through the same checks
      if (!(await isCached(folder))) throw error
    })
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

/** Removes what fetches left that were broken off; one that is not a day old may still be under way. */
async function removeBrokenOff(folder: string): Promise<void> {
  const cache = dirname(folder)
  const names = await readdir(cache).catch(() => [])
  for (const name of names.filter((entry) => /^stack-[0-9a-f]{16}\.[0-9a-f-]{36}$/.test(entry))) {
    const { mtimeMs } = await stat(join(cache, name)).catch(() => ({ mtimeMs: Number.NaN }))
    if (Date.now() - mtimeMs > DAY_MS) await rm(join(cache, name), { recursive: true, force: true })
  }
}

/** Waits for all of them, so that nobody still writes when one has failed. */
async function allDone(steps: Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(steps)).find((step) => step.status === 'rejected')
  if (failed) throw failed.reason
}

async function unpackRegistry(staging: string): Promise<void> {
  const folder = join(staging, 'registry')
  for (const archive of await readdir(folder)) {
    await run('tar', ['-xzf', join(folder, archive), '-C', folder])
    await rm(join(folder, archive))
  }
}

async function compileLauncher(staging: string, java: Java): Promise<void> {
  const out = join(staging, 'launcher')
  const sources = SOURCE_FILES.filter((file) => file.endsWith('.java'))
  const jars = await readdir(join(staging, 'mongodb'))
  const classPath = jars.map((jar) => join(staging, 'mongodb', jar)).join(delimiter)
  const compiler = ['--module', 'jdk.compiler/com.sun.tools.javac.Main', '--release', '17']
  const files = sources.map((file) => join(SOURCE, file))
  const args = [...compiler, '-cp', classPath, '-d', out, ...files]
  await run(java.command, args).catch((error: Error) => {
    if (!/jdk\.compiler/.test(error.message.replace(/^.*\n/, ''))) throw error
    throw new StackError(
      'STACK_TOOLS_MISSING',
      `Java ${java.version} at ${java.command} comes without its compiler: install the full JDK (for example the package openjdk-17-jdk-headless).`,
    )
  })
}

/** Lets Kafka's own tool write what a new log directory starts from; it is the same for every one but its ids. */
async function formatKafka(staging: string, java: Java): Promise<void> {
  const out = join(staging, 'kafka-format')
  await mkdir(out)
  await run(java.command, [
    ...['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', join(staging, 'kafka', '*')],
    ...['kafka.tools.StorageTool', 'format', '--cluster-id', 'AAAAAAAAAAAAAAAAAAAAAA'],
    ...['--config', await writeFormatConfig(out)],
  ])
}

async function writeFormatConfig(out: string): Promise<string> {
  const file = join(out, 'format.properties')
  await writeFile(
    file,
    [
      'process.roles=broker,controller',
      `node.id=${CLUSTER_NODE}`,
      `controller.quorum.voters=${CLUSTER_NODE}@127.0.0.1:19093`,
      'listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:19093',
      'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      'controller.listener.names=CONTROLLER',
      `log.dirs=${out}`,
      '',
    ].join('\n'),
  )
  return file
}
