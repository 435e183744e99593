import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { loadTool, readExecutorConfig, startExecutor } from '@prooftrail/executor-sdk'
import { loadService, type Main, mainOf, runTogether } from '@prooftrail/runtime'
import { InvalidArgumentError } from 'commander'
import { checkout } from '../checkout.ts'
import { CommandError } from '../fault.ts'
import { isTool } from '../in-process.ts'
import { PROCESSES } from '../service-list.ts'

export interface RunOptions {
  /** Folder of `NAME<suffix>` for each service, and of `common<suffix>`. */
  settings: string
  suffix: string
  probes?: number
}

/**
 * Services that share a process, as containers run them, until a signal. Each is told by the process's
 * environment, `common<suffix>` where it is there, and its own file; the later counts. Does not return.
 * @throws CommandError for a name that nothing has, or a service without its file
 */
export async function run(names: readonly string[], options: RunOptions): Promise<void> {
  const mains = await Promise.all(names.map((name) => load(name, settingsOf(name, options))))
  await runTogether(mains, options.probes)
  // a signal ends the process, and a command that returns would
  await new Promise<never>(() => undefined)
}

/** @throws InvalidArgumentError for what is no port */
export function readPort(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port > 0 && port < 65_536) return port
  throw new InvalidArgumentError('It takes 1 to 65535.')
}

/** What a service is told. */
export function settingsOf(
  name: string,
  { settings, suffix }: Pick<RunOptions, 'settings' | 'suffix'>,
  env: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  const [common = '', own = ''] = ['common', name].map((one) => join(settings, one + suffix))
  if (!existsSync(own))
    throw new CommandError('PT-8006', `${own} is not there: settings of ${name}`)
  const read = (file: string) => parseEnv(readFileSync(file, 'utf8'))
  return { ...env, ...(existsSync(common) ? read(common) : {}), ...read(own) }
}

async function load(name: string, env: NodeJS.ProcessEnv): Promise<Main> {
  const entry = PROCESSES.find((one) => one.name === name)
  if (entry === undefined) {
    const known = PROCESSES.map((one) => one.name).join(', ')
    throw new CommandError('PT-8013', `no service or tool is called ${name}; there are ${known}`)
  }
  const folder = join(checkout, entry.folder)
  if (!isTool(entry)) {
    const { readConfig, start } = await loadService(folder)
    return mainOf(name, env, readConfig, start)
  }
  const tool = await loadTool(folder)
  return mainOf(
    name,
    env,
    (given) => readExecutorConfig(given, name),
    (host, config) => startExecutor(host, { ...tool, ...config }),
  )
}
