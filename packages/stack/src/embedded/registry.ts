import { access, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { StackError } from '../stack-error.ts'
import type { Artefacts } from './artefacts.ts'
import type { Java } from './java.ts'
import { javaOptions, serverEnv } from './java-options.ts'
import { hasTopicData } from './kafka.ts'
import type { Ports } from './ports.ts'
import type { ServerPlan } from './server.ts'

/** Root of the Confluent API that the registry serves. */
export function registryUrl(ports: Ports): string {
  return `http://127.0.0.1:${ports.registry}/apis/ccompat/v7`
}

/**
 * Says how to run Apicurio Registry on a file. Its default store is in memory and gives ids out anew; the write delay
 * is off because a registered id that a crash forgets is given to another schema.
 */
export async function planRegistry(
  dataDir: string,
  ports: Ports,
  artefacts: Artefacts,
  java: Java,
  env: NodeJS.ProcessEnv,
): Promise<ServerPlan> {
  const home = join(dataDir, 'registry')
  await mkdir(home, { recursive: true })
  return {
    part: 'registry',
    command: java.command,
    args: [
      ...(await javaOptions('registry', dataDir, artefacts, java)),
      // it serves a few schemas once: a quick start counts, peak speed does not
      '-XX:TieredStopAtLevel=1',
      '-Xms64m',
      '-Xmx384m',
      '-Dquarkus.http.host=127.0.0.1',
      `-Dquarkus.http.port=${ports.registry}`,
      '-Dquarkus.http.access-log.enabled=false',
      '-Dquarkus.banner.enabled=false',
      '-Dquarkus.log.category."io.apicurio".level=WARN',
      '-Dapicurio.storage.kind=sql',
      '-Dapicurio.storage.sql.kind=h2',
      `-Dapicurio.datasource.url=jdbc:h2:file:${join(home, 'registry')};WRITE_DELAY=0`,
      '-Dapicurio.datasource.jdbc.initial-size=2',
      '-Dapicurio.datasource.jdbc.min-size=2',
      '-Dapicurio.datasource.jdbc.max-size=20',
      '-jar',
      artefacts.registryJar,
    ],
    cwd: home,
    logFile: join(dataDir, 'logs', 'registry.log'),
    env: serverEnv(env, dataDir),
    isReady: async () => (await listSubjects(registryUrl(ports))) !== undefined,
  }
}

async function listSubjects(url: string): Promise<unknown[] | undefined> {
  const response = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(5_000) })
  if (!response.ok) return undefined
  const subjects: unknown = await response.json()
  return Array.isArray(subjects) ? subjects : undefined
}

/**
 * Refuses a registry that lost what the topics need: messages name schema ids, and an empty registry gives the same
 * ids to other schemas.
 *
 * @throws StackError STACK_REGISTRY_LOST
 */
export async function requireRegistryData(dataDir: string): Promise<void> {
  const file = join(dataDir, 'registry', 'registry.mv.db')
  const exists = await access(file).then(
    () => true,
    () => false,
  )
  if (!exists && (await hasTopicData(dataDir))) throw registryLost(dataDir, `${file} is missing`)
}

/** The same check on the registry that runs: its file may be there and hold nothing. */
export async function requireSubjects(dataDir: string, ports: Ports): Promise<void> {
  const subjects = await listSubjects(registryUrl(ports))
  if (subjects?.length === 0 && (await hasTopicData(dataDir))) {
    throw registryLost(dataDir, 'the registry holds no subject')
  }
}

function registryLost(dataDir: string, finding: string): StackError {
  return new StackError(
    'STACK_REGISTRY_LOST',
    `The topics in ${dataDir} hold messages, but ${finding}: their schemas are lost, and new ones would get the same ids. ` +
      `Restore ${join(dataDir, 'registry')} from a copy, or remove ${dataDir} to start anew without its data.`,
  )
}
