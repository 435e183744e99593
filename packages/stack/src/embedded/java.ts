import { execFile } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const OLDEST = 17

const OWN_SERVERS =
  'set KAFKA_BROKERS, SCHEMA_REGISTRY_URL and MONGODB_URL to use servers of your own'

export interface Java {
  command: string
  /** For example `17.0.15`. */
  version: string
}

/** Finds an executable on the PATH; undefined when there is none. */
export async function findOnPath(
  name: string,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  for (const folder of (env.PATH ?? '').split(delimiter).filter((entry) => entry !== '')) {
    const file = join(folder, name)
    if (await isExecutable(file)) return file
  }
  return undefined
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** Finds Java 17 or newer, at JAVA_HOME or on the PATH; else one sentence that says what to install. */
export async function findJava(env: NodeJS.ProcessEnv): Promise<Java | string> {
  const home = env.JAVA_HOME ? join(env.JAVA_HOME, 'bin', 'java') : undefined
  const command = home && (await isExecutable(home)) ? home : await findOnPath('java', env)
  const install = `install a JDK ${OLDEST} or newer (for example the package openjdk-17-jdk-headless), or ${OWN_SERVERS}`
  if (!command) return `Java was not found: ${install}.`
  const version = await readVersion(command, env)
  if (!version) return `${command} does not run: ${install}.`
  if (majorOf(version) < OLDEST) return `Java ${version} at ${command} is too old: ${install}.`
  return { command, version }
}

/** Finds Maven on the PATH; else one sentence that says what to install. */
export async function findMaven(env: NodeJS.ProcessEnv): Promise<{ command: string } | string> {
  const command = await findOnPath('mvn', env)
  return command
    ? { command }
    : `Maven was not found, which fetches the servers once: install Apache Maven 3.6 or newer (for example the package maven), or ${OWN_SERVERS}.`
}

async function readVersion(command: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const { stderr } = await run(command, ['-version'], { env }).catch(() => ({ stderr: '' }))
  return parseVersion(stderr)
}

/** The version in what `java -version` prints. */
export function parseVersion(printed: string): string | undefined {
  return /version "([^"]+)"/.exec(printed)?.[1]
}

/** `17` of `17.0.15`, `8` of `1.8.0_402`. */
export function majorOf(version: string): number {
  const [first, second] = version.split(/[._+-]/)
  return Number(first === '1' ? second : first)
}
