import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { Artefacts } from './artefacts.ts'
import type { Java } from './java.ts'
import { environmentMark, javaMark } from './marks.ts'

/**
 * Options that every Java server of the stack gets. The archive of loaded classes halves the start; it belongs to one
 * Java build, and without it everything works alike.
 */
export async function javaOptions(
  name: string,
  dataDir: string,
  artefacts: Artefacts,
  java: Java,
): Promise<string[]> {
  const archive = archiveFile(name, artefacts, java)
  const hasArchive = await access(archive).then(
    () => true,
    () => false,
  )
  return [
    javaMark(dataDir),
    '-Djava.awt.headless=true',
    '-Dfile.encoding=UTF-8',
    '-XX:+UseSerialGC',
    '-Xshare:auto',
    ...(hasArchive
      ? [`-XX:SharedArchiveFile=${archive}`, '-Xlog:cds=off', '-Xlog:cds+dynamic=off']
      : []),
  ]
}

/** Where the archive of one server and Java build is. */
export function archiveFile(name: string, artefacts: Artefacts, java: Java): string {
  return join(artefacts.archives, `${name}-${java.version}.jsa`)
}

/** The environment of a server: whose it is, and nothing of the caller's that could change how it runs. */
export function serverEnv(env: NodeJS.ProcessEnv, dataDir: string): NodeJS.ProcessEnv {
  return { PATH: env.PATH, HOME: env.HOME, LC_ALL: 'C', ...environmentMark(dataDir) }
}
