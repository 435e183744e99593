import { join } from 'node:path'

/**
 * What tells the servers of a data directory, and their guards, from all other processes: a mark on the command line,
 * and one in the environment for servers whose command line is another program's, such as a script named `mongod`.
 */
export function marksOf(dataDir: string): string[] {
  const environment = Object.entries(environmentMark(dataDir)).map(
    ([name, dir]) => `${name}=${dir}`,
  )
  return [javaMark(dataDir), mongodMark(dataDir), ...environment]
}

/** The mark on a Java server's command line. */
export function javaMark(dataDir: string): string {
  return `-Dprooftrail.data=${dataDir}`
}

/** The mark on a mongod's command line: the option that it takes anyway. */
export function mongodMark(dataDir: string): string {
  return `--dbpath=${join(dataDir, 'mongodb', 'mongod')}`
}

/** The mark in the environment, which only Linux shows. */
export function environmentMark(dataDir: string): NodeJS.ProcessEnv {
  return { PROOFTRAIL_STACK: dataDir }
}
