import { randomUUID } from 'node:crypto'
import { access, mkdir, mkdtemp, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Artefacts } from './artefacts.ts'
import type { Java } from './java.ts'
import { archiveFile } from './java-options.ts'
import { clusterId, planKafka } from './kafka.ts'
import { choosePorts, drawPorts, isPortFree } from './ports.ts'
import { planRegistry } from './registry.ts'
import { type ServerPlan, startServer } from './server.ts'

/** Whether the attempt to write this Java build's archives of loaded classes was made. */
export async function hasTriedArchives(artefacts: Artefacts, java: Java): Promise<boolean> {
  return access(markerFile(artefacts, java)).then(
    () => true,
    () => false,
  )
}

function markerFile(artefacts: Artefacts, java: Java): string {
  return join(artefacts.archives, `${java.version}.tried`)
}

/**
 * Runs Kafka and the registry once on nothing and lets Java write down which classes they loaded, which halves every
 * later start. Nothing depends on it: a server without an archive only starts more slowly, so it is tried once.
 */
export async function archiveClasses(
  artefacts: Artefacts,
  java: Java,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const dataDir = await realpath(await mkdtemp(join(tmpdir(), 'prooftrail-')))
  try {
    await mkdir(join(dataDir, 'logs'))
    const { ports } = await choosePorts(drawPorts(Math.random), {}, isPortFree)
    const plans = await Promise.all([
      planKafka(dataDir, 1, await clusterId(dataDir, 1), { ports, artefacts, java, env }),
      planRegistry(dataDir, ports, artefacts, java, env),
    ])
    await Promise.allSettled(plans.map((plan) => archiveOne(plan, artefacts, java)))
    await writeFile(markerFile(artefacts, java), '')
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function archiveOne(plan: ServerPlan, artefacts: Artefacts, java: Java): Promise<void> {
  const file = archiveFile(plan.part, artefacts, java)
  const draft = `${file}.${randomUUID()}`
  const args = [`-XX:ArchiveClassesAtExit=${draft}`, ...plan.args]
  try {
    const server = await startServer({ ...plan, args }, () => {})
    await server.stop({ hard: false })
    await rename(draft, file)
  } finally {
    await rm(draft, { force: true })
  }
}
